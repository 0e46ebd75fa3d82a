//! A verb that is called: the body in, the plugin's answer out.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
};

use metric_host::{CallError, ServiceError};

use crate::{
    answer::{self, Answer},
    app::{App, Asking},
    body, freshness,
    held::Held,
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
    let most = app.limits.answer_bytes;
    let within = service.timeout();
    // The text is made within the call's time, too.
    let making = async {
        let answered = answer::ask(&service, verb, request).await?;
        let whole_until = answered.whole_until;
        Ok((Text::of(answered.answer, most).await?, whole_until))
    };
    let made = tokio::time::timeout(within, making).await;
    let (Text { text, tag }, whole_until) = made.unwrap_or_else(|_| Err(late(within)))?;
    // The POSTs here ask and change nothing: what GET may be told, they may be told, too.
    let mut response = match freshness::has(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => held(app, text)?,
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(
        CACHE_CONTROL,
        freshness::cache_control(whole_until, request),
    );
    freshness::vary(headers);
    Ok(response)
}

/// The bytes that are written and digested by the thread which serves requests: some milliseconds.
const MADE_AT_ONCE: usize = 1 << 20;

/// A text, and its tag.
struct Text {
    text: Vec<u8>,
    tag: HeaderValue,
}

impl Text {
    async fn of(answer: Answer, most: usize) -> Result<Self, Problem> {
        match answer.estimated_bytes() <= MADE_AT_ONCE {
            true => Self::made(answer, most),
            // It ends with the runtime alone.
            false => tokio::task::spawn_blocking(move || Self::made(answer, most))
                .await
                .map_err(|_| Problem::unavailable("stopping", "the service is being stopped"))?,
        }
    }

    fn made(answer: Answer, most: usize) -> Result<Self, Problem> {
        let text = answer.into_text(most)?;
        Ok(Self {
            tag: freshness::tag(&text),
            text,
        })
    }
}

fn late(within: Duration) -> Problem {
    let why = format!("the answer was not written within {within:?} from the call");
    CallError::from(ServiceError::TimedOut(why)).into()
}

/// The text as a body, which counts until it has gone out.
fn held(app: &App, text: Vec<u8>) -> Result<Response, Problem> {
    let hold = app.held.hold(text.len()).ok_or_else(|| {
        Problem::unavailable(
            "overloaded",
            format!(
                "answers of {} bytes wait for those who asked to take them: no more are kept",
                app.limits.held_bytes
            ),
        )
    })?;
    Ok(json(text).map(|body| Body::new(Held::new(body, hold))))
}

/// A text that is JSON.
pub(crate) fn json(text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
