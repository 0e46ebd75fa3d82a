//! The verbs of long ranges and many queries: the contract's `range-service`, each call from a fresh instance.
//!
//! The plugin plans, cuts and puts together; here it is asked, told the time, and held to its word. Streams, which
//! outlive a call, are `stream.rs`.

use super::{
    MetricService,
    cursor::Cursor,
    functions::{RangeFunctions, supported},
    grid::Grid,
    validate::{broken, check_series, checked},
};
use crate::{
    config::limits::Limits,
    contract::{
        bindings::exports::backendai::metric::range_service as wit,
        error::{CallError, ServiceError},
        range::{MissingChunk, Page, Piece, RangeAnswer},
        types::{Config, MetricQuery, MetricResult, RangeOptions, RangePlan, Span},
    },
};

/// The most samples of a piece. From the contract.
const SAMPLES_OF_A_PIECE: usize = 65_536;

/// Asks for long ranges and for many queries at once. A plugin may lack these verbs:
/// [`Plugin::has_ranges`](crate::Plugin::has_ranges).
///
/// If the service [keeps answers](crate::ServiceOptions::cache), the host sets [`RangeOptions::cached`]: a range is
/// then cut where others cut theirs, and finely where it reaches the present, so that it need not be asked for as a
/// whole again. Otherwise fewer requests are better; a caller with a cache of its own on the way sets it.
impl MetricService {
    /// The plan of [`query_range`](Self::query_range). Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn plan(
        &self,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<RangePlan, CallError> {
        self.observed("plan", async {
            let function = &self.ranges("plan")?.plan;
            let params = (&self.config_now(), query, &self.options(options));
            let answer = self.ask(function, params).await?;
            Ok(self.checked_plan(answer)?.0)
        })
        .await
    }

    /// Asks Prometheus for a range of any length, chunk by chunk and side by side, and returns the series.
    ///
    /// # Errors
    /// [`CallError`]; its [`Chunk`](CallError::Chunk) where one request failed and the answer may not lack it.
    pub async fn query_range(
        &self,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<RangeAnswer, CallError> {
        self.observed("query-range", async {
            let function = &self.ranges("query-range")?.query_range;
            let params = (&self.config_now(), query, &self.options(options));
            let answer = self.ask_range(function, params).await?;
            self.checked_range(answer)
        })
        .await
    }

    /// Asks for many ranges at once, side by side; what is the same is asked once. The answers are in the order of
    /// the queries, and one that fails leaves the others alone.
    ///
    /// # Errors
    /// The outer [`CallError`] is one of the call, such as a timeout, and loses all answers. The inner one is of one
    /// query alone.
    pub async fn query_batch(
        &self,
        queries: &[MetricQuery],
        options: &RangeOptions,
    ) -> Result<Vec<Result<RangeAnswer, CallError>>, CallError> {
        self.observed("query-batch", async {
            let function = &self.ranges("query-batch")?.query_batch;
            let params = (&self.config_now(), queries, &self.options(options));
            let check = |_: &MetricQuery, answer| self.checked_range(answer);
            self.ask_batch(function, params, queries, check).await
        })
        .await
    }

    /// One chunk of a range. The first call has no cursor, each further one that of the [`Page`] before, with the
    /// same query, configuration and options but for [`Config::now`](crate::Config::now). A page begins where the one before
    /// it ended, so the last one comes, whatever the plugin does.
    ///
    /// # Errors
    /// [`CallError`]; a cursor that does not belong to the query is an [`InvalidArgument`](crate::InvalidArgument).
    pub async fn query_page(
        &self,
        query: &MetricQuery,
        options: &RangeOptions,
        cursor: Option<&str>,
    ) -> Result<Page, CallError> {
        self.observed("query-page", async {
            let function = &self.ranges("query-page")?.query_page;
            let before = cursor.and_then(Cursor::read);
            // A cursor that the host did not write is for the plugin to refuse.
            let plugins = before.map_or(cursor, |before| Some(before.plugins));
            let params = (&self.config_now(), query, &self.options(options), plugins);
            let wit::Page { answer, next } = self.ask_range(function, params).await?;
            Page::checked(self.checked_range(answer)?, next, before, &self.config)
        })
        .await
    }

    /// The options, with what the service knows of its way to Prometheus.
    pub(crate) fn options(&self, options: &RangeOptions) -> RangeOptions {
        RangeOptions {
            cached: options.cached || self.egress.keeps_answers(),
            ..*options
        }
    }

    /// A plan that can be counted with, of what would be sent, and its points.
    pub(crate) fn checked_plan(&self, plan: RangePlan) -> Result<(RangePlan, Grid), CallError> {
        let grid = grid_of(&plan, &self.config)?;
        let promql = self.egress.bound_query(plan.promql)?;
        Ok((RangePlan { promql, ..plan }, grid))
    }

    pub(crate) fn checked_range(&self, range: wit::RangeAnswer) -> Result<RangeAnswer, CallError> {
        Ok(RangeAnswer {
            answer: self.as_sent(checked(range.answer, self.limits())?)?,
            missing: range.missing.into_iter().map(MissingChunk::from).collect(),
        })
    }

    pub(crate) fn ranges(&self, verb: &'static str) -> Result<&RangeFunctions, CallError> {
        supported(&self.plugin.functions.ranges, verb)
    }
}

/// The return type of the range functions.
pub(crate) type RangeResult<R> = (Result<R, wit::RangeError>,);

/// The points of a plan, no more of them than a range may have, in chunks that follow one another.
fn grid_of(plan: &RangePlan, config: &Config) -> Result<Grid, CallError> {
    let grid = Grid::new((plan.span.start, plan.span.end), plan.step, config)?;
    let mut before = None;
    for Span { start, end } in plan.chunks.iter().map(|chunk| &chunk.span) {
        if end < start || before.is_some_and(|before| before >= start) {
            return Err(broken(format!(
                "a chunk from {start} to {end}, which does not follow the one before it"
            )));
        }
        before = Some(end);
    }
    Ok(grid)
}

impl Page {
    /// `next` is the plugin's cursor, and `before` led to the page.
    fn checked(
        answer: RangeAnswer,
        next: Option<String>,
        before: Option<Cursor<'_>>,
        config: &Config,
    ) -> Result<Self, CallError> {
        let MetricResult {
            start, end, step, ..
        } = answer.answer;
        let grid = Grid::new((start, end), step, config)?;
        grid.check(&answer.answer.series)?;
        if let Some(before) = before {
            before.check(&grid, step, config)?;
        }
        let next = next
            .map(|plugins| {
                Cursor::after(&grid, step, before, &plugins).map(|next| next.to_string())
            })
            .transpose()?;
        Ok(Self { answer, next })
    }
}

impl Piece {
    pub(crate) fn checked(piece: wit::Piece, limits: &Limits) -> Result<Self, CallError> {
        check_series(&piece.series, limits)?;
        let samples: usize = piece.series.iter().map(|s| s.values.len()).sum();
        if samples > SAMPLES_OF_A_PIECE {
            return Err(broken(format!(
                "a piece of {samples} samples, where {SAMPLES_OF_A_PIECE} are the most"
            )));
        }
        Ok(Self {
            series: piece.series,
            warnings: piece.warnings,
            infos: piece.infos,
            missing: piece.missing.into_iter().map(MissingChunk::from).collect(),
            partial: piece.partial,
        })
    }
}

impl From<wit::MissingChunk> for MissingChunk {
    fn from(missing: wit::MissingChunk) -> Self {
        Self {
            span: missing.span,
            error: missing.error.into(),
        }
    }
}

impl From<wit::RangeError> for CallError {
    fn from(failed: wit::RangeError) -> Self {
        let error = ServiceError::from(failed.error);
        match failed.chunk {
            Some(chunk) => Self::Chunk { error, chunk },
            None => Self::Service(error),
        }
    }
}

#[cfg(test)]
mod tests;
