//! The records of long ranges, as the host hands them over.

use super::{
    error::ServiceError,
    types::{MetricResult, RangeOptions, Series, Span},
};

/// A chunk that a partial answer lacks.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MissingChunk {
    /// The points that are not there.
    pub span: Span,
    /// The reason.
    pub error: ServiceError,
}

/// The answer to a range.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RangeAnswer {
    /// As that of [`MetricService::query_metric`](crate::MetricService::query_metric): no chunk can be told from it.
    pub answer: MetricResult,
    /// The chunks that failed, where [`RangeOptions::partial`] allows it.
    pub missing: Vec<MissingChunk>,
}

impl RangeAnswer {
    /// Returns true if data may be missing: chunks that failed, or data that the server did not see.
    pub fn is_partial(&self) -> bool {
        self.answer.partial || !self.missing.is_empty()
    }
}

/// One chunk of a range, and where to go on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Page {
    /// The answer for the page's part of the range.
    pub answer: RangeAnswer,
    /// The cursor for the next call. None: this was the last page.
    pub next: Option<String>,
}

/// A bounded piece of a [`RangeStream`](crate::RangeStream).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Piece {
    /// At most 65,536 samples in all. A series comes in several pieces, each time with its labels, its points in the
    /// order of time.
    pub series: Vec<Series>,
    /// Prometheus's warnings, where no earlier piece said them.
    pub warnings: Vec<String>,
    /// Its informational remarks, likewise.
    pub infos: Vec<String>,
    /// Chunks that failed since the last piece, where [`RangeOptions::partial`] allows it.
    pub missing: Vec<MissingChunk>,
    /// True if a server said, since the last piece, that it did not see all data.
    pub partial: bool,
}

impl Piece {
    /// Returns true if data may be missing: chunks that failed, or data that the server did not see.
    pub fn is_partial(&self) -> bool {
        self.partial || !self.missing.is_empty()
    }
}

impl Default for RangeOptions {
    /// Everything as the contract has it where it is left out.
    fn default() -> Self {
        Self {
            cached: false,
            max_points: None,
            interval: None,
            freshness: None,
            concurrency: None,
            partial: false,
        }
    }
}
