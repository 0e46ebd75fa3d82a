//! The way of every request: its name, its host, who asks, the line in the log, and the form of what is refused.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use metric_host::RequestId;
use tracing::Instrument as _;

use crate::{
    access::{Admission, Door},
    app::{App, Asking},
    held::{AtEnd, Held},
    metrics::HttpMetrics,
    problem::Problem,
    trace_context,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// In every answer: it is what it says it is, is shown in no other's page, and tells no other where it came from.
const OF_ALL: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Sees a request through.
pub(crate) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (id, trace) = name(request.headers());
    // The path as it is routed, a name of ours: what stands in a path is the caller's.
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("none", MatchedPath::as_str);
    let method = method(request.method());
    let span = tracing::info_span!("request", request_id = %id, trace, method, path);
    let waiting = UntilAnswered(Some(UntilSent {
        metrics: Arc::clone(&app.metrics),
        id: id.clone(),
        path: path.to_owned(),
        begun,
        _admission: None,
    }));
    let response = async {
        let (response, admission) = answered(&app, request, next, &id, path).await;
        let status = response.status().as_u16();
        let took = begun.elapsed();
        app.metrics.answered(path, status, took);
        let caller = admission.as_ref().map(|admission| &*admission.name);
        tracing::info!(status, ?took, caller, "answered");
        match waiting.answered() {
            None => response,
            Some(until_sent) => {
                let until_sent = UntilSent {
                    _admission: admission,
                    ..until_sent
                };
                response.map(|body| Body::new(Held::new(body, until_sent)))
            }
        }
    };
    response.instrument(span).await
}

async fn answered(
    app: &App,
    mut request: Request,
    next: Next,
    id: &RequestId,
    path: &str,
) -> (Response, Option<Arc<Admission>>) {
    let admitted = app
        .check_host(request.uri(), request.headers())
        .and_then(|()| app.admit(door(path), request.headers()));
    let (response, admission) = match admitted {
        Ok(admission) => {
            let admission = admission.map(Arc::new);
            request.extensions_mut().insert(Asking {
                id: id.clone(),
                admission: admission.clone(),
            });
            (next.run(request).await, admission)
        }
        Err(problem) => (problem.into_response(), None),
    };
    let mut response = written(response, id);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in OF_ALL {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (response, admission)
}

/// The door of a path. A path that is routed nowhere is nobody's secret.
fn door(path: &str) -> Door {
    match crate::page::is_of_the_page(path) || path == "none" {
        true => Door::Open,
        false => Door::of(Some(path)),
    }
}

/// A response, with its problem in words.
fn written(mut response: Response, id: &RequestId) -> Response {
    let problem = response.extensions_mut().remove::<Problem>();
    match problem.or_else(|| Problem::of_router(&response)) {
        None => response,
        Some(problem) => problem.write(id.as_str()),
    }
}

/// The request's name, by which the log knows it and its calls: the client's own, that of the trace that it belongs to, or
/// one that is drawn.
fn name(headers: &HeaderMap) -> (RequestId, Option<&str>) {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let trace = text(&trace_context::TRACEPARENT).and_then(trace_context::trace_id);
    let own = text(&REQUEST_ID).or(trace);
    let id = own.and_then(|id| RequestId::new(id).ok());
    (id.unwrap_or_else(RequestId::drawn), trace)
}

/// A word of ours for each method.
fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}

/// A request that has no answer yet, or whose answer is on its way. Dropped before it has gone out, its client went away.
struct UntilSent {
    metrics: Arc<HttpMetrics>,
    id: RequestId,
    path: String,
    begun: Instant,
    /// The caller's place among those that it may have under way.
    _admission: Option<Arc<Admission>>,
}

impl AtEnd for UntilSent {
    fn broke_off(&mut self) {
        self.metrics.abandoned(&self.path);
        let (request_id, path, took) = (&self.id, &*self.path, self.begun.elapsed());
        tracing::info!(%request_id, path, ?took, "the client went away before it had the whole answer");
    }
}

/// The same, as long as there is no answer.
struct UntilAnswered(Option<UntilSent>);

impl UntilAnswered {
    fn answered(mut self) -> Option<UntilSent> {
        self.0.take()
    }
}

impl Drop for UntilAnswered {
    fn drop(&mut self) {
        if let Some(waiting) = &mut self.0 {
            waiting.broke_off();
        }
    }
}
