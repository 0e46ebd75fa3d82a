//! A labelled set: eight shapes of series, each with a stretch that is out of the ordinary and is known to be; drawn
//! from a seed, two weeks at five minutes, of which the last day is watched. The finds of each strategy are counted in
//! points.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests and the benchmark call it, with shapes that it knows"
)]

use metric_service::domain::insight::{Dense, DetectionInput, Strategy, look, watch};
use metric_service::domain::{Grid, MetricQuery, RangeOptions, RangeOptionsInput, Settings};

const STEP: u32 = 300;
/// Points of a day.
const DAY: usize = 288;
const DAYS: usize = 15;
/// Series of a shape.
const DRAWN: u64 = 8;

/// The names of the shapes.
pub(crate) const SHAPES: [&str; 8] = [
    "spike on a season",
    "plateau on a season",
    "drop in a season",
    "shift of a working week",
    "shift of a level",
    "burst in noise",
    "drop in growth",
    "work at night",
];

/// The number of anomalous points, and of those that were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Out of the ordinary.
    pub(crate) labelled: usize,
    /// Found.
    pub(crate) found: usize,
    /// Both.
    pub(crate) right: usize,
}

impl Found {
    /// The part of what is out of the ordinary that was found.
    pub(crate) fn recall(self) -> f64 {
        self.right as f64 / self.labelled.max(1) as f64
    }

    /// The part of what was found that is out of the ordinary.
    pub(crate) fn precision(self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            labelled: self.labelled + other.labelled,
            found: self.found + other.found,
            right: self.right + other.right,
        }
    }
}

/// Numbers drawn from a seed (SplitMix64): the same on every machine.
struct Drawn(u64);

impl Drawn {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, with a deviation of 1.
    fn noise(&mut self) -> f64 {
        (0..12).map(|_| self.part()).sum::<f64>() - 6.0
    }
}

/// A series, and which of its points are out of the ordinary.
fn series(shape: usize, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut drawn = Drawn(seed * 8 + shape as u64);
    let last_day = DAY * (DAYS - 1);
    let length = [6, 24, 18, 48, 36, 9, 24, 30][shape];
    // At night for the last; else anywhere but at the ends of the day.
    let begin = match shape {
        7 => last_day + 12 + (drawn.part() * 24.0) as usize,
        _ => last_day + 30 + (drawn.part() * 200.0) as usize,
    };
    let (mut values, mut odd) = (Vec::new(), Vec::new());
    for at in 0..DAY * DAYS {
        let hour = (at % DAY) as f64 / 12.0;
        let weekday = at / DAY % 7 < 5;
        let day = (std::f64::consts::TAU * (hour - 9.0) / 24.0).sin();
        let works = weekday && (9.0..18.0).contains(&hour);
        let is_odd = (begin..begin + length).contains(&at);
        let noise = drawn.noise();
        values.push(match shape {
            0 => 100.0 + 50.0 * day + 4.0 * noise + if is_odd { 70.0 } else { 0.0 },
            1 => 100.0 + 50.0 * day + 4.0 * noise + if is_odd { 45.0 } else { 0.0 },
            2 => match is_odd {
                true => 2.0 + noise.abs(),
                false => 100.0 + 50.0 * day + 4.0 * noise,
            },
            3 => {
                let level = if works { 400.0 } else { 80.0 };
                (level + if is_odd { 200.0 } else { 0.0 }) * (1.0 + 0.05 * noise)
            }
            4 => 60.0 + 0.8 * noise + if is_odd { 12.0 } else { 0.0 },
            5 => 50.0 + 10.0 * noise + if is_odd { 80.0 } else { 0.0 },
            6 => {
                let grown = 100.0 + 3.0 * at as f64 / DAY as f64 + 20.0 * day;
                grown + 2.0 * noise - if is_odd { 60.0 } else { 0.0 }
            }
            _ => match works || is_odd {
                true => 300.0 + 20.0 * noise,
                false => 5.0 + noise.abs(),
            },
        });
        odd.push(is_odd);
    }
    (values, odd)
}

/// Finds the anomalies of a shape by a strategy, at its defaults.
pub(crate) fn found(strategy: Option<Strategy>, shape: usize) -> Found {
    let settings = Settings {
        max_range: std::num::NonZeroU32::new(30 * 86_400).unwrap(),
        ..Settings::default()
    };
    let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
    let input = DetectionInput {
        strategy,
        ..DetectionInput::default()
    };
    let seconds = |point: usize| (point * STEP as usize).to_string();
    let query = MetricQuery {
        metric_name: "mem".to_owned(),
        start: seconds(DAY * (DAYS - 1)),
        end: seconds(DAY * DAYS - 1),
        ..MetricQuery::default()
    };
    let watch = watch(&settings, &query, &options, input).unwrap();
    let first = usize::try_from(watch.range.plan.grid.start()).unwrap() / STEP as usize;
    let mut all = Found::default();
    for seed in 0..DRAWN {
        let (values, odd) = series(shape, seed);
        let (values, odd) = (&values[first..], &odd[first..]);
        let instant = |place: usize| (first + place) as i64 * i64::from(STEP);
        let timestamps: Vec<i64> = (0..values.len())
            .map(|place| instant(place) * 1000)
            .collect();
        let grid = Grid::new(instant(0), instant(values.len() - 1), STEP).unwrap();
        let verdict = look(
            &Dense::of(grid, &timestamps, values),
            watch.from,
            &watch.detection,
        );
        for (at, is_odd) in timestamps.iter().zip(odd).skip(watch.from) {
            let is_found = verdict
                .anomalies
                .iter()
                .any(|anomaly| (anomaly.start..=anomaly.end).contains(at));
            all = all.and(Found {
                labelled: usize::from(*is_odd),
                found: usize::from(is_found),
                right: usize::from(*is_odd && is_found),
            });
        }
    }
    all
}
