//! The parts of attacks: the contract's verbs, each of which does nothing until an attack fills it in.

use crate::bindings::exports::backendai::metric::codec::{HttpMethod, HttpRequest, HttpScheme};
use crate::bindings::exports::backendai::metric::range_service::{
    Chunk, Page, Piece, RangeAnswer, RangePlan, Span,
};
use crate::bindings::exports::backendai::metric::types::{
    Error, MetricMetadata, MetricResult, MetricType, Series,
};
use crate::message::Fate;
use crate::order::Order;

/// The result of a query.
pub(crate) type Answer = Result<MetricResult, Error>;

/// One attack. Most are a `query_metric`.
pub(crate) struct Attack {
    pub(crate) query_metric: fn(&Order) -> Answer,
    pub(crate) query_metadata: fn() -> Vec<MetricMetadata>,
    /// Of a range, and of a stream.
    pub(crate) plan: fn() -> RangePlan,
    /// Told how many queries there are.
    pub(crate) query_batch: fn(usize) -> Vec<RangeAnswer>,
    /// Told the cursor.
    pub(crate) query_page: fn(Option<String>) -> Page,
    pub(crate) piece: fn() -> Option<Piece>,
    /// The request that the caller is to send itself.
    pub(crate) metric_request: fn(&Order) -> HttpRequest,
}

/// A plugin that answers everything, and knows nothing.
pub(crate) const HARMLESS: Attack = Attack {
    query_metric: |_| Ok(nothing()),
    query_metadata: Vec::new,
    plan: empty_plan,
    query_batch: |queries| (0..queries).map(|_| range_answer(nothing())).collect(),
    query_page: |_| Page {
        answer: range_answer(nothing()),
        next: None,
    },
    piece: || None,
    metric_request: |order| request_to(&order.authority),
};

impl Attack {
    /// An attack that a query sets off.
    pub(crate) const fn of_query(query_metric: fn(&Order) -> Answer) -> Self {
        Self {
            query_metric,
            ..HARMLESS
        }
    }
}

/// An answer without series.
pub(crate) fn nothing() -> MetricResult {
    MetricResult {
        promql: "up".to_owned(),
        metric_type: MetricType::Gauge,
        unit: None,
        step: 60,
        start: 0,
        end: 60_000,
        series: Vec::new(),
        warnings: Vec::new(),
        infos: Vec::new(),
        partial: false,
    }
}

/// An answer with these series.
pub(crate) fn result(series: Vec<Series>) -> MetricResult {
    MetricResult {
        series,
        ..nothing()
    }
}

/// A series of no labels.
pub(crate) fn series(timestamps: Vec<i64>, values: Vec<f64>) -> Series {
    Series {
        labels: Vec::new(),
        timestamps,
        values,
    }
}

/// The same series with one label, a number.
pub(crate) fn labelled(series: Series, name: &str, number: u64) -> Series {
    Series {
        labels: vec![(name.to_owned(), number.to_string())],
        ..series
    }
}

/// A request for the caller to send.
pub(crate) fn request_to(authority: &str) -> HttpRequest {
    HttpRequest {
        method: HttpMethod::Get,
        scheme: HttpScheme::Http,
        authority: authority.to_owned(),
        path_with_query: "/api/v1/query?query=up".to_owned(),
        headers: Vec::new(),
        body: String::new(),
    }
}

/// A piece of a stream.
pub(crate) fn piece_of(series: Vec<Series>) -> Piece {
    Piece {
        series,
        warnings: Vec::new(),
        infos: Vec::new(),
        missing: Vec::new(),
        partial: false,
    }
}

/// An answer to a range.
pub(crate) fn range_answer(answer: MetricResult) -> RangeAnswer {
    RangeAnswer {
        answer,
        missing: Vec::new(),
    }
}

/// A plan of one chunk.
pub(crate) fn empty_plan() -> RangePlan {
    let span = || Span {
        start: 0,
        end: 60_000,
    };
    RangePlan {
        promql: String::new(),
        metric_type: MetricType::Gauge,
        unit: None,
        step: 60,
        step_reason: String::new(),
        window: None,
        window_reason: None,
        span: span(),
        chunks: vec![Chunk {
            span: span(),
            points: 2,
            is_final: false,
        }],
        warnings: Vec::new(),
    }
}

/// Tells what became of requests: `denied` when none was let out, else what came back, as it came, in the warnings.
pub(crate) fn told(fates: impl IntoIterator<Item = Fate>) -> Answer {
    let fates: Vec<Fate> = fates.into_iter().collect();
    let texts: Vec<String> = fates.iter().map(ToString::to_string).collect();
    if fates.iter().all(Fate::was_kept_in) {
        return Err(Error::Denied(texts.join("; ")));
    }
    if fates.iter().all(|fate| matches!(fate, Fate::Failed(_))) {
        return Err(Error::ConnectionFailed(texts.join("; ")));
    }
    Ok(MetricResult {
        warnings: texts,
        ..nothing()
    })
}
