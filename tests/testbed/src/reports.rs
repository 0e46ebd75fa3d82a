//! Small data sets on which public reports of wrong numbers can be seen. All begin at [`Shape::fixed_start`], a midnight.

use crate::dataset::{Dataset, Series};
use crate::shape::Shape;

/// A gibibyte.
const GIB: f64 = 1_073_741_824.0;

/// The kernel, agent and user of a series.
type Who<'a> = (&'a str, &'a str, &'a str);

impl Dataset {
    /// Twelve kernels of 4 GiB on one agent, five minutes each, one after another, and then one for three hours: never
    /// more than 4 GiB at once (8 by the five minutes that Prometheus repeats a sample for). Where each member's peak
    /// is summed, the agent had 52 GiB.
    #[must_use]
    pub fn one_after_another() -> Self {
        let mut rows = Rows::every(30);
        let memory = |_| 4.0 * GIB;
        for number in 0..12 {
            let kernel = format!("K{number:02}");
            let from = 300 * number;
            rows.add(
                "mem",
                "current",
                (&kernel, "a1", "u1"),
                from..=from + 270,
                memory,
            );
        }
        rows.add("mem", "current", ("Z", "a1", "u1"), 3600..=14_400, memory);
        rows.dataset
    }

    /// Members that lack a side. User `u1`: two kernels of a core each; memory of A 3 of 4 GiB, of B 5 GiB without
    /// capacity. User `u2`: five kernels of a core each in the first half of an hour, and an idle one. User `u3`: a
    /// core for 40 minutes.
    #[must_use]
    pub fn uneven_capacity() -> Self {
        let mut rows = Rows::every(30);
        let core = |time: i64| 1000.0 * time as f64;
        let mut cpu = |who, until, used: fn(i64) -> f64| {
            rows.add("cpu_util", "current", who, 0..=until, used);
            rows.add("cpu_util", "capacity", who, 0..=until, |_| 1000.0);
        };
        cpu(("A", "a1", "u1"), 7200, core);
        cpu(("B", "a1", "u1"), 7200, core);
        for kernel in ["C0", "C1", "C2", "C3", "C4"] {
            cpu((kernel, "a2", "u2"), 1800, core);
        }
        cpu(("idle", "a2", "u2"), 7200, |_| 0.0);
        cpu(("D", "a3", "u3"), 2400, core);
        rows.add("mem", "current", ("A", "a1", "u1"), 0..=7200, |_| 3.0 * GIB);
        rows.add("mem", "capacity", ("A", "a1", "u1"), 0..=7200, |_| {
            4.0 * GIB
        });
        rows.add("mem", "current", ("B", "a1", "u1"), 0..=7200, |_| 5.0 * GIB);
        rows.dataset
    }

    /// Three days of 1 of 2 GiB, a sample every ten minutes, two minutes past: further apart than the five minutes
    /// that Prometheus repeats a sample for.
    #[must_use]
    pub fn every_ten_minutes() -> Self {
        let mut rows = Rows::every(600);
        let all = 120..=3 * 86_400 - 1;
        rows.add("mem", "current", ("A", "a1", "u1"), all.clone(), |_| GIB);
        rows.add("mem", "capacity", ("A", "a1", "u1"), all, |_| 2.0 * GIB);
        rows.dataset
    }
}

/// Series as they are added.
struct Rows {
    interval: usize,
    dataset: Dataset,
}

impl Rows {
    /// With a sample every so many seconds.
    fn every(interval: usize) -> Self {
        Self {
            interval,
            dataset: Dataset::default(),
        }
    }

    /// Adds a series from a time to a time, seconds after the beginning, with the value at each.
    fn add(
        &mut self,
        metric: &str,
        value_type: &str,
        (kernel, agent, user): Who<'_>,
        times: std::ops::RangeInclusive<i64>,
        value: impl Fn(i64) -> f64,
    ) {
        let session = format!("s-{kernel}");
        let labels = [
            ("agent_id", agent),
            ("container_metric_name", metric),
            ("kernel_id", kernel),
            ("owner_project_id", "p1"),
            ("owner_user_id", user),
            ("session_id", &session),
            ("value_type", value_type),
        ];
        let (timestamps, values) = times
            .step_by(self.interval)
            .map(|time| (Shape::fixed_start() + time, value(time)))
            .unzip();
        self.dataset.push(Series {
            labels: labels
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            timestamps,
            values,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_never_holds_more_than_one_kernel() {
        let dataset = Dataset::one_after_another();
        assert_eq!(
            (dataset.series().len(), dataset.sample_count()),
            (13, 12 * 10 + 361)
        );
        let ends = |series: &Series| (series.timestamps[0], *series.timestamps.last().unwrap());
        for pair in dataset.series().windows(2) {
            assert!(ends(&pair[0]).1 < ends(&pair[1]).0);
        }
    }

    #[test]
    fn one_member_has_no_capacity_and_samples_may_be_ten_minutes_apart() {
        let uneven = Dataset::uneven_capacity();
        let capacity = [
            ("kernel_id", "B"),
            ("container_metric_name", "mem"),
            ("value_type", "capacity"),
        ];
        assert_eq!(uneven.matching(&capacity).count(), 0);
        assert_eq!(uneven.series().len(), 2 * 9 + 3);
        let sparse = Dataset::every_ten_minutes();
        assert_eq!(sparse.sample_count(), 2 * 432);
    }
}
