//! The values of one series over time, and the latest.

/// Samples are missing where none came for so many intervals: that is what a rate needs at least, too.
pub(super) const STALE_AFTER: i64 = 4;

/// The window, Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: i64,
    pub(super) at: i64,
    pub(super) interval: i64,
}

impl Window {
    /// Returns true if a sample of that time is too old to speak of the present.
    pub(super) fn is_stale(&self, at: i64) -> bool {
        self.at.saturating_sub(at) > self.interval.saturating_mul(STALE_AFTER)
    }

    /// Returns true if a sample of that time counts beside the newest one: a series that has ended uses nothing any
    /// more. If all have ended, the newest tells how.
    pub(super) fn counts(&self, at: i64, newest: i64) -> bool {
        match self.is_stale(newest) {
            true => at == newest,
            false => !self.is_stale(at),
        }
    }
}

/// The samples of one series within the window, ascending, each a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Samples {
    pub(super) times: Vec<i64>,
    pub(super) values: Vec<f64>,
}

impl Samples {
    pub(super) fn first(&self) -> Option<i64> {
        self.times.first().copied()
    }

    pub(super) fn last(&self) -> Option<i64> {
        self.times.last().copied()
    }

    fn iter(&self) -> impl Iterator<Item = (i64, f64)> + Clone {
        self.times.iter().copied().zip(self.values.iter().copied())
    }
}

/// The values of a series over time: of a level its samples; of a counter the rates between neighbours, each of which
/// stands for the time since the sample before it.
#[derive(Debug, Clone)]
pub(super) struct Track {
    /// The time of each value, and the value.
    values: Samples,
    /// The time of which it speaks, both ends in it.
    from: i64,
    to: i64,
    /// Of a level the mean of its samples, of a counter that of the time.
    mean: Option<f64>,
    /// The latest sample.
    pub(super) latest: f64,
    pub(super) at: i64,
    pub(super) samples: usize,
}

impl Track {
    /// None where there is no sample.
    pub(super) fn new(samples: Samples, is_counter: bool, window: &Window) -> Option<Self> {
        let (first, at) = (samples.first()?, samples.last()?);
        let latest = *samples.values.last()?;
        let count = samples.times.len();
        // A series that was there before the first scrape within the window, and is still there, is there all the time.
        let from = match (first - window.from) * 2 <= window.interval * 3 {
            true => window.from,
            false => first,
        };
        let to = match window.is_stale(at) {
            true => at,
            false => window.at,
        };
        let (values, mean) = match is_counter {
            false => {
                #[allow(clippy::cast_precision_loss, reason = "far below 2^53 samples")]
                let mean = sum(samples.values.iter().copied()) / count as f64;
                (samples, Some(mean))
            }
            true => rates(&samples),
        };
        Some(Self {
            values,
            from,
            to,
            mean,
            latest,
            at,
            samples: count,
        })
    }

    /// The latest value; none: of a counter there is one sample only.
    pub(super) fn current(&self) -> Option<f64> {
        self.values.values.last().copied()
    }

    /// The times of values.
    pub(super) fn times(&self) -> &[i64] {
        &self.values.times
    }

    /// The value at a time, as far as it is known.
    pub(super) fn value_at(&self, time: i64) -> Option<f64> {
        if !(self.from..=self.to).contains(&time) {
            return None;
        }
        let after = self.values.times.partition_point(|&at| at <= time);
        self.values.values.get(after.saturating_sub(1)).copied()
    }

    /// Its mean, and the time for which that stands.
    pub(super) fn mean(&self) -> Option<(f64, (i64, i64))> {
        Some((self.mean?, (self.from, self.to)))
    }
}

/// The rates of a counter per second, and their mean, weighted by time. A fall is a reset: what it shows then was
/// counted since.
fn rates(samples: &Samples) -> (Samples, Option<f64>) {
    let mut rates = Samples::default();
    let mut increase = 0.0;
    for ((before, old), (at, new)) in samples.iter().zip(samples.iter().skip(1)) {
        let more = match new < old {
            true => new,
            false => new - old,
        };
        increase += more;
        rates.times.push(at);
        rates.values.push(more / seconds(before, at));
    }
    let mean = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) if first < last => Some(increase / seconds(first, last)),
        _ => None,
    };
    (rates, mean)
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a window")]
fn seconds(from: i64, to: i64) -> f64 {
    (to - from) as f64 / 1000.0
}

/// A sum to the last bit but one, as Prometheus adds (Neumaier).
pub(super) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let more = sum + value;
        lost += match sum.abs() >= value.abs() {
            true => (sum - more) + value,
            false => (value - more) + sum,
        };
        sum = more;
    }
    sum + lost
}
