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
    /// The kernel; none: the subject is one.
    pub kernel: Option<String>,
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

impl Sampled {
    fn kernel(&self) -> &str {
        self.kernel.as_ref().unwrap_or(&self.id)
    }
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

/// The kernels that make an answer doubtful.
#[derive(Default)]
struct Doubts {
    /// Those with several series of one metric at a time.
    doubled: BTreeSet<String>,
    /// The number of those that are in no percentage of a metric, by the metric.
    left_out: BTreeMap<String, usize>,
}

/// The place of a series among all: by the subject, in the order in which these were asked for, then by the metric and by
/// the kernel, each in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    subject: usize,
    metric: usize,
    kernel: usize,
    side: Side,
    /// Its number as it came.
    number: usize,
}

/// The samples of all series, in the order in which they came.
struct All(Vec<Sampled>);

impl All {
    fn of(&self, place: &Place) -> Option<&Sampled> {
        self.0.get(place.number)
    }

    fn take(&mut self, place: &Place) -> Option<Samples> {
        let sampled = self.0.get_mut(place.number)?;
        Some(Samples {
            times: std::mem::take(&mut sampled.times),
            values: std::mem::take(&mut sampled.values),
        })
    }

    /// The places of those of the subjects, in order.
    fn places(&self, subjects: &[String]) -> Vec<Place> {
        let subjects: BTreeMap<_, usize> = subjects.iter().map(|id| quick(id)).zip(0..).collect();
        let metrics = ranks(self.0.iter().map(|sampled| &sampled.metric));
        let kernels = ranks(self.0.iter().map(|sampled| &sampled.kernel));
        let mut places: Vec<Place> = self
            .0
            .iter()
            .zip(metrics.into_iter().zip(kernels))
            .enumerate()
            .filter_map(|(number, (sampled, (metric, kernel)))| {
                Some(Place {
                    subject: *subjects.get(&quick(&sampled.id))?,
                    metric,
                    kernel,
                    side: sampled.side,
                    number,
                })
            })
            .collect();
        places.sort_unstable();
        places
    }
}

/// A text that is mostly told from others by its first eight bytes, which are compared as one number.
fn quick(text: &str) -> (u64, &str) {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(text.as_bytes()) {
        *to = *from;
    }
    (u64::from_le_bytes(first), text)
}

/// The rank of each name among all of them: comparing these takes less time than comparing the names again and again.
fn ranks<T: Ord + Copy>(names: impl Iterator<Item = T>) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    let mut numbers = Vec::new();
    let mut last = None;
    for name in names {
        // A server sends those of a metric together.
        let number = match last {
            Some((before, number)) if before == name => number,
            _ => {
                let next = seen.len();
                *seen.entry(name).or_insert(next)
            }
        };
        numbers.push(number);
        last = Some((name, number));
    }
    let mut ranks = vec![0; seen.len()];
    for (rank, number) in seen.into_values().enumerate() {
        if let Some(place) = ranks.get_mut(number) {
            *place = rank;
        }
    }
    let rank = |number: usize| ranks.get(number).copied();
    numbers.into_iter().filter_map(rank).collect()
}

/// The catalogue's entry of each metric, by its rank.
type Entries = BTreeMap<usize, Option<CatalogueEntry>>;

impl LiveQuery {
    /// Computes the stats of each subject from the samples.
    pub fn answer(&self, series: impl IntoIterator<Item = Sampled>) -> LiveAnswer {
        let mut left_out = 0;
        let within = |sampled| self.within(sampled, &mut left_out);
        let mut all = All(series.into_iter().filter_map(within).collect());
        let places = all.places(&self.ids);
        let mut subjects = places.chunk_by(|a, b| a.subject == b.subject).peekable();
        let mut answer = LiveAnswer::default();
        let mut entries = Entries::new();
        let mut doubts = Doubts::default();
        for (number, id) in self.ids.iter().enumerate() {
            let is_next = |places: &&[Place]| places.first().is_some_and(|it| it.subject == number);
            match subjects.next_if(is_next) {
                None => answer.missing.push(id.clone()),
                Some(places) => answer.subjects.push(SubjectStats {
                    id: id.clone(),
                    agent_id: agent(places, &all),
                    stats: places
                        .chunk_by(|a, b| a.metric == b.metric)
                        .filter_map(|places| self.stat(places, &mut all, &mut entries, &mut doubts))
                        .collect(),
                }),
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

    /// The samples after the window's beginning, where there are any: servers differ on whether that itself is in it.
    fn within(&self, sampled: Sampled, left_out: &mut usize) -> Option<Sampled> {
        let is_within = |time: i64| time > self.from && time <= self.at;
        let mut sampled = sampled;
        let Sampled { times, values, .. } = &mut sampled;
        if !times.iter().all(|&time| is_within(time)) || !values.iter().all(|v| v.is_finite()) {
            (*times, *values) = times
                .iter()
                .zip(values.iter())
                .filter(|&(&time, value)| {
                    let counts = is_within(time);
                    *left_out += usize::from(counts && !value.is_finite());
                    counts && value.is_finite()
                })
                .unzip();
        }
        (!sampled.times.is_empty()).then_some(sampled)
    }

    fn stat(
        &self,
        places: &[Place],
        series: &mut All,
        entries: &mut Entries,
        doubts: &mut Doubts,
    ) -> Option<LiveStat> {
        let first = places.first()?;
        let metric = series.of(first)?.metric.clone();
        let entry = entries
            .entry(first.metric)
            .or_insert_with(|| CatalogueEntry::of(&metric));
        let is_counter = entry.as_ref().is_some_and(|entry| entry.cumulative);
        let window = self.window();
        let (mut used, mut available, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for kernel in places.chunk_by(|a, b| a.kernel == b.kernel) {
            let mut tracks = |side, is_counter| -> Vec<Track> {
                let of_side = kernel.iter().filter(|place| place.side == side);
                let chains = chained(of_side.filter_map(|place| series.take(place)).collect());
                if chains.len() > 1 {
                    doubts.doubled.extend(
                        kernel
                            .first()
                            .and_then(|place| series.of(place))
                            .map(Sampled::kernel)
                            .map(str::to_owned),
                    );
                }
                let track = |samples| Track::new(samples, is_counter, &window);
                chains.into_iter().filter_map(track).collect()
            };
            let current = tracks(Side::Current, is_counter);
            let capacity = tracks(Side::Capacity, false);
            let both = [&current, &capacity].map(|tracks| Together::new(tracks, &window));
            pairs.push(both);
            // Of a single kernel they are there already.
            if places.len() > kernel.len() {
                used.extend(current);
                available.extend(capacity);
            }
        }
        let [all, capacity] = match *pairs {
            [only] => only,
            _ => [&used, &available].map(|tracks| Together::new(tracks, &window)),
        };
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
        Some(LiveStat {
            unit: entry.as_ref().map(|entry| match is_counter {
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
        })
    }
}

/// The agent that all of a subject runs on.
fn agent(places: &[Place], all: &All) -> Option<String> {
    let mut agents = places
        .iter()
        .filter_map(|place| all.of(place))
        .map(|it| &it.agent);
    let first = agents.next()?;
    agents.all(|other| other == first).then(|| first.clone())?
}
