//! A verb that is called: the body in, the plugin's answer out.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
};

use crate::{
    app::{App, Asking},
    body, freshness,
    problem::Problem,
};

/// Calls the verb of that name with the body.
pub(crate) async fn post(
    app: Arc<App>,
    asking: Asking,
    verb: &'static str,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let request = body::read(&headers, body, &app.limits).await?;
    call(&app, &asking, verb, &headers, &request).await
}

/// Calls the verb of that name with the request.
pub(crate) async fn call(
    app: &App,
    asking: &Asking,
    verb: &'static str,
    headers: &HeaderMap,
    request: &str,
) -> Result<Response, Problem> {
    let service = app.service_for(asking);
    let answer = service.call_json(verb, request).await?;
    let (text, tag) = tagged(answer.text).await?;
    let kept = freshness::cache_control(answer.whole_until, request);
    // The POSTs here ask and change nothing: what GET may be told, they may be told, too.
    let mut response = match freshness::has(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json(text),
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, kept);
    freshness::vary(headers);
    Ok(response)
}

/// The bytes that are digested by the thread which serves requests: a millisecond.
const DIGESTED_AT_ONCE: usize = 1 << 20;

/// A text, and its tag.
async fn tagged(text: String) -> Result<(String, HeaderValue), Problem> {
    let tagged = |text: String| {
        let tag = freshness::tag(&text);
        (text, tag)
    };
    match text.len() <= DIGESTED_AT_ONCE {
        true => Ok(tagged(text)),
        // It ends with the runtime alone.
        false => tokio::task::spawn_blocking(move || tagged(text))
            .await
            .map_err(|_| Problem::unavailable("stopping", "the service is being stopped")),
    }
}

/// A text that is JSON.
pub(crate) fn json(text: String) -> Response {
    let mut response = text.into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
