//! The types of `range-service` to the inner rings' and back.

use std::borrow::Cow;

use super::bindings::exports::backendai::metric::range_service as outer;
use super::convert::{metric_result, series};
use crate::codec::{Failure, Missing, Piece, RangeFailure, RangeResult, Span};
use crate::domain::{Chunk, Grid, RangeOptionsInput, RangePlan};

pub(super) fn range_options(options: outer::RangeOptions) -> RangeOptionsInput {
    RangeOptionsInput {
        cached: options.cached,
        max_points: options.max_points,
        interval: options.interval,
        freshness: options.freshness,
        concurrency: options.concurrency,
        partial: options.partial,
    }
}

pub(super) fn range_plan(range: RangePlan) -> outer::RangePlan {
    let plan = range.plan;
    let chunk = |chunk: Chunk| outer::Chunk {
        span: whole(&chunk.grid),
        points: u32::try_from(chunk.grid.points()).unwrap_or(u32::MAX),
        is_final: chunk.is_final,
    };
    outer::RangePlan {
        promql: plan.promql,
        metric_type: plan.metric_type.into(),
        unit: plan.unit.map(Cow::into_owned),
        step: plan.grid.step(),
        step_reason: range.step_reason,
        window: plan.window.map(|window| window.to_string()),
        window_reason: range.window_reason.map(str::to_owned),
        span: whole(&plan.grid),
        chunks: range.chunks.into_iter().map(chunk).collect(),
        warnings: plan.warnings,
    }
}

pub(super) fn range_answer(result: RangeResult) -> outer::RangeAnswer {
    outer::RangeAnswer {
        missing: missing(result.missing),
        answer: metric_result(result.answer),
    }
}

pub(super) fn piece(piece: Piece) -> outer::Piece {
    outer::Piece {
        series: series(piece.series),
        warnings: piece.warnings,
        infos: piece.infos,
        missing: missing(piece.missing),
        partial: piece.partial,
    }
}

pub(super) fn missing(missing: Vec<Missing>) -> Vec<outer::MissingChunk> {
    let one = |missing: Missing| outer::MissingChunk {
        span: span(missing.span),
        error: missing.failure.into(),
    };
    missing.into_iter().map(one).collect()
}

fn whole(grid: &Grid) -> outer::Span {
    span((grid.start(), grid.end()))
}

fn span((start, end): Span) -> outer::Span {
    outer::Span {
        start: start * 1000,
        end: end * 1000,
    }
}

impl From<RangeFailure> for outer::RangeError {
    fn from(failure: RangeFailure) -> Self {
        Self {
            error: failure.failure.into(),
            chunk: failure.chunk.map(span),
        }
    }
}

impl From<Failure> for outer::RangeError {
    fn from(failure: Failure) -> Self {
        RangeFailure::from(failure).into()
    }
}
