//! The verb `query-range`: one query, many requests.

use super::cache_hint::CacheHint;
use super::config::Config;
use super::failure::Failure;
use super::query_metric::MetricResult;
use crate::domain::{
    Grid, MetricQuery, QueryError, RangeOptions, RangePlan, plan_range, read_cursor, write_cursor,
};
use crate::prometheus::{HttpRequest, range_request};

/// A query over a long range, planned.
#[derive(Debug, Clone)]
pub struct QueryRange {
    /// The plan.
    pub plan: RangePlan,
    /// Seconds that data may arrive late.
    freshness: u32,
    /// True if an answer may be partial, and lack chunks.
    pub(super) partial: bool,
}

/// The first and the last of some points, Unix seconds.
pub type Span = (i64, i64);

/// The failure of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeFailure {
    /// The failure.
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
    /// The failure of its request.
    pub failure: Failure,
}

/// The answer to a range.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RangeResult {
    /// As that of one request.
    pub answer: MetricResult,
    /// The chunks that failed.
    pub missing: Vec<Missing>,
}

impl QueryRange {
    /// Checks and plans.
    ///
    /// # Errors
    /// A query or options that are refused.
    pub fn new(
        config: &Config,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let plan = plan_range(&config.settings, query, options)?;
        Ok(Self::planned(config, plan, options))
    }

    /// The requests of a plan.
    pub(super) fn planned(config: &Config, plan: RangePlan, options: &RangeOptions) -> Self {
        Self {
            plan,
            freshness: options.freshness,
            partial: options.partial || config.settings.partial,
        }
    }

    /// Leaves only the page of a cursor, or the first one; gives the cursor of the next.
    ///
    /// # Errors
    /// A cursor that does not belong to this query; a query whose points are pooled of several chunks.
    pub fn turn_to(&mut self, cursor: Option<&str>) -> Result<Option<String>, Failure> {
        self.check_piecewise()?;
        let plan = &mut self.plan;
        let grid = plan.plan.grid;
        let (from, last) = match cursor {
            None => (grid.start(), grid.end()),
            Some(text) => read_cursor(text, plan.digest)?,
        };
        let grid = grid.between(grid.start(), last.min(grid.end()));
        // The chunks may be others than those of the page before: what was not final then may be now.
        plan.chunks.retain(|chunk| chunk.grid.end() >= from);
        plan.chunks.truncate(1);
        let to = plan
            .chunks
            .first()
            .map_or(grid.end(), |chunk| chunk.grid.end().min(grid.end()));
        plan.plan.grid = grid.between(from, to);
        plan.plan.asked = plan.plan.grid;
        let next = to + i64::from(grid.step());
        Ok((to < grid.end()).then(|| write_cursor(next, grid.end(), plan.digest)))
    }

    /// Checks that the answers of chunks can be given on one after the other.
    ///
    /// # Errors
    /// A query whose points are pooled of several chunks.
    pub fn check_piecewise(&self) -> Result<(), Failure> {
        match self.plan.plan.pooling {
            None => Ok(()),
            Some(_) => Err(QueryError::PooledPieces.into()),
        }
    }

    /// The request for the points of a chunk.
    pub fn request(&self, config: &Config, grid: &Grid) -> HttpRequest {
        range_request(&config.endpoint, &self.plan.plan.promql, grid)
    }

    /// The hint how long the answer for a chunk may be kept.
    pub fn cache_hint(&self, grid: &Grid) -> CacheHint {
        CacheHint::when_final(grid, self.freshness)
    }

    /// The points of a chunk that are wanted.
    pub(super) fn wanted(&self, grid: &Grid) -> Grid {
        let whole = &self.plan.plan.asked;
        whole.between(grid.start().max(whole.start()), grid.end().min(whole.end()))
    }
}
