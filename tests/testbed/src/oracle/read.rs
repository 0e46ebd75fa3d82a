//! Reads one series at instants, as Prometheus's selectors and its `rate` do.

use crate::dataset::Series;
use crate::oracle::Semantics;

/// The reading of a series at an instant.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// The last sample, not further back than this, seconds.
    Last(i64),
    /// The growth per second over this window, seconds.
    Rate(i64),
}

impl Semantics {
    /// The value at each instant; none where there is none. Instants ascend.
    #[must_use]
    pub fn read(self, series: &Series, instants: &[i64], reading: Reading) -> Vec<Option<f64>> {
        let (Reading::Last(window) | Reading::Rate(window)) = reading;
        let mut samples = Samples::of(series, self);
        instants
            .iter()
            .map(|instant| {
                let (times, values) = samples.within(*instant, window);
                match reading {
                    Reading::Last(_) => values.last().copied(),
                    Reading::Rate(_) => self.rate(times, values, *instant, window),
                }
            })
            .collect()
    }

    /// Prometheus's `extrapolatedRate` of the samples in the window before `instant`.
    fn rate(self, times: &[i64], values: &[f64], instant: i64, window: i64) -> Option<f64> {
        let (first_time, last_time) = (*times.first()?, *times.last()?);
        let (first, last) = (*values.first()?, *values.last()?);
        if times.len() < 2 {
            return None;
        }
        // The growth before a reset is not lost.
        let resets: f64 = values
            .iter()
            .zip(values.iter().skip(1))
            .filter(|(before, after)| after < before)
            .map(|(before, _)| before)
            .sum();
        let growth = last - first + resets;

        let mut to_start = (first_time - (instant - window)) as f64;
        let mut to_end = (instant - last_time) as f64;
        let sampled = (last_time - first_time) as f64;
        let average = sampled / (times.len() - 1) as f64;
        // Samples that are near enough to the window's edge would have gone on like this to the edge; else half a sample.
        let threshold = average * 1.1;
        let bounded = |distance| {
            if distance >= threshold {
                average / 2.0
            } else {
                distance
            }
        };
        // A counter was not below zero: further back than that it did not grow.
        let since_zero = if growth > 0.0 && first >= 0.0 {
            sampled * (first / growth)
        } else {
            f64::INFINITY
        };
        to_start = if self.threshold_before_zero {
            bounded(to_start).min(since_zero)
        } else {
            bounded(to_start.min(since_zero))
        };
        to_end = bounded(to_end);
        Some(growth * ((sampled + to_start + to_end) / sampled) / window as f64)
    }
}

/// The samples of a series, seen through a window that moves on.
pub(super) struct Samples<'a> {
    series: &'a Series,
    left_open: bool,
    from: usize,
    to: usize,
}

impl<'a> Samples<'a> {
    pub(super) fn of(series: &'a Series, semantics: Semantics) -> Self {
        Self {
            series,
            left_open: semantics.left_open,
            from: 0,
            to: 0,
        }
    }

    /// Times and values of the samples in the window before `instant`, which must not be earlier than the last one's.
    pub(super) fn within(&mut self, instant: i64, window: i64) -> (&'a [i64], &'a [f64]) {
        // The first second that is in the window.
        let first = instant - window + i64::from(self.left_open);
        let times = &self.series.timestamps;
        let passed = |index: &mut usize, time: i64| {
            while times.get(*index).is_some_and(|sample| *sample < time) {
                *index += 1;
            }
        };
        passed(&mut self.from, first);
        passed(&mut self.to, instant + 1);
        let range = self.from..self.to;
        (
            times.get(range.clone()).unwrap_or_default(),
            self.series.values.get(range).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::PrometheusRelease;

    fn series(timestamps: &[i64], values: &[f64]) -> Series {
        Series {
            labels: Vec::new(),
            timestamps: timestamps.to_vec(),
            values: values.to_vec(),
        }
    }

    fn semantics() -> [Semantics; 2] {
        [PrometheusRelease::V2_42, PrometheusRelease::V3_5].map(Semantics::of)
    }

    #[test]
    fn a_gauge_is_seen_for_five_minutes_whose_first_instant_the_releases_differ_on() {
        let gauge = series(&[100], &[7.0]);
        let instants = [99, 100, 399, 400, 401];
        let [second, third] =
            semantics().map(|semantics| semantics.read(&gauge, &instants, Reading::Last(300)));
        let seven = Some(7.0);
        assert_eq!(second, [None, seven, seven, seven, None]);
        assert_eq!(third, [None, seven, seven, None, None]);
    }

    #[test]
    fn a_steady_counter_has_its_rate_wherever_the_window_falls_and_whatever_was_reset() {
        let steady = series(&[30, 60, 90, 120], &[3e4, 6e4, 9e4, 12e4]);
        let restarted = series(&[30, 60, 90, 120], &[3e4, 6e4, 3e4, 6e4]);
        for semantics in semantics() {
            for counter in [&steady, &restarted] {
                let rate = semantics.read(counter, &[125], Reading::Rate(110));
                assert!((rate[0].unwrap() - 1000.0).abs() < 1e-9, "{rate:?}");
            }
            // Of one sample there is no rate.
            assert_eq!(semantics.read(&steady, &[125], Reading::Rate(20)), [None]);
        }
    }

    #[test]
    fn a_rate_is_extended_half_a_sample_and_not_beyond_zero() {
        let counter = |first: f64| series(&[100, 110, 120], &[first, first + 10.0, first + 20.0]);
        for semantics in semantics() {
            let rate = |first| semantics.read(&counter(first), &[200], Reading::Rate(200));
            // 20 in 20 s, half a sample to either side.
            assert_eq!(rate(1000.0), [Some(20.0 * (30.0 / 20.0) / 200.0)]);
            // It began 2 s earlier.
            assert_eq!(rate(2.0), [Some(20.0 * (27.0 / 20.0) / 200.0)]);
        }
        // 8 s earlier: more than half a sample, less than a whole one.
        let [second, third] =
            semantics().map(|semantics| semantics.read(&counter(8.0), &[200], Reading::Rate(200)));
        assert_eq!(second, [Some(20.0 * (33.0 / 20.0) / 200.0)]);
        assert_eq!(third, [Some(20.0 * (30.0 / 20.0) / 200.0)]);
    }
}
