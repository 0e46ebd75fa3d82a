//! The rows of the table, one file each. A new one is a file and a line in [`ALL`].

mod call;
mod cold_start;
mod decode;
mod instantiate;
mod process;
mod python;
mod query;

use std::pin::Pin;

use anyhow::Result;

use crate::race::Race;
use crate::setting::Setting;

/// A race being set up.
pub(crate) type Preparation<'a> = Pin<Box<dyn Future<Output = Result<Race>> + Send + 'a>>;

/// A row of the table.
pub(crate) struct Row {
    /// What is done, and under which circumstances.
    pub(crate) name: &'static str,
    /// Checks that the contenders do the same, and lines them up.
    pub(crate) prepare: for<'a> fn(&'a Setting) -> Preparation<'a>,
}

/// In the order in which they are measured and printed.
pub(crate) const ALL: &[Row] = &[
    instantiate::ROW,
    call::ROW,
    cold_start::ROW,
    process::ROW,
    query::SMALL,
    query::LARGE,
    python::SMALL,
    python::LARGE,
    python::MANY,
    decode::SMALL,
    decode::LARGE,
];
