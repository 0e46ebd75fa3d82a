//! The PromQL of a query: how its samples are read, summed up to groups, and made into what a point stands for.
//!
//! V is a group's value at an instant: `sum by (G)(M{L})`, or of what is read per second `sum by (G)(rate(M{L}[w]))`. A
//! statistic over time is one of V, `max_over_time((V)[W:R])`, never a sum of the members' statistics: twelve kernels of
//! 4 GiB, one after another, never hold 48. Where each group is surely one series, the statistic of its samples is the
//! same for a third of the price.

use std::borrow::Cow;

use super::duration::PromDuration;
use super::label::{Dimension, LabelFilter, LabelSchema};
use super::metric::{MetricType, ValueType, detect_metric_type};
use super::plan::MetricQuery;
use super::pointwise::{Over, Pointwise, Statistic};
use super::promql::{Grouping, MetricNames, RangeFunction, Selector};
use super::settings::Settings;
use super::window;

/// The label by which a percentage says how many members it leaves out, on a series of its own.
pub(super) const LEFT_OUT: &str = "left_out";
/// Seconds that are looked back for a counter's last sample, in every step: few scrapes fail for longer.
const MISSED: u32 = 3600;
/// The same in steps in which counters are not known from there: an agent may have been out of reach for a day. More
/// would be read for each kernel that begins.
const MISSED_LONG: u32 = 24 * 3600;

/// Writes the last samples of counters before the last so many seconds, looked for that far back.
fn before(counters: &Selector, seconds: u32, missed: u32) -> String {
    let [seconds, missed] =
        [seconds, missed].map(|seconds| PromDuration::from_seconds(u64::from(seconds)));
    let last = RangeFunction::statistic(Statistic::Last, missed).ago(seconds);
    counters.read(Some(&last))
}

/// Writes a count as a series of this label.
fn counted(count: &str, label: &str) -> String {
    format!(r#"label_replace({count}, "{label}", "counters", "", "")"#)
}

/// The text of a query, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    /// The query.
    pub promql: String,
    /// The window that a point looks back over; none: it is the value at its instant.
    pub window: Option<PromDuration>,
    /// The function of its samples, where the query is a plain sum of one selector.
    pub plain: Option<Option<RangeFunction>>,
    /// The pooling that is left to do with the answer.
    pub pooling: Option<Pooling>,
    /// The doubt whether a statistic over time sees every sample.
    pub doubt: Option<String>,
}

/// All values of all members within a window, made into one: done here, with the members' values.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooling {
    /// The statistic that makes one of many values.
    pub statistic: Statistic,
    /// The label that tells the members apart; none: it tells the groups apart as well.
    pub member: Option<Cow<'static, str>>,
    /// Seconds that a point looks back.
    pub window: u32,
    /// Seconds between two values of a member.
    pub resolution: u32,
}

/// The reading of a query under a configuration, detected once: of which type the metric is, and the series.
pub(super) struct Reading<'a> {
    pub(super) settings: &'a Settings,
    pub(super) query: &'a MetricQuery,
    /// As the series carry it.
    value_type: Option<ValueType>,
    /// The reading of the samples; of a percentage, that of its current value.
    metric_type: MetricType,
    /// The type that the answer names: of a percentage that of its own value type.
    named_type: MetricType,
    /// The groups of which a percentage says how many members it leaves out; none: of all together.
    left_out_by: Option<Dimension>,
}

impl<'a> Reading<'a> {
    /// Detects how a query is read.
    pub(super) fn new(settings: &'a Settings, query: &'a MetricQuery) -> Self {
        let value_type = query
            .labels
            .value_type
            .map(|value_type| settings.label_schema.stored(value_type));
        let detected = |value_type| {
            query
                .metric_type
                .unwrap_or_else(|| detect_metric_type(&query.metric_name, value_type))
        };
        let named_type = detected(value_type);
        let metric_type = match value_type {
            Some(ValueType::Pct) => detected(Some(ValueType::Current)),
            _ => named_type,
        };
        Self {
            settings,
            query,
            value_type,
            metric_type,
            named_type,
            left_out_by: None,
        }
    }

    /// The same with the members that are in no group counted for each value of a dimension.
    pub(super) fn with_left_out_by(self, dimension: Dimension) -> Self {
        Self {
            left_out_by: Some(dimension),
            ..self
        }
    }

    /// The value type that the series carry.
    pub(super) fn value_type(&self) -> Option<ValueType> {
        self.value_type
    }

    /// Returns true if samples are read as an increase per second.
    pub(super) fn is_per_second(&self) -> bool {
        self.metric_type.is_per_second()
    }

    /// The type that the answer names: of a percentage that of its own value type.
    pub(super) fn named_type(&self) -> MetricType {
        self.named_type
    }

    /// The dimensions to tell apart: those asked for, else those that are filtered on.
    pub(super) fn kept(&self) -> impl Iterator<Item = Dimension> {
        let query = self.query;
        let filtered_on = query
            .group_by
            .is_empty()
            .then(|| query.labels.identifiers().map(|(dimension, _)| dimension));
        let asked_for = query.group_by.iter().copied();
        asked_for.chain(filtered_on.into_iter().flatten())
    }

    /// Returns true if a point stands for time before it.
    pub(super) fn looks_back(&self) -> bool {
        self.is_per_second()
            || self
                .query
                .pointwise
                .is_some_and(|pointwise| pointwise.looks_back())
    }

    /// Returns true if members may be in no group: those without capacity, or without a current value.
    pub(super) fn counts_left_out(&self) -> bool {
        self.value_type == Some(ValueType::Pct) && !self.is_of_cores()
    }

    /// Returns true if rates are read over the configuration's window.
    pub(super) fn uses_timewindow(&self) -> bool {
        let widened = matches!(
            self.query.pointwise,
            Some(Pointwise {
                statistic: Statistic::Avg,
                over: Over::Time,
                window: Some(_),
            })
        );
        self.is_per_second() && self.settings.timewindow.is_some() && !widened
    }

    /// Writes the query for points at a step.
    pub(super) fn write(&self, step: u32) -> Expression {
        let groups = self.grouping(None);
        let interval = self.settings.sample_interval.get();
        // Of rates that are so many seconds apart.
        let rate_window = |apart| match &self.settings.timewindow {
            Some(window) => window.clone(),
            None => window::automatic(apart, interval),
        };
        let Some(pointwise) = self.query.pointwise else {
            let rate = rate_window(step);
            let plain = Some(self.range_function(self.metric_type, &rate));
            return Expression {
                promql: self.with_left_out(self.value(&groups, &rate), &rate, None),
                window: self.is_per_second().then_some(rate),
                plain: plain.filter(|_| self.value_type != Some(ValueType::Pct)),
                pooling: None,
                doubt: None,
            };
        };
        let statistic = pointwise.statistic;
        let seconds = pointwise.window.unwrap_or(step);
        let window = PromDuration::from_seconds(u64::from(seconds));
        let doubt = |resolution, rate: &PromDuration| {
            let rate = self.is_per_second().then_some(rate);
            window::doubt_of_resolution(resolution, interval, rate)
        };
        match pointwise.over {
            // A rate is a mean already: over a longer window it is that of a longer time.
            Over::Time if self.is_per_second() && statistic == Statistic::Avg => {
                let rate = pointwise
                    .window
                    .map_or_else(|| rate_window(step), |_| window);
                Expression {
                    promql: self.with_left_out(self.value(&groups, &rate), &rate, None),
                    plain: (self.value_type != Some(ValueType::Pct))
                        .then(|| Some(RangeFunction::rate(rate.clone()))),
                    window: Some(rate),
                    pooling: None,
                    doubt: None,
                }
            }
            Over::Time if self.is_one_series() => {
                let function = RangeFunction::statistic(statistic, window.clone());
                let selector = self.selector(self.value_type);
                Expression {
                    promql: groups.sum(selector.read(Some(&function))),
                    window: Some(window),
                    plain: Some(Some(function)),
                    pooling: None,
                    doubt: None,
                }
            }
            Over::Time => {
                let resolution = window::resolution(seconds, interval);
                let rate = rate_window(resolution);
                let subquery = window::subquery(seconds, resolution);
                let value = self.value(&groups, &rate);
                let promql = format!("{}({value}){subquery})", statistic.over_time());
                Expression {
                    promql: self.with_left_out(promql, &rate, Some(&subquery)),
                    window: Some(window),
                    plain: None,
                    pooling: None,
                    doubt: None,
                }
            }
            Over::Members(dimension) => {
                let rate = rate_window(step);
                let members = self.value(&self.grouping(Some(dimension)), &rate);
                let (name, parameter) = statistic.over_members();
                let promql = groups.aggregate(name, parameter, members);
                Expression {
                    promql: self.with_left_out(promql, &rate, None),
                    window: self.is_per_second().then_some(rate),
                    plain: None,
                    pooling: None,
                    doubt: None,
                }
            }
            Over::Both(dimension) => {
                let resolution = window::pooled_resolution(seconds, interval);
                let rate = rate_window(resolution);
                let members = self.value(&self.grouping(Some(dimension)), &rate);
                Expression {
                    promql: self.with_left_out(members, &rate, None),
                    window: Some(window),
                    plain: None,
                    doubt: doubt(resolution, &rate),
                    pooling: Some(Pooling {
                        statistic,
                        member: self
                            .kept()
                            .all(|kept| kept != dimension)
                            .then(|| self.schema().label(dimension).into()),
                        window: seconds,
                        resolution,
                    }),
                }
            }
        }
    }

    /// Writes what the counters of each group grew by within the step before a point, and, on a series of each of these
    /// labels, how many of them were reset, and how many have a first sample there. A counter's last sample is held
    /// against its last one before; without one, or after a reset, it began at zero.
    pub(super) fn write_growth(&self, step: u32, [resets, firsts]: [&str; 2]) -> String {
        let interval = self.settings.sample_interval.get();
        let around = PromDuration::from_seconds(u64::from(step) + 4 * u64::from(interval));
        let resets_of = self.counters().read(Some(&RangeFunction::resets(around)));
        let last = self.last_sample(step);
        let before = before(&self.counters(), step, step.max(MISSED));
        let grown = self
            .grouping(None)
            .sum(format_args!("{last} - {before} >= 0 or {last}"));
        let resets = counted(&format!("sum({resets_of} > 0)"), resets);
        let firsts = counted(&format!("count({last} unless {before})"), firsts);
        format!("{grown} or {resets} or {firsts}")
    }

    /// Writes the same where counters have a first sample: held against their last one of a longer time. Where there is
    /// none, it began at zero if any counter of the metric was there before; otherwise it cannot be told from one that
    /// had long been there, so that what it grew by since its first sample counts, and a series of this label says of how
    /// many that is so.
    pub(super) fn write_growth_of_firsts(&self, step: u32, unknown: &str) -> String {
        let (last, least) = (self.last_sample(step), self.least_sample(step));
        let before = before(&self.counters(), step, step.max(MISSED_LONG));
        let known = self.known_before(step);
        let grown = self.grouping(None).sum(format_args!(
            "{last} - {before} >= 0 or {last} and on() ({known}) or {last} - {least}"
        ));
        let unknown = counted(&format!("(count({last}) unless on() ({known}))"), unknown);
        format!("{grown} or {unknown}")
    }

    /// Writes the same where counters were reset: with what each had counted whenever it fell, in a look every so many
    /// seconds. The looks divide the step and are no further apart than samples, so that they see every sample, and what
    /// is seen in one step is seen in no other.
    pub(super) fn write_growth_over_resets(&self, step: u32, look: u32) -> String {
        let counters = self.counters();
        let last = self.last_sample(step);
        let last_before = before(&counters, step, step.max(MISSED_LONG));
        let seen_before = before(&counters, look, step.max(MISSED));
        let fallen = format!(
            "sum_over_time(({seen_before} > {}){})",
            counters.read(None),
            window::subquery(step, look)
        );
        let (known, least) = (self.known_before(step), self.least_sample(step));
        self.grouping(None).sum(format_args!(
            "{last} - {last_before} + {fallen} >= 0 or {last} - {last_before} >= 0 or ({last} + {fallen} or {last}) and on() ({known}) or {last} - {least}"
        ))
    }

    /// Something where there were data before a step: of the metric, whoever was filtered on, or of these in a longer time.
    fn known_before(&self, step: u32) -> String {
        let name = MetricNames::One(&self.query.metric_name);
        let all = Selector::new(
            self.schema(),
            name,
            self.value_type,
            &LabelFilter::default(),
        );
        let [all, own] = [(all, MISSED), (self.counters(), MISSED_LONG)]
            .map(|(counters, missed)| before(&counters, step, step.max(missed)));
        format!("{all} or {own}")
    }

    fn counters(&self) -> Selector {
        self.selector(self.value_type)
    }

    /// The least samples of the counters within the step before a point: the first, but for a reset.
    fn least_sample(&self, step: u32) -> String {
        let window = PromDuration::from_seconds(u64::from(step));
        let least = RangeFunction::statistic(Statistic::Min, window);
        self.counters().read(Some(&least))
    }

    /// The counters' last samples within the step before a point.
    fn last_sample(&self, step: u32) -> String {
        let window = PromDuration::from_seconds(u64::from(step));
        let last = RangeFunction::statistic(Statistic::Last, window);
        self.counters().read(Some(&last))
    }

    /// The selectors of the samples that it reads.
    pub(super) fn selectors(&self) -> Vec<String> {
        let sides: &[_] = match self.value_type {
            Some(ValueType::Pct) if self.is_of_cores() => &[Some(ValueType::Current)],
            Some(ValueType::Pct) => &[Some(ValueType::Current), Some(ValueType::Capacity)],
            value_type => &[value_type],
        };
        let selector = |side: &Option<ValueType>| self.selector(*side).read(None);
        sides.iter().map(selector).collect()
    }

    fn schema(&self) -> LabelSchema {
        self.settings.label_schema
    }

    /// The labels to group by, and the label of the members if they are told apart as well. Of a percentage not the
    /// value type: its two value types differ in it.
    fn grouping(&self, members: Option<Dimension>) -> Grouping<'static> {
        let is_pct = self.value_type == Some(ValueType::Pct);
        let dimensions = self
            .kept()
            .chain(members)
            .chain([Dimension::ValueType])
            .filter(|&dimension| !(is_pct && dimension == Dimension::ValueType));
        Grouping::new(self.schema(), dimensions)
    }

    fn selector(&self, value_type: Option<ValueType>) -> Selector {
        let name = MetricNames::One(&self.query.metric_name);
        Selector::new(self.schema(), name, value_type, &self.query.labels)
    }

    /// Returns true if each group is surely one series: that of one kernel. A percentage is of two.
    fn is_one_series(&self) -> bool {
        self.value_type != Some(ValueType::Pct)
            && !self.is_per_second()
            && (self.query.labels.kernel_id.len() == 1
                || self
                    .kept()
                    .any(|dimension| dimension == Dimension::KernelId))
    }

    /// The function that turns samples of a type into their value at an instant. Levels that are sampled further apart
    /// than Prometheus looks back are looked for over two intervals.
    fn range_function(
        &self,
        metric_type: MetricType,
        rate: &PromDuration,
    ) -> Option<RangeFunction> {
        let interval = self.settings.sample_interval.get();
        match metric_type.is_per_second() {
            true => Some(RangeFunction::rate(rate.clone())),
            false => RangeFunction::level(interval),
        }
    }

    /// The members' values at an instant.
    fn members(
        &self,
        value_type: Option<ValueType>,
        metric_type: MetricType,
        rate: &PromDuration,
    ) -> String {
        let function = self.range_function(metric_type, rate);
        self.selector(value_type).read(function.as_ref())
    }

    /// The current values of a percentage, and the capacities above zero. A capacity is a level, also where the metric
    /// itself is read per second.
    fn parts(&self, rate: &PromDuration) -> (String, String) {
        let current = self.members(Some(ValueType::Current), self.metric_type, rate);
        let capacity = self.members(Some(ValueType::Capacity), MetricType::Gauge, rate);
        (current, format!("{capacity} > 0"))
    }

    /// The groups' values at an instant.
    fn value(&self, groups: &Grouping<'_>, rate: &PromDuration) -> String {
        match self.value_type {
            Some(ValueType::Pct) if self.is_of_cores() => {
                let current = self.members(Some(ValueType::Current), self.metric_type, rate);
                // A thousand milliseconds a second are one core, which is 100 percent.
                format!("{} / 10", groups.sum(current))
            }
            Some(ValueType::Pct) => {
                let (current, capacity) = self.parts(rate);
                let used = groups.sum(format_args!(
                    "{current} and ignoring(value_type) ({capacity})"
                ));
                let there = groups.sum(format_args!(
                    "{capacity} and ignoring(value_type) {current}"
                ));
                format!("100 * {used} / {there}")
            }
            value_type => groups.sum(self.members(value_type, self.metric_type, rate)),
        }
    }

    /// Returns true if a percentage is that of a core.
    fn is_of_cores(&self) -> bool {
        self.query.metric_name == "cpu_util"
    }

    /// Adds, to a percentage of capacity, a series that counts the members without one of its two parts.
    fn with_left_out(&self, promql: String, rate: &PromDuration, subquery: Option<&str>) -> String {
        if !self.counts_left_out() {
            return promql;
        }
        let (current, capacity) = self.parts(rate);
        let left_out = format!(
            "({current} unless ignoring(value_type) ({capacity})) or ({capacity} unless ignoring(value_type) {current})"
        );
        let count = match self.left_out_by {
            None => format!("count({left_out})"),
            Some(dimension) => {
                Grouping::new(self.schema(), [dimension]).aggregate("count", None, left_out)
            }
        };
        let count = match subquery {
            None => count,
            Some(subquery) => format!("max_over_time(({count}){subquery})"),
        };
        format!(r#"{promql} or label_replace({count}, "{LEFT_OUT}", "members", "", "")"#)
    }
}

#[cfg(test)]
mod tests;
