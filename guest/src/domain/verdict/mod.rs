//! Verdicts: of each of many subjects one number, or why there is none. A missing value is never zero, and nothing is
//! decided on data that is partial, stale or missing.

mod judge;
mod metric;
mod question;

pub use judge::{Judgement, Seen, Verdict};
pub use metric::MetricQuestion;
pub use question::{Asked, Bound, Combine, Condition, EvaluateInput, Evaluation, VerdictError};
