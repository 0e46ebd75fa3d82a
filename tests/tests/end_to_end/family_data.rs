//! The data of other exporters, and what has to be read from them: computed from the samples, without PromQL.

use std::collections::{BTreeMap, BTreeSet};

use metric_host::families::{Family, FamilyKind, FamilyStatistic};
use metric_testbed::oracle::{Reading, Semantics};
use metric_testbed::{Dataset, NAME, Series, Shape, exported, exported_histogram};

/// Seconds between two samples. They lie seven seconds off the points, so that no window ends at one.
pub(crate) const INTERVAL: i64 = 30;
/// Midnight, and two hours later.
pub(crate) fn start() -> i64 {
    Shape::fixed_start()
}
pub(crate) const LENGTH: i64 = 7200;

/// The metric's name, two tenants, and what is renamed in the middle.
pub(crate) const TENANTS: [&str; 2] = ["tenant-a", "tenant-b"];

fn times(from: i64, to: i64) -> Vec<i64> {
    let start = start() + 7;
    (from..to).map(|n| start + n * INTERVAL).collect()
}

/// All samples there are.
fn all_times() -> Vec<i64> {
    times(0, LENGTH / INTERVAL)
}

/// The observations before a sample: some values that differ from sample to sample, and nothing for a while.
fn observed(seed: i64) -> impl Fn(i64) -> Vec<f64> {
    move |time| {
        let number = (time - start()) / INTERVAL;
        if (100..140).contains(&number) {
            return Vec::new();
        }
        let count = (number * seed).rem_euclid(7);
        let value = |n: i64| ((number + n * seed).rem_euclid(97)) as f64 / 20.0;
        (0..count).map(value).collect()
    }
}

/// Levels that do not add up, counters with resets and gaps, histograms, and families that were renamed while they were
/// looked at.
pub(crate) fn dataset() -> Dataset {
    let mut all = Vec::new();
    let all_times = all_times();
    let middle = LENGTH / INTERVAL / 2;
    let at = |time: i64| (time - start()) as f64;
    for (room, sensor, base) in [("a", "s1", 20.0), ("a", "s2", 22.0), ("b", "s3", 30.0)] {
        let labels = [("room", room), ("sensor", sensor)];
        let value = |time| base + (at(time) / 500.0 + base).sin() * 5.0;
        // One is away for a quarter of an hour, and says now and then that it does not know.
        let whole: Vec<i64> = match sensor {
            "s2" => [times(0, 60), times(90, middle * 2)].concat(),
            _ => all_times.clone(),
        };
        all.push(exported(
            "room_temperature_celsius",
            &labels,
            &whole,
            |time| match (sensor, (time / INTERVAL) % 40) {
                ("s3", 0) => f64::NAN,
                _ => value(time),
            },
        ));
    }
    for (tenant, instance, speed) in [
        (TENANTS[0], "i1", 3.0),
        (TENANTS[0], "i2", 5.0),
        (TENANTS[1], "i3", 31_337.0),
    ] {
        let labels = [("instance", instance), ("owner_user_id", tenant)];
        all.push(exported(
            "app_requests_total",
            &labels,
            &all_times,
            |time| {
                let since = match (instance, time > start() + 3000) {
                    ("i2", true) => at(time) - 3000.0,
                    _ => at(time),
                };
                (since * speed + (since / 90.0).sin() * 40.0 + 50.0).floor()
            },
        ));
        let bounds = [0.1, 0.5, 1.0, 2.5, 5.0];
        all.extend(exported_histogram(
            "app_latency_seconds",
            &labels,
            &bounds,
            &all_times,
            observed(speed as i64),
        ));
    }
    let early = times(0, middle);
    let late = times(middle, middle * 2);
    // Renamed in the middle; under both names all along, of which the former must not count; and never renamed.
    for (instance, old, new) in [
        ("renamed", &early, &late),
        ("both", &all_times, &all_times),
        ("never", &all_times, &Vec::new()),
    ] {
        let labels = [("instance", instance)];
        let factor = |instance| if instance == "both" { 1000.0 } else { 1.0 };
        all.push(exported("cache_usage_old", &labels, old, |time| {
            at(time) * factor(instance)
        }));
        all.push(exported("cache_usage", &labels, new, |time| at(time) * 2.0));
        all.push(exported("jobs_old_total", &labels, old, |time| {
            at(time) * factor(instance)
        }));
        all.push(exported("jobs_total", &labels, new, |time| {
            at(time) - at(*new.first().unwrap_or(&0)) + 100.0
        }));
        all.extend(exported_histogram(
            "wait_old_seconds",
            &labels,
            &[0.3, 3.0],
            old,
            observed(11),
        ));
        all.extend(exported_histogram(
            "wait_seconds",
            &labels,
            &[0.1, 1.0, 4.0],
            new,
            observed(5),
        ));
    }
    let mut dataset = Dataset::generate(&Shape {
        to: start() + LENGTH,
        kernels: 4,
        ..Shape::four_hours()
    });
    for series in all
        .into_iter()
        .filter(|series| !series.timestamps.is_empty())
    {
        dataset.push(series);
    }
    dataset
}

/// The families of [`dataset`].
pub(crate) fn family(name: &str) -> Family {
    let (kind, former, intensive) = match name {
        "room_temperature_celsius" => (FamilyKind::Gauge, None, true),
        "app_requests_total" => (FamilyKind::Counter, None, false),
        "app_latency_seconds" => (FamilyKind::Histogram, None, false),
        "cache_usage" => (FamilyKind::Gauge, Some("cache_usage_old"), false),
        "jobs_total" => (FamilyKind::Counter, Some("jobs_old_total"), false),
        "wait_seconds" => (FamilyKind::Histogram, Some("wait_old_seconds"), false),
        other => panic!("{other}"),
    };
    let mut family = Family::new(name, kind);
    family.former_names = former.into_iter().map(str::to_owned).collect();
    family.intensive = intensive;
    family
}

/// Values at some instants, by the labels of their group.
pub(crate) type Groups = BTreeMap<Vec<(String, String)>, Vec<Option<f64>>>;

/// A question about a family.
pub(crate) struct Asked<'a> {
    pub(crate) family: &'a Family,
    pub(crate) statistic: FamilyStatistic,
    pub(crate) by: &'a [&'a str],
    /// Only series with this label.
    pub(crate) filter: Option<(&'a str, &'a str)>,
    /// Seconds that a rate looks back.
    pub(crate) window: i64,
}

/// The samples and how a release reads them.
pub(crate) struct Truth<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) semantics: Semantics,
}

impl Truth<'_> {
    /// Computes what Prometheus has to say at each instant.
    pub(crate) fn of(&self, asked: &Asked<'_>, instants: &[i64]) -> Groups {
        match (asked.family.kind, asked.statistic) {
            (FamilyKind::Gauge, _) => {
                let members = self.members(asked, "", Reading::Last(300), instants);
                aggregated(asked, asked.by, members, instants)
            }
            (FamilyKind::Counter, _) => {
                let members = self.members(asked, "", Reading::Rate(asked.window), instants);
                aggregated(asked, asked.by, members, instants)
            }
            (_, FamilyStatistic::Quantile(q)) => self.quantile(asked, q, instants),
            (_, FamilyStatistic::Rate) => self.summed(asked, "_count", asked.by, instants),
            _ => {
                let mut sums = self.summed(asked, "_sum", asked.by, instants);
                let counts = self.summed(asked, "_count", asked.by, instants);
                for (labels, sums) in &mut sums {
                    for (sum, count) in sums.iter_mut().zip(&counts[labels]) {
                        *sum = match (*sum, *count) {
                            (Some(sum), Some(count)) if count > 0.0 => Some(sum / count),
                            _ => None,
                        };
                    }
                }
                sums
            }
        }
    }

    /// Each series by its labels, under the latest name that it has at an instant; buckets of a histogram as a whole.
    fn members(
        &self,
        asked: &Asked<'_>,
        suffix: &str,
        reading: Reading,
        instants: &[i64],
    ) -> Groups {
        let names = std::iter::once(&asked.family.name).chain(&asked.family.former_names);
        let mut members = Groups::new();
        let mut taken: BTreeSet<(Vec<(String, String)>, usize)> = BTreeSet::new();
        for name in names {
            let name = format!("{name}{suffix}");
            let mut here = BTreeSet::new();
            for series in self.dataset.series() {
                if series.label(NAME) != Some(&name)
                    || asked
                        .filter
                        .is_some_and(|(label, value)| series.label(label) != Some(value))
                {
                    continue;
                }
                let member = labels_but(series, &[NAME, "le"]);
                let values = self.semantics.read(series, instants, reading);
                let column = members
                    .entry(labels_but(series, &[NAME]))
                    .or_insert_with(|| vec![None; instants.len()]);
                for (at, value) in values.into_iter().enumerate() {
                    if value.is_some() && !taken.contains(&(member.clone(), at)) {
                        column[at] = value;
                        here.insert((member.clone(), at));
                    }
                }
            }
            taken.extend(here);
        }
        members
    }

    fn summed(&self, asked: &Asked<'_>, suffix: &str, by: &[&str], instants: &[i64]) -> Groups {
        let members = self.members(asked, suffix, Reading::Rate(asked.window), instants);
        let sum = Asked {
            statistic: FamilyStatistic::Sum,
            ..*asked
        };
        aggregated(&sum, by, members, instants)
    }

    fn quantile(&self, asked: &Asked<'_>, q: f64, instants: &[i64]) -> Groups {
        let by: Vec<&str> = asked.by.iter().copied().chain(["le"]).collect();
        let mut histograms: BTreeMap<_, Buckets> = BTreeMap::new();
        for (labels, column) in self.summed(asked, "_bucket", &by, instants) {
            let (bound, group): (Vec<_>, Vec<_>) =
                labels.into_iter().partition(|(name, _)| name == "le");
            let bound = match bound[0].1.as_str() {
                "+Inf" => f64::INFINITY,
                text => text.parse().unwrap(),
            };
            histograms.entry(group).or_default().push((bound, column));
        }
        let of = |mut buckets: Buckets| {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            let at = |at: usize| {
                let there = buckets
                    .iter()
                    .filter_map(|(bound, column)| Some((*bound, column[at]?)));
                interpolated(q, &there.collect::<Vec<_>>())
            };
            (0..instants.len()).map(at).collect()
        };
        histograms
            .into_iter()
            .map(|(labels, buckets)| (labels, of(buckets)))
            .collect()
    }
}

/// The buckets of a histogram: the bound of each, and its column.
type Buckets = Vec<(f64, Vec<Option<f64>>)>;

/// Linearly within the bucket that holds the rank; above the highest bound it is that bound. None where nothing was
/// observed.
fn interpolated(q: f64, buckets: &[(f64, f64)]) -> Option<f64> {
    let (_, observations) = *buckets.last()?;
    if observations == 0.0 {
        return None;
    }
    let rank = q * observations;
    let finite = &buckets[..buckets.len() - 1];
    let Some(at) = finite.iter().position(|(_, count)| *count >= rank) else {
        return finite.last().map(|(bound, _)| *bound);
    };
    let (end, count) = finite[at];
    let (start, before) = match at {
        0 => (0.0, 0.0),
        at => finite[at - 1],
    };
    Some(start + (end - start) * ((rank - before) / (count - before)))
}

fn labels_but(series: &Series, names: &[&str]) -> Vec<(String, String)> {
    let mut labels = series.labels.clone();
    labels.retain(|(name, _)| !names.contains(&name.as_str()));
    labels.sort();
    labels
}

fn aggregated(asked: &Asked<'_>, by: &[&str], members: Groups, instants: &[i64]) -> Groups {
    let mut groups: BTreeMap<_, Vec<Vec<f64>>> = BTreeMap::new();
    for (mut labels, column) in members {
        labels.retain(|(name, _)| by.contains(&name.as_str()));
        let values = groups
            .entry(labels)
            .or_insert_with(|| vec![Vec::new(); instants.len()]);
        for (values, value) in values.iter_mut().zip(column) {
            values.extend(value);
        }
    }
    let one = |values: Vec<f64>| {
        let numbers = || values.iter().copied().filter(|value| !value.is_nan());
        (!values.is_empty()).then(|| match asked.statistic {
            FamilyStatistic::Sum | FamilyStatistic::Rate => values.iter().sum(),
            FamilyStatistic::Avg => values.iter().sum::<f64>() / values.len() as f64,
            FamilyStatistic::Max => numbers().reduce(f64::max).unwrap_or(f64::NAN),
            FamilyStatistic::Min => numbers().reduce(f64::min).unwrap_or(f64::NAN),
            FamilyStatistic::Quantile(q) => {
                let mut sorted = values.clone();
                sorted.sort_by(|one, other| {
                    other.is_nan().cmp(&one.is_nan()).then(one.total_cmp(other))
                });
                let rank = q * (sorted.len() - 1) as f64;
                let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
                let weight = rank - rank.floor();
                low * (1.0 - weight) + high * weight
            }
        })
    };
    groups
        .into_iter()
        .map(|(labels, columns)| (labels, columns.into_iter().map(one).collect()))
        .collect()
}
