//! Answers questions: reads the members, sums them to groups, and takes the statistic of a group's values.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::dataset::{Dataset, Series};
use crate::oracle::question::{METRIC, VALUE_TYPE};
use crate::oracle::read::{Reading, Samples};
use crate::oracle::{Grid, Over, Pointwise, Question, Semantics, Statistic, ValueType};

/// The labels of a series or a group, sorted by name.
type Labels = Vec<(String, String)>;
/// A value at each of some instants; none where there is none.
type Column = Vec<Option<f64>>;
/// Groups in Prometheus's order, which is that of their labels.
type Groups = BTreeMap<Labels, Column>;

/// Answers questions about a data set.
#[derive(Debug)]
pub struct Oracle<'a> {
    semantics: Semantics,
    /// By metric.
    series: HashMap<&'a str, Vec<&'a Series>>,
}

impl<'a> Oracle<'a> {
    /// One that knows all samples, and answers by the rules of a release.
    #[must_use]
    pub fn new(dataset: &'a Dataset, semantics: Semantics) -> Self {
        let mut series: HashMap<_, Vec<_>> = HashMap::new();
        for one in dataset.series() {
            let metric = one.label(METRIC).unwrap_or_default();
            series.entry(metric).or_default().push(one);
        }
        Self { semantics, series }
    }

    /// The right answer, in Prometheus's order. A series without a point is left out.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Vec<Series> {
        self.answer_at(question, question.grid())
    }

    /// The right values at other instants than those that are right: to tell wrong values from wrong instants.
    #[must_use]
    pub fn answer_at(&self, question: &Question, grid: Grid) -> Vec<Series> {
        let points: Vec<i64> = grid.instants().collect();
        let groups = match &question.pointwise {
            None => self.values(question, &question.groups(), &points, plain(question)),
            Some(pointwise) => self.statistic(question, pointwise, &points),
        };
        groups
            .into_iter()
            .filter_map(|(labels, column)| series_of(labels, &points, &column))
            .collect()
    }

    fn statistic(&self, question: &Question, pointwise: &Pointwise, points: &[i64]) -> Groups {
        let statistic = pointwise.statistic;
        let is_gauge = !question.is_rate() && question.value_type != Some(ValueType::Pct);
        let groups = question.groups();
        match &pointwise.over {
            // The mean of a rate is the rate over the longer window.
            Over::Time if question.is_rate() && statistic == Statistic::Avg => {
                self.values(question, &groups, points, Reading::Rate(pointwise.window))
            }
            // If a group is one series its samples are all that there is to know.
            Over::Time if question.has_single_groups() && is_gauge => {
                self.of_samples(question, &groups, points, pointwise)
            }
            Over::Time => {
                let looks = Looks::over(points, pointwise, question.sample_interval);
                let values = self.values(question, &groups, &looks.instants, inner(question));
                looks.pooled(values, &groups, statistic)
            }
            Over::Members(member) => {
                let looks = Looks::at(points);
                let members = with(&groups, member);
                let values = self.values(question, &members, &looks.instants, plain(question));
                looks.pooled(values, &groups, statistic)
            }
            Over::Both(member) => {
                let looks = Looks::over(points, pointwise, question.sample_interval);
                let members = with(&groups, member);
                let values = self.values(question, &members, &looks.instants, inner(question));
                looks.pooled(values, &groups, statistic)
            }
        }
    }

    /// The value of each group at each instant.
    fn values(
        &self,
        question: &Question,
        groups: &[&str],
        instants: &[i64],
        reading: Reading,
    ) -> Groups {
        let read = |series| self.semantics.read(series, instants, reading);
        if question.value_type != Some(ValueType::Pct) {
            return summed(self.matching(question, question.value_type), groups, read);
        }
        let used = self.matching(question, Some(ValueType::Current));
        if question.is_rate() {
            // Milliseconds a second, in percent of one core.
            let percent = |series| -> Column {
                let rates = read(series).into_iter();
                rates.map(|rate| Some(rate? / 10.0)).collect()
            };
            return summed(used, groups, percent);
        }
        let capacities: HashMap<Labels, &Series> = self
            .matching(question, Some(ValueType::Capacity))
            .map(|series| (without_side(series), series))
            .collect();
        let mut sums = (Groups::new(), Groups::new());
        for current in used {
            // A member without capacity has no part in it.
            let Some(capacity) = capacities.get(&without_side(current)) else {
                continue;
            };
            let (current_values, capacities) = only_both(read(current), read(capacity));
            let group = group_of(&current.labels, groups);
            add(&mut sums.0, group.clone(), current_values);
            add(&mut sums.1, group, capacities);
        }
        quotient(sums.0, &sums.1)
    }

    /// The statistic of each series' samples in the window before each point, summed to groups.
    fn of_samples(
        &self,
        question: &Question,
        groups: &[&str],
        points: &[i64],
        pointwise: &Pointwise,
    ) -> Groups {
        let read = |series| {
            let mut samples = Samples::of(series, self.semantics);
            let mut value = |point: &i64| {
                let (_, values) = samples.within(*point, pointwise.window);
                pointwise.statistic.of(values)
            };
            points.iter().map(&mut value).collect()
        };
        summed(self.matching(question, question.value_type), groups, read)
    }

    /// The series of the metric and of one side, or of all, that pass the filters.
    fn matching<'q>(
        &self,
        question: &'q Question,
        side: Option<ValueType>,
    ) -> impl Iterator<Item = &'a Series> + use<'_, 'a, 'q> {
        let is_side = move |series: &Series| {
            side.is_none_or(|side| series.label(VALUE_TYPE) == Some(side.label()))
        };
        let passes = move |series: &Series| {
            question.filters.iter().all(|(label, values)| {
                let value = series.label(label).unwrap_or_default();
                values.iter().any(|one| one == value)
            })
        };
        self.series
            .get(question.metric.as_str())
            .into_iter()
            .flatten()
            .copied()
            .filter(move |series| is_side(series) && passes(series))
    }
}

/// The reading of a point that is a value at an instant.
fn plain(question: &Question) -> Reading {
    if question.is_rate() {
        Reading::Rate(question.rate_window())
    } else {
        Reading::Last(question.lookback())
    }
}

/// The reading of the values that a statistic over time is taken of.
fn inner(question: &Question) -> Reading {
    if question.is_rate() {
        Reading::Rate(question.inner_rate_window())
    } else {
        Reading::Last(question.lookback())
    }
}

/// The instants at which groups are looked at, and those of them that belong to each point.
struct Looks {
    instants: Vec<i64>,
    of_points: Vec<Range<usize>>,
}

impl Looks {
    /// Once for each point, at its instant.
    fn at(points: &[i64]) -> Self {
        Self {
            instants: points.to_vec(),
            of_points: (0..points.len()).map(|index| index..index + 1).collect(),
        }
    }

    /// At the multiples of the resolution within the window before each point, which may be other points' as well.
    fn over(points: &[i64], pointwise: &Pointwise, sample_interval: i64) -> Self {
        let resolution = pointwise.resolution(sample_interval);
        let multiples = |point: i64| {
            (point - pointwise.window).div_euclid(resolution) + 1..=point.div_euclid(resolution)
        };
        let numbers: BTreeSet<i64> = points.iter().flat_map(|point| multiples(*point)).collect();
        let instants: Vec<i64> = numbers.iter().map(|number| number * resolution).collect();
        let index = |time: i64| instants.partition_point(|instant| *instant <= time);
        Self {
            of_points: points
                .iter()
                .map(|point| index(point - pointwise.window)..index(*point))
                .collect(),
            instants,
        }
    }

    /// The statistic of all values that a group's members had when it was looked at.
    fn pooled(&self, members: Groups, groups: &[&str], statistic: Statistic) -> Groups {
        let mut pools: BTreeMap<Labels, Vec<Column>> = BTreeMap::new();
        for (labels, column) in members {
            let group = group_of(&labels, groups);
            pools.entry(group).or_default().push(column);
        }
        let point = |columns: &[Column], looks: &Range<usize>| {
            let values: Vec<f64> = columns
                .iter()
                .filter_map(|column| column.get(looks.clone()))
                .flatten()
                .copied()
                .flatten()
                .collect();
            statistic.of(&values)
        };
        let column = |columns: Vec<Column>| {
            let points = self.of_points.iter();
            points.map(|looks| point(&columns, looks)).collect()
        };
        pools
            .into_iter()
            .map(|(group, columns)| (group, column(columns)))
            .collect()
    }
}

/// The sums of what is read of each series, group by group.
fn summed<'a>(
    series: impl Iterator<Item = &'a Series>,
    groups: &[&str],
    read: impl Fn(&'a Series) -> Column,
) -> Groups {
    let mut sums = Groups::new();
    for one in series {
        add(&mut sums, group_of(&one.labels, groups), read(one));
    }
    sums
}

/// Adds where there is something; a group has a value where any member has.
fn add(sums: &mut Groups, group: Labels, column: Column) {
    match sums.entry(group) {
        Entry::Vacant(vacant) => {
            vacant.insert(column);
        }
        Entry::Occupied(mut sum) => {
            for (sum, value) in sum.get_mut().iter_mut().zip(column) {
                *sum = match (*sum, value) {
                    (Some(one), Some(other)) => Some(one + other),
                    (one, other) => one.or(other),
                };
            }
        }
    }
}

/// Both columns, without what is in only one of them or has no capacity.
fn only_both(current: Column, capacity: Column) -> (Column, Column) {
    let both = |(current, capacity): (Option<f64>, Option<f64>)| match (current, capacity) {
        (Some(current), Some(capacity)) if capacity > 0.0 => (Some(current), Some(capacity)),
        _ => (None, None),
    };
    current.into_iter().zip(capacity).map(both).unzip()
}

/// In percent.
fn quotient(mut used: Groups, capacities: &Groups) -> Groups {
    for (group, column) in &mut used {
        let capacities = capacities.get(group).into_iter().flatten();
        for (value, capacity) in column.iter_mut().zip(capacities) {
            *value = value
                .zip(*capacity)
                .map(|(used, capacity)| 100.0 * used / capacity);
        }
    }
    used
}

/// The labels that a group has of those that tell groups apart: an absent one is as an empty one.
fn group_of(labels: &[(String, String)], groups: &[&str]) -> Labels {
    let mut group: Labels = labels
        .iter()
        .filter(|(name, value)| groups.contains(&name.as_str()) && !value.is_empty())
        .cloned()
        .collect();
    group.sort();
    group
}

/// Groups that are told apart by one label more.
fn with<'q>(groups: &[&'q str], label: &'q str) -> Vec<&'q str> {
    groups.iter().copied().chain([label]).collect()
}

/// All labels but the one in which a member's two sides differ.
fn without_side(series: &Series) -> Labels {
    let mut labels = series.labels.clone();
    labels.retain(|(name, _)| name != VALUE_TYPE);
    labels.sort();
    labels
}

fn series_of(labels: Labels, points: &[i64], column: &Column) -> Option<Series> {
    let (timestamps, values): (Vec<i64>, Vec<f64>) = points
        .iter()
        .zip(column)
        .filter_map(|(point, value)| Some((*point, (*value)?)))
        .unzip();
    (!values.is_empty()).then_some(Series {
        labels,
        timestamps,
        values,
    })
}
