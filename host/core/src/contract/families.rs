//! The records of families and of what is derived, as the contract has them.

pub use super::bindings::exports::backendai::metric::family::{
    Family, FamilyKind, FamilyOver, FamilyQuery, FamilyStatistic, OverTime,
};
pub use super::bindings::exports::backendai::metric::family_service::{
    Derivation, DerivedQuery, Side,
};
use super::{range::RangeAnswer, types::Statistic};

/// A derived metric over a range.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DerivedAnswer {
    /// The series; its `promql` is both queries in one expression, although each was sent by itself.
    pub answer: RangeAnswer,
    /// Points of a group that are a gap because one side has a value and the other none.
    pub missing_sides: u64,
    /// Points of a group that are a gap because the divisor is zero.
    pub zero_divisors: u64,
}

impl Family {
    /// A family of this name and kind, of which nothing else is known: any label, no unit.
    pub fn new(name: impl Into<String>, kind: FamilyKind) -> Self {
        Self {
            name: name.into(),
            former_names: Vec::new(),
            kind,
            unit: None,
            description: String::new(),
            labels: Vec::new(),
            intensive: false,
        }
    }
}

impl FamilyQuery {
    /// All series of a family between two instants, as one group.
    pub fn new(family: Family, start: impl Into<String>, end: impl Into<String>) -> Self {
        Self {
            family,
            filters: Vec::new(),
            group_by: Vec::new(),
            statistic: None,
            over_time: None,
            start: start.into(),
            end: end.into(),
            step: None,
            utc_offset: None,
        }
    }
}

impl FamilyKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Gauge,
        Self::Counter,
        Self::Histogram,
        Self::NativeHistogram,
    ];

    /// Its name in the JSON interface, and in a file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::NativeHistogram => "native_histogram",
        }
    }
}

impl From<Statistic> for OverTime {
    /// Of the group, since the point before.
    fn from(statistic: Statistic) -> Self {
        Self {
            statistic,
            over: FamilyOver::Time,
            window: None,
        }
    }
}
