//! The table of paths, each with the function that answers it.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::rejection::PathRejection,
    extract::{Path, RawQuery, State},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use tower_http::compression::CompressionLayer;

use crate::{
    app::{App, Asking},
    call, openapi, page, passage,
    problem::Problem,
    stream, values,
    verbs::{METRICS, STREAM, VALUES, VERBS},
};

/// Not kept by anybody: it is about this moment.
const NOW: HeaderValue = HeaderValue::from_static("no-store");

/// All paths.
pub(crate) fn router(app: Arc<App>, description: String) -> Router {
    let mut router = Router::new();
    for verb in VERBS {
        let name = verb.name;
        let answer = move |State(app), Extension(asking), headers: HeaderMap, body: Body| {
            call::post(app, asking, name, headers, body)
        };
        router = router.route(verb.path, post(answer));
    }
    for (path, file) in page::files() {
        let answer = move |headers: HeaderMap| async move { page::answer(file, &headers) };
        router = router.route(&path, get(answer));
    }
    let openapi = move || {
        let text = description.clone();
        async move { call::json(text) }
    };
    router
        .route(STREAM, post(open_stream))
        .route(METRICS, get(metadata))
        .route(VALUES, get(list_values))
        .route("/openapi.json", get(openapi))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            passage::pass,
        ))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// The description of the API, as text.
pub(crate) fn description() -> Result<String, serde_json::Error> {
    serde_json::to_string(&openapi::document()?)
}

async fn open_stream(
    State(app): State<Arc<App>>,
    Extension(asking): Extension<Asking>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    stream::post(app, asking, headers, body).await
}

async fn metadata(
    State(app): State<Arc<App>>,
    Extension(asking): Extension<Asking>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let request = values::metadata(query.as_deref())?;
    call::call(&app, &asking, "query-metadata", &headers, &request).await
}

async fn list_values(
    State(app): State<Arc<App>>,
    Extension(asking): Extension<Asking>,
    dimension: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Path(dimension) =
        dimension.map_err(|error| Problem::invalid("dimension", error.body_text()))?;
    let request = values::values(&dimension, query.as_deref())?;
    call::call(&app, &asking, "values", &headers, &request).await
}

async fn healthz() -> Response {
    ([(CACHE_CONTROL, NOW)], "ok\n").into_response()
}

/// Tells if requests may be sent here. The reason why not is for the log: a probe has no token.
async fn readyz(State(app): State<Arc<App>>) -> Response {
    if app.is_stopping() {
        return Problem::unavailable("stopping", "the service is being stopped").into_response();
    }
    match app.readiness.check().await {
        Ok(()) => ([(CACHE_CONTROL, NOW)], "ready\n").into_response(),
        Err(reason) => {
            tracing::warn!(reason, "not ready");
            Problem::unavailable("not-ready", "Prometheus cannot be asked").into_response()
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    match app.metrics.with(&app.host.metrics()) {
        Ok(text) => ([(CONTENT_TYPE, kind), (CACHE_CONTROL, NOW)], text).into_response(),
        // Writing into a text does not fail.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn nothing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "there is nothing at this path; /openapi.json lists those there are",
    )
}
