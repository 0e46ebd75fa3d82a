//! A series as a line of small bars, a gap as a blank. Own code, because the crate for it
//! (`sparklines`) drops what is missing and thereby moves what follows.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The range that a sparkline covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// The first instant, Unix milliseconds.
    pub(crate) start: i64,
    /// The last instant, Unix milliseconds.
    pub(crate) end: i64,
    /// Milliseconds between two points, at least 1.
    pub(crate) step: i64,
}

impl Span {
    /// The number of points of a series without gaps.
    pub(crate) fn points(&self) -> u64 {
        let steps = i128::from(self.end) - i128::from(self.start);
        u64::try_from(steps / i128::from(self.step.max(1))).map_or(0, |steps| steps + 1)
    }
}

/// Draws `values[i]` at `timestamps[i]`, at most `width` bars wide. Each bar is the mean of the
/// values that fall to it, from the series' own least to its greatest.
pub(crate) fn draw(timestamps: &[i64], values: &[f64], span: Span, width: usize) -> String {
    let points = span.points();
    let width = usize::try_from(points).unwrap_or(usize::MAX).min(width);
    let mut bars = vec![Mean::default(); width];
    for (timestamp, value) in timestamps
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_nan())
    {
        let index = place(*timestamp, span, width);
        if let Some(bar) = index.and_then(|index| bars.get_mut(index)) {
            bar.add(*value);
        }
    }
    let means: Vec<Option<f64>> = bars.iter().map(Mean::value).collect();
    let (least, greatest) = means
        .iter()
        .flatten()
        .filter(|value| value.is_finite())
        .fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, greatest), value| (least.min(*value), greatest.max(*value)),
        );
    means
        .iter()
        .map(|mean| mean.map_or(' ', |value| bar(value, least, greatest)))
        .collect()
}

/// The marks under a sparkline of the same width: `^` under each bar to which one of the instants falls; empty without any.
pub(crate) fn marks(instants: &[i64], span: Span, width: usize) -> String {
    let points = span.points();
    let width = usize::try_from(points).unwrap_or(usize::MAX).min(width);
    let mut marks = vec![' '; width];
    for &instant in instants {
        if let Some(mark) = place(instant, span, width).and_then(|place| marks.get_mut(place)) {
            *mark = '^';
        }
    }
    match instants.is_empty() {
        true => String::new(),
        false => marks.into_iter().collect(),
    }
}

/// The bar that an instant falls to.
fn place(instant: i64, span: Span, width: usize) -> Option<usize> {
    let steps = (i128::from(instant) - i128::from(span.start)) / i128::from(span.step.max(1));
    let points = i128::from(span.points().max(1));
    usize::try_from(steps * width as i128 / points).ok()
}

fn bar(value: f64, least: f64, greatest: f64) -> char {
    let [lowest, .., highest] = BARS;
    if value == f64::INFINITY {
        return highest;
    }
    if value == f64::NEG_INFINITY || (value == 0.0 && least == greatest) {
        return lowest;
    }
    // A level that never changes is drawn half-way.
    let height = if least < greatest {
        (value - least) / (greatest - least)
    } else {
        0.4
    };
    // `as` takes what is out of range to the nearest end.
    BARS.get((height * 7.0).round() as usize)
        .copied()
        .unwrap_or(highest)
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count = self.count.saturating_add(1);
    }

    /// None without values, or when they are infinities that cancel each other out.
    fn value(&self) -> Option<f64> {
        (self.count > 0)
            .then(|| self.sum / f64::from(self.count))
            .filter(|mean| !mean.is_nan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spark(values: &[f64], width: usize) -> String {
        let timestamps: Vec<i64> = (0..values.len() as i64).map(|i| 1000 * i).collect();
        let end = timestamps.last().copied().unwrap_or(0);
        draw(
            &timestamps,
            values,
            Span {
                start: 0,
                end,
                step: 1000,
            },
            width,
        )
    }

    #[test]
    fn values_rise_from_the_least_to_the_greatest() {
        assert_eq!(
            spark(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 40),
            "▁▂▃▄▅▆▇█"
        );
        assert_eq!(spark(&[8.0, 1.0], 40), "█▁");
    }

    #[test]
    fn a_gap_is_a_blank_in_its_place() {
        let span = Span {
            start: 0,
            end: 5000,
            step: 1000,
        };
        assert_eq!(
            draw(&[1000, 2000, 4000], &[1.0, 2.0, 2.0], span, 40),
            " ▁█ █ "
        );
        assert_eq!(spark(&[1.0, f64::NAN, 2.0], 40), "▁ █");
    }

    #[test]
    fn many_points_share_a_bar() {
        assert_eq!(spark(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], 3), "▁▅█");
        let many: Vec<f64> = (0..1441).map(f64::from).collect();
        assert_eq!(spark(&many, 24).chars().count(), 24);
    }

    #[test]
    fn a_level_is_drawn_half_way_and_nothing_at_the_bottom() {
        assert_eq!(spark(&[5.0, 5.0, 5.0], 40), "▄▄▄");
        assert_eq!(spark(&[0.0, 0.0], 40), "▁▁");
    }

    #[test]
    fn infinities_are_drawn_at_the_ends() {
        assert_eq!(
            spark(&[1.0, f64::INFINITY, f64::NEG_INFINITY, 2.0], 40),
            "▁█▁█"
        );
        assert_eq!(spark(&[f64::MIN, f64::MAX], 40).chars().count(), 2);
    }

    #[test]
    fn timestamps_out_of_the_range_are_not_drawn() {
        let span = Span {
            start: 0,
            end: 1000,
            step: 1000,
        };
        assert_eq!(
            draw(&[i64::MIN, 0, i64::MAX], &[1.0, 2.0, 3.0], span, 40),
            "▄ "
        );
        assert_eq!(
            draw(
                &[0],
                &[1.0],
                Span {
                    start: 0,
                    end: -1,
                    step: 0
                },
                40
            ),
            ""
        );
    }
}
