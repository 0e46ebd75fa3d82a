//! The texts of `range-service`: plans, ranges, batches and pages.

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeStruct as _, Serializer};

use super::document::write_failure;
use crate::codec::{Missing, RangeFailure, RangeResult, Span};
use crate::domain::{Chunk, RangePlan};

/// One page of a range, and the cursor of the next.
#[derive(Serialize)]
pub struct Page {
    /// The page.
    pub answer: RangeResult,
    /// None: this was the last.
    pub next: Option<String>,
}

/// The results of a batch: each a `{"result": …}` or an `{"error": …}`.
pub struct BatchResults(pub Vec<Result<RangeResult, RangeFailure>>);

/// First and last point, in the contract's milliseconds.
struct Millis(Span);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self((start, end)) = self;
        let mut out = serializer.serialize_struct("span", 2)?;
        out.serialize_field("start", &(start * 1000))?;
        out.serialize_field("end", &(end * 1000))?;
        out.end()
    }
}

impl Serialize for Chunk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("chunk", 3)?;
        out.serialize_field("span", &Millis((self.grid.start(), self.grid.end())))?;
        out.serialize_field("points", &self.grid.points())?;
        out.serialize_field("is_final", &self.is_final)?;
        out.end()
    }
}

impl Serialize for RangePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = &self.plan;
        let window = plan.window.as_ref().map(ToString::to_string);
        let mut out = serializer.serialize_struct("range_plan", 10)?;
        out.serialize_field("promql", &plan.promql)?;
        out.serialize_field("metric_type", &plan.metric_type)?;
        out.serialize_field("unit", &plan.unit)?;
        out.serialize_field("step", &plan.grid.step())?;
        out.serialize_field("step_reason", &self.step_reason)?;
        out.serialize_field("window", &window)?;
        out.serialize_field("window_reason", &self.window_reason)?;
        out.serialize_field("span", &Millis((plan.grid.start(), plan.grid.end())))?;
        out.serialize_field("chunks", &self.chunks)?;
        out.serialize_field("warnings", &plan.warnings)?;
        out.end()
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("missing_chunk", 2)?;
        out.serialize_field("span", &Millis(self.span))?;
        out.serialize_field("error", &self.failure)?;
        out.end()
    }
}

impl Serialize for RangeFailure {
    /// As any failure, and `chunk` beside it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        write_failure(&self.failure, &mut out)?;
        out.serialize_entry("chunk", &self.chunk.map(Millis))?;
        out.end()
    }
}

impl Serialize for BatchResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(super::Document::of))
    }
}
