//! Requests that an embedder sends by its own hand: the plugin's word, held to what is held that leaves by itself.
//!
//! The policy is `egress/policy.rs`; tenant and scope follow in `egress/mod.rs`. Credentials are not added: they are for
//! the host's own connections. Sends nothing.

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Uri, header,
    uri::{Authority, PathAndQuery, Scheme},
};

use crate::{
    config::{address::Address, limits::Limits},
    contract::{
        deny_reason::DenyReason,
        types::{Config, HttpMethod, HttpRequest, HttpScheme},
    },
    egress::policy::{self, EgressPolicy},
};

/// The request that would leave, for the address in `config`.
pub(crate) fn judged(
    request: HttpRequest,
    config: &Config,
    limits: &Limits,
) -> Result<Request<Bytes>, DenyReason> {
    // There is no such place as one that cannot be read.
    let address = Address::parse(&config.address)
        .map_err(|_| DenyReason::Origin)?
        .with_backend(config.backend);
    let (mut head, body) = read(request)?.into_parts();
    head.uri = EgressPolicy::to(address, limits).judge(&head)?.into_uri();
    policy::drop_headers(&mut head.headers);
    head.headers.remove(header::CONTENT_LENGTH);
    if body.len() > limits.request_bytes {
        return Err(DenyReason::Body);
    }
    Ok(Request::from_parts(head, body))
}

fn read(request: HttpRequest) -> Result<Request<Bytes>, DenyReason> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(match request.scheme {
        HttpScheme::Http => Scheme::HTTP,
        HttpScheme::Https => Scheme::HTTPS,
    });
    parts.authority = Some(Authority::try_from(request.authority).map_err(|_| DenyReason::Origin)?);
    parts.path_and_query =
        Some(PathAndQuery::try_from(request.path_with_query).map_err(|_| DenyReason::Path)?);
    let mut read = Request::new(Bytes::from(request.body));
    *read.uri_mut() = Uri::from_parts(parts).map_err(|_| DenyReason::Path)?;
    *read.method_mut() = match request.method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
    };
    for (name, value) in request.headers {
        let name = HeaderName::try_from(name).map_err(|_| DenyReason::Head)?;
        let value = HeaderValue::try_from(value).map_err(|_| DenyReason::Head)?;
        read.headers_mut().append(name, value);
    }
    Ok(read)
}

/// A judged request, as the contract writes it.
pub(crate) fn written(request: Request<Bytes>) -> Result<HttpRequest, DenyReason> {
    let (head, body) = request.into_parts();
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
    let headers = head.headers.iter().map(|(name, value)| {
        let value = text(value.as_bytes()).map_err(|_| DenyReason::Head)?;
        Ok((name.as_str().to_owned(), value))
    });
    Ok(HttpRequest {
        method: match head.method == Method::POST {
            true => HttpMethod::Post,
            false => HttpMethod::Get,
        },
        scheme: match head.uri.scheme() == Some(&Scheme::HTTPS) {
            true => HttpScheme::Https,
            false => HttpScheme::Http,
        },
        authority: head
            .uri
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default(),
        path_with_query: head
            .uri
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default(),
        headers: headers.collect::<Result<_, DenyReason>>()?,
        body: text(&body).map_err(|_| DenyReason::Body)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HttpRequest {
        HttpRequest {
            method: HttpMethod::Post,
            scheme: HttpScheme::Http,
            authority: "prometheus:9090".to_owned(),
            path_with_query: "/a/api/v1/query_range".to_owned(),
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("content-type".to_owned(), "text/plain".to_owned()),
            ],
            body: "query=up".to_owned(),
        }
    }

    fn passed(request: HttpRequest) -> Result<HttpRequest, DenyReason> {
        let config = Config::new("http://prometheus:9090/a");
        let limits = Limits {
            request_bytes: 100,
            ..Limits::default()
        };
        judged(request, &config, &limits).and_then(written)
    }

    #[test]
    fn what_the_policy_lets_out_is_handed_out_as_it_would_leave() {
        assert_eq!(passed(request()), Ok(request()));
        let mut loud = request();
        loud.authority = "PROMETHEUS:9090".to_owned();
        for header in ["x-scope-orgid", "authorization", "content-length", "host"] {
            loud.headers.push((header.to_owned(), "8".to_owned()));
        }
        assert_eq!(passed(loud), Ok(request()));
    }

    #[test]
    fn what_the_policy_keeps_in_is_not_handed_out() {
        type Change = fn(&mut HttpRequest);
        let changes: [(Change, DenyReason); 9] = [
            (|r| r.authority = "evil:9090".to_owned(), DenyReason::Origin),
            (|r| r.authority = "a b".to_owned(), DenyReason::Origin),
            (|r| r.scheme = HttpScheme::Https, DenyReason::Origin),
            (|r| r.authority.insert_str(0, "u:p@"), DenyReason::UserInfo),
            (
                |r| r.path_with_query = "/a/api/v1/admin/tsdb/snapshot".to_owned(),
                DenyReason::Path,
            ),
            (
                |r| r.path_with_query = "/a/../api/v1/query_range".to_owned(),
                DenyReason::Path,
            ),
            (|r| r.path_with_query = "/\\n".to_owned(), DenyReason::Path),
            (
                |r| r.headers = vec![("a b".to_owned(), String::new())],
                DenyReason::Head,
            ),
            (|r| r.body = "x".repeat(101), DenyReason::Body),
        ];
        for (change, reason) in changes {
            let mut request = request();
            change(&mut request);
            assert_eq!(passed(request.clone()), Err(reason), "{request:?}");
        }
        let config = Config::new("no address");
        let outcome = judged(request(), &config, &Limits::default());
        assert_eq!(outcome.unwrap_err(), DenyReason::Origin);
    }
}
