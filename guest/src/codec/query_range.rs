//! The verb `query-range`: one query, many requests.

use super::call::Configured;
use super::failure::Failure;
use super::joined::Joined;
use super::keep::Keep;
use crate::domain::{
    Chunk, Grid, MetricQuery, Plan, RangeOptions, RangePlan, plan_range, read_cursor, write_cursor,
};
use crate::prometheus::{HttpRequest, Series, range_request};

/// A query over a long range, planned.
#[derive(Debug, Clone)]
pub struct QueryRange {
    /// What is asked for.
    pub plan: RangePlan,
    /// Seconds that data may arrive late.
    freshness: u32,
    /// Whether an answer may lack chunks.
    pub(super) partial: bool,
}

/// The first and the last of some points, Unix seconds.
pub type Span = (i64, i64);

/// Why a range could not be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeFailure {
    /// What went wrong.
    pub failure: Failure,
    /// The chunk whose request it was.
    pub chunk: Option<Span>,
}

impl From<Failure> for RangeFailure {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            chunk: None,
        }
    }
}

/// A chunk that a partial answer lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The points that are not there.
    pub span: Span,
    /// Why.
    pub failure: Failure,
}

/// The answer to a range.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeResult {
    /// What was asked.
    pub plan: Plan,
    /// The series, in the order in which they first appear.
    pub series: Vec<Series>,
    /// The plan's warnings, Prometheus's, and what was left out.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// The chunks that failed.
    pub missing: Vec<Missing>,
}

impl QueryRange {
    /// Checks and plans.
    ///
    /// # Errors
    /// What is wrong with the query or the options.
    pub fn new(
        configured: &Configured,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        Ok(Self {
            plan: plan_range(&configured.settings, query, options)?,
            freshness: options.freshness,
            partial: options.partial,
        })
    }

    /// Leaves only the page of a cursor, or the first one; gives the cursor of the next.
    ///
    /// # Errors
    /// A cursor that does not belong to this query.
    pub fn turn_to(&mut self, cursor: Option<&str>) -> Result<Option<String>, Failure> {
        let plan = &mut self.plan;
        let grid = plan.plan.grid;
        let from = match cursor {
            None => grid.start(),
            Some(text) => read_cursor(text, plan.digest)?,
        };
        // The chunks may be others than those of the page before: what was not final then may be now.
        plan.chunks.retain(|chunk| chunk.grid.end() >= from);
        plan.chunks.truncate(1);
        let to = plan
            .chunks
            .first()
            .map_or(grid.end(), |chunk| chunk.grid.end().min(grid.end()));
        plan.plan.grid = grid.between(from, to);
        let next = to + i64::from(grid.step());
        Ok((to < grid.end()).then(|| write_cursor(next, plan.digest)))
    }

    /// What to send for a chunk.
    pub fn request(&self, configured: &Configured, chunk: &Chunk) -> HttpRequest {
        range_request(&configured.address, &self.plan.plan.promql, &chunk.grid)
    }

    /// How long the answer for a chunk may be kept.
    pub fn keep(&self, chunk: &Chunk) -> Keep {
        Keep::when_final(&chunk.grid, self.freshness)
    }

    /// The points of a chunk that are wanted.
    pub(super) fn wanted(&self, chunk: &Chunk) -> Grid {
        let whole = &self.plan.plan.grid;
        whole.between(
            chunk.grid.start().max(whole.start()),
            chunk.grid.end().min(whole.end()),
        )
    }

    /// The answer, once all that came is joined.
    pub(super) fn result(self, joined: Joined) -> RangeResult {
        let mut warnings = self.plan.plan.warnings.clone();
        warnings.extend(joined.histogram_warning());
        warnings.extend(joined.warnings);
        RangeResult {
            plan: self.plan.plan,
            series: joined.series,
            warnings,
            infos: joined.infos,
            missing: joined.missing,
        }
    }
}
