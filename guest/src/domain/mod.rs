//! The meaning of a query: the vocabulary, the rules of the time range, and the PromQL that follows.
//! Pure: no I/O, no clock, nothing of HTTP.

mod catalogue;
mod chunks;
mod cursor;
mod duration;
mod error;
mod expression;
pub mod insight;
mod label;
mod literal;
pub mod live;
mod merge_group;
mod metric;
mod plan;
mod pointwise;
pub mod preset;
mod promql;
mod range;
mod range_options;
mod range_plan;
mod settings;
mod time;
mod values;
pub mod verdict;
mod window;

pub use catalogue::{CatalogueEntry, Category};
pub use chunks::Chunk;
pub(crate) use cursor::Digest;
pub use cursor::{read_cursor, write_cursor};
pub use duration::{DurationError, PromDuration};
pub(crate) use error::head;
pub use error::{Limit, QueryError};
pub use expression::Pooling;
pub use label::{Dimension, LabelFilter, LabelSchema};
pub use literal::{quote, quote_regex, quote_regex_any};
pub use merge_group::{MergeGroup, MergeMember};
pub use metric::{MetricType, ValueType, detect_metric_type};
pub use plan::{MetricQuery, Plan, plan};
pub use pointwise::{Over, Pointwise, Statistic};
pub use promql::METRIC_FAMILY;
pub use range::{Grid, TimeRange};
pub use range_options::{FRESHNESS, RangeOptions, RangeOptionsInput};
pub use range_plan::{RangePlan, plan_range};
pub use settings::Settings;
pub use time::Timestamp;
pub use values::{ValueFilter, ValueSource, Values, ValuesError};
