//! The PromQL of a family.
//!
//! A former name is joined series by series: one under it counts where none with the same labels has a later name. Rates
//! are joined, not samples, because a counter under a new name begins at zero. A histogram's buckets are taken as a
//! whole, since a later name may have others.

use std::borrow::Cow;

use super::description::FamilyKind;
use super::query::{Checked, FamilyStatistic, OverTime};
use crate::domain::duration::PromDuration;
use crate::domain::promql::{Grouping, RangeFunction};
use crate::domain::{Over, Pooling, Settings, Statistic, window};

/// The text of a query, and what it means.
pub(super) struct Expression {
    /// The query.
    pub(super) promql: String,
    /// The window that a point looks back over; none: it is the value at its instant.
    pub(super) window: Option<PromDuration>,
    /// True if it reads over the configuration's window.
    pub(super) uses_timewindow: bool,
    /// The pooling that is left to do with the answer.
    pub(super) pooling: Option<Pooling>,
    /// The doubt whether a statistic over time sees every sample.
    pub(super) doubt: Option<String>,
}

/// No number is less, and NaN, which is what nothing observed comes to, is no number.
const IS_NUMBER: &str = ">= -Inf";

impl Checked<'_> {
    /// Writes the query for points at a step.
    pub(super) fn write(&self, settings: &Settings, step: u32) -> Expression {
        let interval = settings.sample_interval.get();
        let configured = settings.timewindow.as_ref();
        let is_per_second = self.kind().is_per_second();
        let at_points = |write: &dyn Fn(&PromDuration) -> String| {
            let rate = configured.cloned();
            let rate = rate.unwrap_or_else(|| window::automatic(step, interval));
            Expression {
                promql: write(&rate),
                window: is_per_second.then_some(rate),
                uses_timewindow: is_per_second && configured.is_some(),
                pooling: None,
                doubt: None,
            }
        };
        let Some(over_time) = &self.query.over_time else {
            return at_points(&|rate| self.value(&self.groups(None), rate, interval));
        };
        let OverTime {
            statistic, window, ..
        } = *over_time;
        if let Over::Members(member) = &over_time.over {
            return at_points(&|rate| {
                let members = self.value(&self.groups(Some(member)), rate, interval);
                let (name, parameter) = statistic.over_members();
                self.groups(None).aggregate(name, parameter, members)
            });
        }
        let member = over_time.over.member();
        let seconds = window.unwrap_or(step);
        let window = PromDuration::from_seconds(u64::from(seconds));
        // Of a sum of rates, and of observations, the mean over time is that of the longer window.
        let is_mean_already = self.kind().is_histogram() || self.statistic == FamilyStatistic::Sum;
        if is_per_second && is_mean_already && statistic == Statistic::Avg && member.is_none() {
            let rate = match over_time.window {
                Some(_) => window,
                None => window::automatic(step, interval),
            };
            return Expression {
                promql: self.value(&self.groups(None), &rate, interval),
                window: Some(rate),
                uses_timewindow: false,
                pooling: None,
                doubt: None,
            };
        }
        let resolution = match member {
            Some(_) => window::pooled_resolution(seconds, interval),
            None => window::resolution(seconds, interval),
        };
        let rate = configured.cloned();
        let rate = rate.unwrap_or_else(|| window::automatic(resolution, interval));
        let value = self.value(&self.groups(member), &rate, interval);
        let is_own = |member: &&String| !self.query.group_by.contains(member);
        Expression {
            promql: match member {
                Some(_) => value,
                None => {
                    let subquery = window::subquery(seconds, resolution);
                    format!("{}({value}){subquery})", statistic.over_time())
                }
            },
            window: Some(window),
            uses_timewindow: is_per_second && configured.is_some(),
            pooling: member.map(|member| Pooling {
                statistic,
                member: Some(member).filter(is_own).cloned().map(Cow::Owned),
                window: seconds,
                resolution,
            }),
            doubt: window::doubt_of_resolution(
                resolution,
                interval,
                is_per_second.then_some(&rate),
            ),
        }
    }

    fn kind(&self) -> FamilyKind {
        self.query.family.kind
    }

    /// The labels to tell apart, and the members' if they are told apart as well.
    fn groups<'a>(&'a self, member: Option<&'a String>) -> Grouping<'a> {
        Grouping::by(self.told_apart(member))
    }

    fn told_apart<'a>(&'a self, member: Option<&'a String>) -> impl Iterator<Item = &'a str> {
        self.query.group_by.iter().chain(member).map(String::as_str)
    }

    /// The groups' values at an instant; what is read per second, over a window.
    fn value(&self, groups: &Grouping<'_>, rate: &PromDuration, interval: u32) -> String {
        let per_second = RangeFunction::rate(rate.clone());
        let observations = |suffix| groups.sum(self.read(suffix, Some(&per_second)));
        let histograms = || observations("");
        match (self.kind(), self.statistic) {
            (FamilyKind::Gauge | FamilyKind::Counter, statistic) => {
                let function = match self.kind().is_per_second() {
                    true => Some(per_second),
                    false => RangeFunction::level(interval),
                };
                let (name, parameter) = statistic.aggregation();
                groups.aggregate(name, parameter, self.read("", function.as_ref()))
            }
            (FamilyKind::Histogram, FamilyStatistic::Quantile(q)) => {
                let labels = self.query.group_by.iter().map(String::as_str);
                let buckets = Grouping::by(labels.chain(["le"]));
                let buckets = buckets.sum(self.buckets(&per_second));
                format!("histogram_quantile({q}, {buckets}) {IS_NUMBER}")
            }
            (FamilyKind::NativeHistogram, FamilyStatistic::Quantile(q)) => {
                format!("histogram_quantile({q}, {}) {IS_NUMBER}", histograms())
            }
            (FamilyKind::Histogram, FamilyStatistic::Rate) => observations("_count"),
            (FamilyKind::NativeHistogram, FamilyStatistic::Rate) => {
                format!("histogram_count({})", histograms())
            }
            (FamilyKind::Histogram, _) => {
                let (sum, count) = (observations("_sum"), observations("_count"));
                format!("{sum} / ({count} > 0)")
            }
            (FamilyKind::NativeHistogram, _) => {
                let all = histograms();
                format!("histogram_sum({all}) / (histogram_count({all}) > 0)")
            }
        }
    }

    /// The series of each name, read by a function.
    fn each<'a>(
        &'a self,
        suffix: &'a str,
        function: Option<&'a RangeFunction>,
    ) -> impl Iterator<Item = String> + 'a {
        self.query.family.names().map(move |name| {
            let selector = match self.matchers.is_empty() {
                true => format!("{name}{suffix}"),
                false => format!("{name}{suffix}{{{}}}", self.matchers),
            };
            match function {
                None => selector,
                Some(function) => function.of(&selector),
            }
        })
    }

    /// The series under the latest name that each has.
    fn read(&self, suffix: &str, function: Option<&RangeFunction>) -> String {
        self.each(suffix, function).collect::<Vec<_>>().join(" or ")
    }

    /// The buckets of each histogram under the latest name that it has.
    fn buckets(&self, per_second: &RangeFunction) -> String {
        let each: Vec<String> = self.each("_bucket", Some(per_second)).collect();
        let mut joined = Vec::new();
        for (place, name) in each.iter().enumerate() {
            let later = each.iter().take(place);
            let unless: String = later
                .map(|later| format!(" unless ignoring (le) {later}"))
                .collect();
            joined.push(match place {
                0 => name.clone(),
                _ => format!("({name}{unless})"),
            });
        }
        joined.join(" or ")
    }
}
