//! Errors of a family, or of a query of it.

use crate::domain::QueryError;
use crate::domain::preset::PresetError;

/// The reason why a family, or a query of it, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FamilyError {
    /// A text that is no metric's name.
    #[error(
        "{name:?} is no name of a metric; accepted are letters, digits, `_` and `:`, no digit first, at most 256, and no word of PromQL such as `sum` or `inf`"
    )]
    Name {
        /// The field in the contract.
        field: &'static str,
        /// The text that was given, its head if it is long.
        name: String,
    },
    /// A name twice in one family.
    #[error("{0:?} is there twice; accepted is each name once, or its series would count twice")]
    NamedTwice(String),
    /// A family twice in one list.
    #[error("{0:?} is described twice; accepted is each family once")]
    DescribedTwice(String),
    /// A series of a histogram in the place of the histogram.
    #[error(
        "{0:?} is a series of a histogram; accepted is the histogram's name, without `_bucket`"
    )]
    BucketName(String),
    /// A histogram whose observations do not add up, which they are not.
    #[error(
        "a histogram's observations are never added up, whatever they are; accepted is `intensive` for gauges and counters"
    )]
    IntensiveHistogram,
    /// A label, or the filters.
    #[error(transparent)]
    Label(#[from] PresetError),
    /// The metric's name in the place of a label.
    #[error("`__name__` is the metric's name; accepted are its labels")]
    NameAsLabel {
        /// The field in the contract.
        field: &'static str,
    },
    /// The bounds of a histogram's buckets in the place of a label.
    #[error(
        "`le` is the bound of a bucket; accepted are the labels that a histogram has as a whole"
    )]
    Bounds {
        /// The field in the contract.
        field: &'static str,
    },
    /// A label that the family does not have.
    #[error("{label:?} is no label of the family; accepted are {accepted}")]
    ForeignLabel {
        /// The field in the contract.
        field: &'static str,
        /// The label, its head if it is long.
        label: String,
        /// The labels that it has.
        accepted: String,
    },
    /// A sum of what does not add up.
    #[error(
        "the values of {0:?} do not add up: accepted are `avg`, `max`, `min` and quantiles, such as 0.95"
    )]
    SumOfIntensive(String),
    /// A statistic that the kind does not have.
    #[error("a {kind} has no `{statistic}`; accepted are {accepted}")]
    StatisticOfKind {
        /// The kind.
        kind: &'static str,
        /// The statistic.
        statistic: &'static str,
        /// The statistics that it has.
        accepted: &'static str,
    },
    /// A quantile that is none.
    #[error("{0}; accepted is a number from 0 to 1, such as 0.95")]
    Quantile(String),
    /// A statistic over time.
    #[error(transparent)]
    OverTime(QueryError),
    /// More than makes sense.
    #[error("{given} {what}; accepted are at most {most}")]
    Many {
        /// The field in the contract.
        field: &'static str,
        /// The things of which there are too many.
        what: &'static str,
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A query too long to be sent.
    #[error("the query becomes {given} bytes long; accepted are at most {most}: fewer values")]
    LongQuery {
        /// The number of bytes that was given.
        given: usize,
        /// The most bytes that are accepted.
        most: usize,
    },
    /// One of several families.
    #[error("{name:?}: {error}")]
    Of {
        /// The family's name, its head if it is long.
        name: String,
        /// The error in it.
        error: Box<FamilyError>,
    },
    /// The range.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl FamilyError {
    /// The field in the contract.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name { field, .. }
            | Self::NameAsLabel { field }
            | Self::Bounds { field }
            | Self::ForeignLabel { field, .. }
            | Self::Many { field, .. } => field,
            Self::NamedTwice(_) => "family.former-names",
            Self::DescribedTwice(_) | Self::Of { .. } => "families",
            Self::BucketName(_) => "family.name",
            Self::IntensiveHistogram => "family.intensive",
            // Filters and labels share their errors with those of presets, whose filters are arguments.
            Self::Label(error) => match error.field() {
                "arguments.filters" => "filters",
                field => field,
            },
            Self::SumOfIntensive(_) | Self::StatisticOfKind { .. } | Self::Quantile(_) => {
                "statistic"
            }
            Self::OverTime(QueryError::ShortWindow { .. }) => "over-time.window",
            Self::OverTime(_) => "over-time.statistic",
            Self::LongQuery { .. } => "filters",
            Self::Query(_) => "query",
        }
    }
}
