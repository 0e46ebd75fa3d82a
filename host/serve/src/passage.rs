//! The way of every request: its name, its host, who asks, the line in the log, and the form of what is refused.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use metric_host::RequestId;
use tracing::Instrument as _;

use crate::{
    access::Door,
    app::{App, Asking},
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
    let response = async {
        let (response, caller) = answered(&app, request, next, &id, path).await;
        let status = response.status().as_u16();
        let took = begun.elapsed();
        app.metrics.answered(path, status, took);
        let caller = caller.as_deref();
        tracing::info!(status, ?took, caller, "answered");
        response
    };
    response.instrument(span).await
}

async fn answered(
    app: &App,
    mut request: Request,
    next: Next,
    id: &RequestId,
    path: &str,
) -> (Response, Option<Arc<str>>) {
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
    let caller = admission.as_ref().map(|a| Arc::clone(&a.name));
    let response = response.map(|body| {
        Body::new(Held {
            body,
            _until_sent: admission,
        })
    });
    (response, caller)
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

/// A body that holds something until it has gone out, or its connection is gone.
struct Held<T> {
    body: Body,
    _until_sent: T,
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
