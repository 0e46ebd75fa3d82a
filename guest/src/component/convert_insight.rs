//! The types of `insight` to the inner rings' and back.

use super::bindings::exports::backendai::metric::insight as outer;
use super::convert::{metric_result, series};
use super::convert_range::{missing, range_answer};
use crate::codec::insight::{Group, Ranked, SummaryResult, WatchResult, Watched};
use crate::domain::insight::{
    Anomaly, DetectionInput, Direction, RankingInput, Score, Strategy, ToleranceInput,
};

pub(super) fn summary_answer(result: SummaryResult) -> outer::SummaryAnswer {
    let asked = count(usize::try_from(result.answer.plan.grid.points()).unwrap_or(usize::MAX));
    let one = |group: Group| outer::Summary {
        labels: group.labels,
        points: count(group.summary.points),
        asked,
        not_numbers: count(group.summary.not_numbers),
        first: group.summary.first,
        last: group.summary.last,
        min: group.summary.min,
        max: group.summary.max,
        avg: group.summary.avg,
        quantiles: group.summary.quantiles,
        total: group.total,
    };
    outer::SummaryAnswer {
        summaries: result.groups.into_iter().map(one).collect(),
        total_unit: result.total_unit,
        answer: metric_result(result.answer),
        missing: missing(result.missing),
    }
}

pub(super) fn ranking(ranking: outer::Ranking) -> RankingInput {
    RankingInput {
        score: match ranking.score {
            outer::Score::Avg => Score::Avg,
            outer::Score::Max => Score::Max,
            outer::Score::Min => Score::Min,
            outer::Score::Last => Score::Last,
            outer::Score::Total => Score::Total,
            outer::Score::Quantile(q) => Score::Quantile(q),
        },
        k: ranking.k,
        lowest: ranking.lowest,
        others: ranking.others,
    }
}

pub(super) fn ranked(ranked: Ranked) -> outer::Ranked {
    outer::Ranked {
        scores: ranked.scores,
        score_unit: ranked.score_unit,
        groups: count(ranked.groups),
        others: ranked
            .others
            .and_then(|others| series(vec![others]).into_iter().next()),
        answer: range_answer(ranked.range),
    }
}

pub(super) fn tolerance(tolerance: outer::Tolerance) -> ToleranceInput {
    ToleranceInput {
        sensitivity: tolerance.sensitivity,
        direction: match tolerance.direction {
            outer::Direction::Both => Direction::Both,
            outer::Direction::Above => Direction::Above,
            outer::Direction::Below => Direction::Below,
        },
        min_deviation: tolerance.min_deviation,
        min_relative_deviation: tolerance.min_relative_deviation,
        min_points: tolerance.min_points,
    }
}

pub(super) fn detection(detection: outer::Detection) -> DetectionInput {
    DetectionInput {
        strategy: detection.strategy.map(|strategy| match strategy {
            outer::Strategy::Seasonal => Strategy::Seasonal,
            outer::Strategy::Robust => Strategy::Robust,
            outer::Strategy::Adaptive => Strategy::Adaptive,
        }),
        tolerance: tolerance(detection.tolerance),
        lookback: detection.lookback,
        season: detection.season,
    }
}

pub(super) fn watch_answer(result: WatchResult) -> outer::WatchAnswer {
    let anomaly = |anomaly: Anomaly| outer::Anomaly {
        start: anomaly.start,
        end: anomaly.end,
        above: anomaly.above,
        peak_at: anomaly.peak_at,
        peak: anomaly.peak,
        expected: anomaly.expected,
        score: anomaly.score,
    };
    let one = |watched: Watched| outer::Watched {
        labels: watched.series.labels,
        timestamps: watched.series.timestamps,
        values: watched.series.values,
        expected: watched.bands.iter().map(|band| band.expected).collect(),
        lower: watched.bands.iter().map(|band| band.lower).collect(),
        upper: watched.bands.iter().map(|band| band.upper).collect(),
        anomalies: watched.anomalies.into_iter().map(anomaly).collect(),
        learnt: count(watched.learnt),
        strategy: watched.strategy.map(|strategy| match strategy {
            Strategy::Seasonal => outer::Strategy::Seasonal,
            Strategy::Robust => outer::Strategy::Robust,
            Strategy::Adaptive => outer::Strategy::Adaptive,
        }),
    };
    outer::WatchAnswer {
        watched: result.watched.into_iter().map(one).collect(),
        answer: metric_result(result.answer),
        missing: missing(result.missing),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
