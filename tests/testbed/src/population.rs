//! A population of kernels on which wrong arithmetic shows: they come and go, one after another, restart, miss
//! samples, lack capacities, and are sampled at odd seconds.

use crate::dataset::{Dataset, series_of};
use crate::fleet::{Fleet, Kernel};
use crate::shape::Shape;

/// The size of a population: how many kernels there are, for how long, and how often they are sampled. Equal ones give
/// equal data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Population {
    /// Another seed, other kernels.
    pub seed: u64,
    /// Containers.
    pub kernels: usize,
    /// No sample before this, Unix seconds.
    pub from: i64,
    /// No sample after this, Unix seconds.
    pub to: i64,
    /// Seconds between two samples of a series.
    pub interval: u32,
}

impl Population {
    /// Two dozen kernels through six hours, a sample every 30 s.
    #[must_use]
    pub fn dense(seed: u64) -> Self {
        Self {
            seed,
            kernels: 24,
            from: Shape::fixed_start(),
            to: Shape::fixed_start() + 6 * 3600,
            interval: 30,
        }
    }

    /// A dozen kernels through three days, a sample every ten minutes.
    #[must_use]
    pub fn sparse(seed: u64) -> Self {
        Self {
            kernels: 12,
            to: Shape::fixed_start() + 3 * 86_400,
            interval: 600,
            ..Self::dense(seed)
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            from: self.from,
            to: self.to,
            interval: self.interval,
            agents: 3,
            users: 4,
            projects: 2,
            kernels: self.kernels,
            metrics: ["cpu_util", "cuda_util", "mem", "net_rx"]
                .map(str::to_owned)
                .to_vec(),
            seed: self.seed,
            ..Shape::small_cluster()
        }
    }
}

impl Dataset {
    /// The data of a population, under the documented labels: `cpu_util`, `mem`, `net_rx`, and `cuda_util` of some.
    #[must_use]
    pub fn of_population(population: &Population) -> Self {
        let shape = population.shape();
        let mut random = fastrand::Rng::with_seed(population.seed);
        let mut fleet = Fleet::of(&shape);
        let mut succession = population.from;
        let mut series = Vec::new();
        for (number, kernel) in fleet.kernels.iter_mut().enumerate() {
            let life = Life::of(number);
            live(kernel, life, population, &mut succession, &mut random);
            for mut one in series_of(kernel, &shape) {
                if one.label("value_type") == Some("capacity") {
                    match Limit::of(number) {
                        Limit::Known => {}
                        Limit::Absent => continue,
                        Limit::Zero => one.values.fill(0.0),
                    }
                }
                series.push(one.thinned(&mut random));
            }
        }
        // A brief one may have lost all samples.
        series.retain(|one| !one.values.is_empty());
        Self::new(fleet, series)
    }
}

/// The life of a kernel.
#[derive(Clone, Copy)]
enum Life {
    /// From beginning to end.
    Whole,
    /// Short, after the one before it has ended.
    Successor,
    /// It comes late and leaves early.
    Passing,
    /// It restarts once, and is not sampled for a while.
    Restarted,
    /// One sample to three.
    Brief,
}

impl Life {
    fn of(number: usize) -> Self {
        match number % 6 {
            0 => Self::Whole,
            1 | 2 => Self::Successor,
            3 => Self::Passing,
            4 => Self::Restarted,
            _ => Self::Brief,
        }
    }
}

/// The capacities that are exported of a kernel.
#[derive(Clone, Copy)]
enum Limit {
    /// The capacity.
    Known,
    /// No series.
    Absent,
    /// Zero, for what has no limit.
    Zero,
}

impl Limit {
    fn of(number: usize) -> Self {
        match number % 7 {
            3 => Self::Absent,
            5 => Self::Zero,
            _ => Self::Known,
        }
    }
}

/// Gives a kernel its span of life. `succession` is when the last successor ended.
fn live(
    kernel: &mut Kernel,
    life: Life,
    population: &Population,
    succession: &mut i64,
    random: &mut fastrand::Rng,
) {
    let interval = i64::from(population.interval);
    let (from, to) = (population.from, population.to);
    let samples = (to - from) / interval;
    let mut within = |lowest: i64, highest: i64| random.i64(lowest..=highest.max(lowest));
    // Agents do not sample on the full minute.
    kernel.from = from + within(0, interval - 1);
    kernel.to = to;
    kernel.restart = None;
    kernel.gap = None;
    match life {
        Life::Whole => {}
        Life::Successor => {
            // Chains begin anew when they reach the end.
            let begins = if *succession < to { *succession } else { from };
            kernel.from = begins + within(1, interval);
            kernel.to = kernel.from + interval * within(5, samples / 12);
            *succession = kernel.to;
        }
        Life::Passing => {
            kernel.from += interval * within(samples / 10, samples / 3);
            kernel.to -= interval * within(samples / 10, samples / 3);
        }
        Life::Restarted => {
            kernel.restart = Some(kernel.from + interval * within(samples / 8, samples / 2));
            let pause = kernel.from + interval * within(samples / 2, samples * 3 / 4);
            kernel.gap = Some((pause, pause + interval * within(2, 40)));
        }
        Life::Brief => {
            kernel.from += interval * within(0, samples - 3);
            kernel.to = kernel.from + interval * within(0, 2);
        }
    }
    kernel.to = kernel.to.min(to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Series;

    fn series(dataset: &Dataset, metric: &str, side: &str) -> Vec<Series> {
        let labels = [("container_metric_name", metric), ("value_type", side)];
        dataset.matching(&labels).cloned().collect()
    }

    #[test]
    fn equal_populations_have_equal_data_and_other_seeds_other_data() {
        let of = |seed| Dataset::of_population(&Population::dense(seed));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn kernels_come_go_restart_miss_samples_and_lack_capacity_at_odd_seconds() {
        for population in [Population::dense(3), Population::sparse(3)] {
            let dataset = Dataset::of_population(&population);
            let interval = i64::from(population.interval);
            let (used, capacity) = (
                series(&dataset, "mem", "current"),
                series(&dataset, "mem", "capacity"),
            );
            assert!(capacity.len() < used.len());
            assert!(
                capacity
                    .iter()
                    .any(|one| one.values.iter().all(|value| *value == 0.0))
            );
            assert!(used.iter().any(|one| one.timestamps.len() < 4));
            let missed = |one: &Series| {
                one.timestamps
                    .windows(2)
                    .any(|pair| pair[1] - pair[0] > interval)
            };
            assert!(used.iter().any(missed));
            let ended =
                |one: &Series| *one.timestamps.last().unwrap() < population.to - 10 * interval;
            let odd = |one: &Series| one.timestamps[0] % interval != 0;
            assert!(used.iter().any(ended) && used.iter().any(odd));
            let counters = series(&dataset, "cpu_util", "current");
            let falls = |one: &Series| one.values.windows(2).any(|pair| pair[1] < pair[0]);
            assert!(counters.iter().any(falls));
            let times = || used.iter().flat_map(|one| &one.timestamps);
            assert!(times().all(|time| (population.from..=population.to).contains(time)));
        }
    }
}
