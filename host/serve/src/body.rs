//! A request's body: JSON, of bounded size, within bounded time.

use axum::body::Body;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::{limits::HttpLimits, problem::Problem};

/// The whole body.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
) -> Result<String, Problem> {
    if !is_json(headers) || headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "accepted is a body with content-type: application/json, and without content-encoding",
        ));
    }
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("a body has at most {} bytes", limits.body_bytes),
        )
    };
    // One that says so itself is not waited for.
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, limits.body_bytes).collect();
    let body = match tokio::time::timeout(limits.body_time, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(too_large());
        }
        Ok(Err(_)) => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "unreadable-body",
                "the body broke off, or is not what its head says",
            ));
        }
        Err(_) => {
            return Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "slow-body",
                format!("a body comes within {:?}", limits.body_time),
            ));
        }
    };
    String::from_utf8(body.into()).map_err(|_| Problem::invalid("request", "the body is no UTF-8"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn accepts(content_type: &'static str) -> bool {
        let value = HeaderValue::from_static(content_type);
        is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
    }

    #[test]
    fn json_is_accepted_whatever_its_parameters_and_nothing_else_is() {
        assert!(accepts("application/json"));
        assert!(accepts("Application/JSON; charset=utf-8"));
        // Types that a page of another origin may send without asking first.
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "",
            "application/jsonp",
        ] {
            assert!(!accepts(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
