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
    let tag = freshness::tag(&answer.text);
    let kept = freshness::cache_control(answer.whole_until, request);
    // The POSTs here ask and change nothing: what GET may be told, they may be told, too.
    let mut response = match freshness::has(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json(answer.text),
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, kept);
    freshness::vary(headers);
    Ok(response)
}

/// A text that is JSON.
pub(crate) fn json(text: String) -> Response {
    let mut response = text.into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
