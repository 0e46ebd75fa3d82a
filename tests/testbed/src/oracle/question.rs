//! A question: the query of the contract in plain numbers, with label names instead of dimensions.

use crate::oracle::{Grid, Statistic};

/// The label that says which metric a series holds.
pub(super) const METRIC: &str = "container_metric_name";
/// The label that says which side of it.
pub(super) const VALUE_TYPE: &str = "value_type";
/// Seconds that a gauge is looked back for.
const LOOKBACK: i64 = 300;

/// The side of a metric.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueType {
    /// The amount in use, under the documented labels.
    Usage,
    /// The amount in use.
    Current,
    /// The amount that may be used.
    Capacity,
    /// `Current` in percent of `Capacity`, for gauges; in percent of one core, for `cpu_util`. Not for other counters.
    Pct,
}

impl ValueType {
    /// The label's value. No series has that of `Pct`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Current => "current",
            Self::Capacity => "capacity",
            Self::Pct => "pct",
        }
    }
}

/// The values that a point stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Over {
    /// The group's, within the window.
    Time,
    /// The members' at the instant. A member is what this label tells apart.
    Members(String),
    /// All values of all members within the window.
    Both(String),
}

/// A point that is a statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointwise {
    /// The statistic of the values.
    pub statistic: Statistic,
    /// The values.
    pub over: Over,
    /// Seconds that a point looks back; `Members` has no use for it.
    pub window: i64,
}

impl Pointwise {
    /// Seconds between two of the instants, multiples of this, that a group is looked at in the window.
    #[must_use]
    pub fn resolution(&self, sample_interval: i64) -> i64 {
        sample_interval.max((self.window + 59).div_euclid(60))
    }
}

/// A question. Everything that is a time is in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The value of `container_metric_name`.
    pub metric: String,
    /// The side; none: every side there is, each in groups of its own.
    pub value_type: Option<ValueType>,
    /// Labels and the values that they may have, each label once.
    pub filters: Vec<(String, Vec<String>)>,
    /// The labels to group by beside `value_type`; empty: those that are filtered on.
    pub group_by: Vec<String>,
    /// The statistic of a point; none: the group's value at the instant.
    pub pointwise: Option<Pointwise>,
    /// The beginning of the range, Unix seconds.
    pub start: i64,
    /// The end of the range, Unix seconds.
    pub end: i64,
    /// Between two points, at least 1.
    pub step: i64,
    /// Seconds by which the clock in which points are multiples of the step is ahead of UTC.
    pub utc_offset: i64,
    /// Between two samples.
    pub sample_interval: i64,
    /// Seconds that a rate is taken over; none: what step and sample interval ask for.
    pub timewindow: Option<i64>,
}

impl Question {
    /// The labels that tell groups apart, sorted. Of a quotient, `value_type` is none: its sides differ in it.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        let filtered = self.filters.iter().map(|(label, _)| label);
        let mut labels: Vec<&str> = if self.group_by.is_empty() {
            filtered.map(String::as_str).collect()
        } else {
            self.group_by.iter().map(String::as_str).collect()
        };
        if self.value_type != Some(ValueType::Pct) {
            labels.push(VALUE_TYPE);
        }
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Returns true if a counter's growth per second is asked for.
    #[must_use]
    pub fn is_rate(&self) -> bool {
        match self.metric.as_str() {
            "cpu_util" => matches!(self.value_type, Some(ValueType::Current | ValueType::Pct)),
            "net_rx" | "net_tx" => true,
            _ => false,
        }
    }

    /// The instants that have a point: no part of the range is left out.
    #[must_use]
    pub fn grid(&self) -> Grid {
        let (start, end) = (self.start, self.end);
        if self.looks_back() {
            Grid::of_windows(start, end, self.step, self.utc_offset)
        } else {
            Grid::of_instants(start, end, self.step, self.utc_offset)
        }
    }

    /// Returns true if a point stands for the time before its instant, and not for the instant alone.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        let over_time = |pointwise: &Pointwise| !matches!(pointwise.over, Over::Members(_));
        self.is_rate() || self.pointwise.as_ref().is_some_and(over_time)
    }

    /// Returns true if each group is surely one series: a kernel has one of each metric and side.
    #[must_use]
    pub fn has_single_groups(&self) -> bool {
        let pinned =
            |(label, values): &(String, Vec<String>)| label == "kernel_id" && values.len() == 1;
        self.groups().contains(&"kernel_id") || self.filters.iter().any(pinned)
    }

    /// Returns the seconds that a rate is taken over where a point is the value at an instant: all of the time since
    /// the last point.
    #[must_use]
    pub fn rate_window(&self) -> i64 {
        let widest = 60
            .max(self.step + self.sample_interval)
            .max(4 * self.sample_interval);
        self.timewindow.unwrap_or(widest)
    }

    /// Returns the seconds that a rate is taken over where a point is a statistic of rates.
    #[must_use]
    pub fn inner_rate_window(&self) -> i64 {
        self.timewindow.unwrap_or(60.max(4 * self.sample_interval))
    }

    /// Returns the seconds back that a gauge's sample may be: where samples are further apart than Prometheus looks,
    /// two intervals.
    #[must_use]
    pub fn lookback(&self) -> i64 {
        if self.sample_interval > LOOKBACK {
            2 * self.sample_interval
        } else {
            LOOKBACK
        }
    }
}
