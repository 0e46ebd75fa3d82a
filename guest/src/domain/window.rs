//! The window that a point looks back over: that of a rate, and of a statistic over time.

use super::duration::PromDuration;

/// The least window, in seconds: a minute, as Backend.AI has always used.
const LEAST: u64 = 60;
/// A rate needs two samples, and survives the loss of one with four intervals (Grafana's `$__rate_interval`).
const INTERVALS: u64 = 4;

/// `max(1m, step + interval, 4 * interval)`, all in seconds.
///
/// The reason: with samples every 30 s and a window of 1 min a constant rate of 1000 reads as 1500 or 750,
/// depending on phase; with a step of 1 h a window of 1 min reads one sixtieth of the data.
pub(super) fn automatic(step: u32, sample_interval: u32) -> PromDuration {
    let (step, interval) = (u64::from(step), u64::from(sample_interval));
    PromDuration::from_seconds(LEAST.max(step + interval).max(INTERVALS * interval))
}

/// The most values that a statistic over time reads for a point: those of a day at a minute each. A server that holds
/// its queries to 50,000,000 samples computes a week of them for a thousand kernels.
const MOST_VALUES: u32 = 1440;
/// The same where every value of every member comes here.
const MOST_POOLED: u32 = 60;

/// Seconds between two values of a group that the server makes a statistic of: a sample interval, or more in windows
/// that hold more than [`MOST_VALUES`].
pub(super) fn resolution(window: u32, sample_interval: u32) -> u32 {
    sample_interval.max(window.div_ceil(MOST_VALUES))
}

/// The same of values that are pooled here.
pub(super) fn pooled_resolution(window: u32, sample_interval: u32) -> u32 {
    sample_interval.max(window.div_ceil(MOST_POOLED))
}

/// The doubt about a statistic that does not see every sample, if any. `rate`: the window of the rates that it is made
/// of; none: it is made of levels.
pub(super) fn doubt_of_resolution(
    resolution: u32,
    sample_interval: u32,
    rate: Option<&PromDuration>,
) -> Option<String> {
    let overlap = rate.is_some_and(|rate| rate.millis() >= u64::from(resolution) * 1000);
    let sees_all = resolution <= sample_interval || overlap;
    (!sees_all).then(|| {
        let every = PromDuration::from_seconds(u64::from(resolution));
        format!(
            "the statistic is made of one value every {every}: what is shorter may not be in it; a shorter window sees every sample"
        )
    })
}

/// The range of a subquery, `[window:resolution]`. A millisecond less than the window, because 2.x counts a value at its
/// very beginning and 3.x does not.
pub(super) fn subquery(window: u32, resolution: u32) -> String {
    let least_less = PromDuration::from_millis(u64::from(window) * 1000 - 1);
    let resolution = PromDuration::from_seconds(u64::from(resolution));
    format!("[{least_less}:{resolution}]")
}

/// The doubt about a statistic's window that follows from the step, if any.
pub(super) fn doubt_of_step(step: u32, sample_interval: u32) -> Option<String> {
    let needed = 2 * u64::from(sample_interval);
    (u64::from(step) < needed).then(|| {
        format!(
            "a point looks back over the step of {step}s, less than two sample intervals ({needed}s): some points may be missing"
        )
    })
}

/// The doubts about a window that was fixed by configuration.
pub(super) fn doubts(window: &PromDuration, step: u32, sample_interval: u32) -> Vec<String> {
    let mut doubts = Vec::new();
    if window.millis() < u64::from(step) * 1000 {
        doubts.push(format!(
            "the window {window} is shorter than the step of {step}s: what happens between two windows is not counted"
        ));
    }
    let needed = INTERVALS * u64::from(sample_interval);
    if window.millis() < needed * 1000 {
        doubts.push(format!(
            "the window {window} is shorter than {INTERVALS} sample intervals ({needed}s): rates depend on phase, and a lost sample leaves a gap"
        ));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automatic_window_covers_the_step_and_four_samples_but_never_less_than_a_minute() {
        for (step, interval, window) in [
            (1, 1, "1m"),
            (30, 15, "1m"),
            (60, 15, "1m15s"),
            (300, 15, "5m15s"),
            (3600, 15, "1h15s"),
            (60, 30, "2m"),
            (30, 60, "4m"),
        ] {
            assert_eq!(automatic(step, interval).to_string(), window);
        }
        // No configuration asks for more than Prometheus can hold.
        let longest = automatic(u32::MAX, u32::MAX);
        assert_eq!(PromDuration::parse(&longest.to_string()), Ok(longest));
    }

    #[test]
    fn a_subquery_reads_every_sample_of_six_hours_and_begins_within_the_window() {
        for (window, interval, text) in [
            (3600, 15, "[59m59s999ms:15s]"),
            (300, 15, "[4m59s999ms:15s]"),
            (30, 15, "[29s999ms:15s]"),
            (21_600, 15, "[5h59m59s999ms:15s]"),
            (86_400, 15, "[23h59m59s999ms:1m]"),
            (86_400, 60, "[23h59m59s999ms:1m]"),
            (21_601, 15, "[6h999ms:16s]"),
        ] {
            assert_eq!(subquery(window, resolution(window, interval)), text);
        }
    }

    #[test]
    fn a_statistic_that_may_miss_a_sample_is_doubted() {
        assert_eq!(doubt_of_resolution(15, 15, None), None);
        assert!(
            doubt_of_resolution(60, 15, None)
                .unwrap()
                .contains("every 1m")
        );
        // Rates that overlap see every sample, however far apart they are.
        let rate = automatic(60, 15);
        assert_eq!(rate.to_string(), "1m15s");
        assert_eq!(doubt_of_resolution(60, 15, Some(&rate)), None);
        assert!(doubt_of_resolution(120, 15, Some(&rate)).is_some());
    }

    #[test]
    fn a_fixed_window_is_doubted_when_it_is_shorter_than_the_step_or_four_samples() {
        let window = PromDuration::parse("1m").unwrap();
        assert!(doubts(&window, 60, 15).is_empty());
        assert!(doubts(&window, 61, 15)[0].contains("step"));
        assert!(doubts(&window, 60, 16)[0].contains("4 sample intervals"));
        assert_eq!(doubts(&window, 3600, 60).len(), 2);
    }
}
