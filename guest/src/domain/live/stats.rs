//! From the samples of all series to what is said of each subject.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{Together, chained, total};
use super::query::LiveQuery;
use super::track::{Samples, Track, Window};
use crate::domain::CatalogueEntry;

/// The value type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The amount in use.
    Current,
    /// The amount available.
    Capacity,
}

/// A series and its samples, as they came.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// The subject that it is of.
    pub id: String,
    /// The kernel.
    pub kernel: String,
    /// The agent that it runs on.
    pub agent: Option<String>,
    /// The metric.
    pub metric: String,
    /// The value type.
    pub side: Side,
    /// Unix milliseconds, ascending.
    pub times: Vec<i64>,
    /// The samples.
    pub values: Vec<f64>,
}

/// The stats of one metric of a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStat {
    /// The metric.
    pub metric: String,
    /// The unit of all but `accumulated`.
    pub unit: Option<&'static str>,
    /// The latest level, or the rate between the last two samples of a counter.
    pub current: Option<f64>,
    /// The time of the newest sample, Unix milliseconds.
    pub at: i64,
    /// True if that is more than four sample intervals ago.
    pub stale: bool,
    /// The least within the window.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// The mean.
    pub avg: Option<f64>,
    /// The amount available.
    pub capacity: Option<f64>,
    /// The part of it in use.
    pub percent: Option<f64>,
    /// A counter's latest sample.
    pub accumulated: Option<f64>,
    /// The number of samples.
    pub samples: u32,
}

/// The stats of a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectStats {
    /// The subject.
    pub id: String,
    /// The agent that all of it runs on.
    pub agent_id: Option<String>,
    /// In the order of the metrics' names.
    pub stats: Vec<LiveStat>,
}

/// The stats of all subjects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveAnswer {
    /// The subjects of which there are samples, in the order in which they were asked for.
    pub subjects: Vec<SubjectStats>,
    /// The subjects of which there are none.
    pub missing: Vec<String>,
    /// True if data may be missing.
    pub partial: bool,
    /// Remarks that make the answer doubtful.
    pub warnings: Vec<String>,
}

/// Percent of a core: CPU time of a thousand milliseconds a second.
const CPU_UTIL: &str = "cpu_util";
const MILLICORES_A_PERCENT: f64 = 10.0;

/// The series of one kernel, metric and side.
type OfKernel = BTreeMap<Side, Vec<Samples>>;
/// By metric and kernel.
type OfSubject = BTreeMap<String, BTreeMap<String, OfKernel>>;

/// The kernels that make an answer doubtful.
#[derive(Default)]
struct Doubts {
    /// Those with several series of one metric at a time.
    doubled: BTreeSet<String>,
    /// The number of those that are in no percentage of a metric, by the metric.
    left_out: BTreeMap<String, usize>,
}

#[derive(Default)]
struct Subject {
    agents: BTreeSet<Option<String>>,
    metrics: OfSubject,
}

impl LiveQuery {
    /// Computes the stats of each subject from the samples.
    pub fn answer(&self, series: impl IntoIterator<Item = Sampled>) -> LiveAnswer {
        let mut left_out = 0;
        let mut subjects: BTreeMap<String, Subject> = BTreeMap::new();
        for sampled in series {
            let samples = self.within(sampled.times, &sampled.values, &mut left_out);
            if samples.first().is_none() {
                continue;
            }
            let subject = subjects.entry(sampled.id).or_default();
            subject.agents.insert(sampled.agent);
            let kernels = subject.metrics.entry(sampled.metric).or_default();
            let sides = kernels.entry(sampled.kernel).or_default();
            sides.entry(sampled.side).or_default().push(samples);
        }
        let mut answer = LiveAnswer::default();
        let mut doubts = Doubts::default();
        for id in &self.ids {
            match subjects.remove(id) {
                None => answer.missing.push(id.clone()),
                Some(subject) => {
                    let stats = self.subject(id.clone(), subject, &mut doubts);
                    answer.subjects.push(stats);
                }
            }
        }
        if left_out > 0 {
            let text = format!("{left_out} samples are no finite numbers, and are left out");
            answer.warnings.push(text);
        }
        if let Some(first) = doubts.doubled.first() {
            answer.warnings.push(format!(
                "{} kernels have several series of one metric at a time, which are added up: {first} among them",
                doubts.doubled.len()
            ));
        }
        let left_out = doubts.left_out.into_iter().map(|(metric, kernels)| format!(
            "{metric}: kernels without capacity, or without a current value, are in no percentage: {kernels}"
        ));
        answer.warnings.extend(left_out);
        answer
    }

    fn window(&self) -> Window {
        Window {
            from: self.from,
            at: self.at,
            interval: self.interval,
        }
    }

    /// The samples after the window's beginning: servers differ on whether that itself is in it.
    fn within(&self, times: Vec<i64>, values: &[f64], left_out: &mut usize) -> Samples {
        let mut samples = Samples::default();
        for (time, &value) in times.into_iter().zip(values) {
            match value.is_finite() {
                _ if time <= self.from || time > self.at => {}
                true => {
                    samples.times.push(time);
                    samples.values.push(value);
                }
                false => *left_out += 1,
            }
        }
        samples
    }

    fn subject(&self, id: String, subject: Subject, doubts: &mut Doubts) -> SubjectStats {
        let mut agents = subject.agents.into_iter();
        SubjectStats {
            id,
            agent_id: match (agents.next(), agents.next()) {
                (Some(agent), None) => agent,
                _ => None,
            },
            stats: subject
                .metrics
                .into_iter()
                .map(|(metric, kernels)| self.stat(metric, kernels, doubts))
                .collect(),
        }
    }

    fn stat(
        &self,
        metric: String,
        kernels: BTreeMap<String, OfKernel>,
        doubts: &mut Doubts,
    ) -> LiveStat {
        let entry = CatalogueEntry::of(&metric);
        let is_counter = entry.as_ref().is_some_and(|entry| entry.cumulative);
        let window = self.window();
        let (mut used, mut available, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for (kernel, mut sides) in kernels {
            let mut tracks = |side, is_counter| -> Vec<Track> {
                let chains = chained(sides.remove(&side).unwrap_or_default());
                if chains.len() > 1 {
                    doubts.doubled.insert(kernel.clone());
                }
                let track = |samples| Track::new(samples, is_counter, &window);
                chains.into_iter().filter_map(track).collect()
            };
            let current = tracks(Side::Current, is_counter);
            let capacity = tracks(Side::Capacity, false);
            let both = [&current, &capacity].map(|tracks| Together::new(tracks, &window));
            pairs.push(both);
            used.extend(current);
            available.extend(capacity);
        }
        let all = Together::new(&used, &window);
        let capacity = Together::new(&available, &window);
        let at = all.at.max(capacity.at);
        let both = || {
            pairs.iter().filter_map(|[current, capacity]| {
                let capacity_there = capacity.current.filter(|&capacity| capacity > 0.0);
                let pair = (current.current?, capacity_there?);
                let mut sides = [current, capacity].into_iter();
                sides.all(|one| window.counts(one.at, at)).then_some(pair)
            })
        };
        let percent = match metric.as_str() {
            CPU_UTIL => all
                .current
                .map(|millicores| millicores / MILLICORES_A_PERCENT),
            _ if is_counter => None,
            _ => total(both().map(|(current, _)| current))
                .zip(total(both().map(|(_, capacity)| capacity)))
                .map(|(current, capacity)| 100.0 * current / capacity),
        };
        if percent.is_some() && !is_counter && metric != CPU_UTIL {
            let is_there = |sides: &&[Together; 2]| {
                let mut sides = sides.iter();
                sides.any(|one| one.current.is_some() && window.counts(one.at, at))
            };
            let left_out = pairs.iter().filter(is_there).count() - both().count();
            if left_out > 0 {
                *doubts.left_out.entry(metric.clone()).or_default() += left_out;
            }
        }
        LiveStat {
            unit: entry.map(|entry| match is_counter {
                true => entry.rate_unit(),
                false => entry.unit(),
            }),
            current: all.current,
            at,
            stale: window.is_stale(at),
            min: all.min,
            max: all.max,
            avg: all.avg,
            capacity: capacity.current,
            percent,
            accumulated: all.latest.filter(|_| is_counter),
            samples: u32::try_from(all.samples).unwrap_or(u32::MAX),
            metric,
        }
    }
}
