//! The rows of the table, one file each. A new one is a file and a line in [`ALL`].

mod anomalies;
mod call;
mod cold_start;
mod dashboard;
mod decode;
pub(crate) mod growth;
mod insight;
mod instantiate;
mod live;
mod merged;
mod process;
mod python;
mod query;
mod refresh;
mod served;
mod split;
mod statistics;
mod stream;

use std::pin::Pin;

use anyhow::Result;

use crate::outcome::Outcome;
use crate::setting::Setting;

/// A row being measured.
pub(crate) type Measurement<'a> = Pin<Box<dyn Future<Output = Result<Vec<Outcome>>> + Send + 'a>>;

/// A row of the table.
pub(crate) struct Row {
    /// The work that is measured, and under which circumstances.
    pub(crate) name: &'static str,
    /// Checks that the contenders do the same, and measures them.
    pub(crate) measure: for<'a> fn(&'a Setting) -> Measurement<'a>,
}

/// In the order in which they are measured and printed.
pub(crate) const ALL: &[Row] = &[
    instantiate::ROW,
    call::WARM,
    call::COLD,
    cold_start::ROW,
    process::ROW,
    query::SMALL,
    query::PROCESSOR,
    query::LARGE,
    split::ROW,
    dashboard::CONTAINER,
    dashboard::CLUSTER,
    refresh::ROW,
    refresh::LATEST,
    merged::HOUR,
    merged::DAY,
    merged::CLUSTER,
    python::SMALL,
    python::LARGE,
    python::MANY,
    served::SMALL,
    served::PYTHON_SMALL,
    served::PYTHON_LARGE,
    decode::SMALL,
    decode::LARGE,
    stream::ROW,
    growth::TIME,
    growth::MEMORY,
    statistics::ROW,
    live::SIX,
    live::OWN,
    insight::SUMMARY,
    insight::ANOMALIES,
    insight::BANDS,
    anomalies::ROW,
];
