//! The requests that may leave the sandbox. Default deny.
//!
//! | part    | allowed                                                                         |
//! |---------|---------------------------------------------------------------------------------|
//! | origin  | scheme, host and port of the configured address                                 |
//! | method  | GET, POST                                                                       |
//! | path    | the address's prefix, and one of `query_range`, `query`, `labels`, `series`,    |
//! |         | `metadata`, `label/NAME/values`, `status/buildinfo` under `/api/v1/`; literally |
//! | headers | the five of [`may_set_header`]; others are dropped                              |
//! | head    | so many bytes and headers, before any is dropped                                |
//!
//! Judges, and decides what goes out. Neither sends nor waits.

use http::{
    HeaderMap, HeaderName, Method, Uri, header, request,
    uri::{Authority, PathAndQuery, Scheme},
};

use crate::{
    config::{address::Address, limits::Limits},
    contract::deny_reason::DenyReason,
};

/// The policy for one configured Prometheus.
#[derive(Debug)]
pub(crate) struct EgressPolicy {
    address: Address,
    head_bytes: usize,
    headers: usize,
}

/// A request's target that has passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target(Uri);

impl Target {
    pub(crate) fn into_uri(self) -> Uri {
        self.0
    }
}

impl EgressPolicy {
    pub(crate) fn to(address: Address, limits: &Limits) -> Self {
        Self {
            address,
            head_bytes: limits.request_head_bytes,
            headers: limits.request_headers,
        }
    }

    /// Judges a request, and gives the target to send it to: the origin as it was configured, not as
    /// the plugin wrote it.
    pub(crate) fn judge(&self, head: &request::Parts) -> Result<Target, DenyReason> {
        let (method, uri) = (&head.method, &head.uri);
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(DenyReason::UserInfo);
        }
        let origin = uri.scheme().zip(uri.authority());
        if !origin.is_some_and(|(scheme, authority)| self.is_origin(scheme, authority)) {
            return Err(DenyReason::Origin);
        }
        if method != Method::GET && method != Method::POST {
            return Err(DenyReason::Method);
        }
        if self.endpoint(uri.path()).is_none() {
            return Err(DenyReason::Path);
        }
        let path_and_query = uri.path_and_query().ok_or(DenyReason::Path)?;
        if !self.is_head_within_limits(path_and_query, &head.headers) {
            return Err(DenyReason::Head);
        }
        self.target(path_and_query.clone())
    }

    fn is_head_within_limits(&self, path: &PathAndQuery, headers: &HeaderMap) -> bool {
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        headers.len() <= self.headers && path.as_str().len() + bytes <= self.head_bytes
    }

    fn is_origin(&self, scheme: &Scheme, authority: &Authority) -> bool {
        self.address.is_origin(scheme, authority)
    }

    /// The endpoint that a path leads to. Compared byte by byte: whatever is encoded, doubled or dotted differs, and is
    /// none.
    pub(crate) fn endpoint(&self, path: &str) -> Option<&'static str> {
        const ENDPOINTS: [&str; 6] = [
            "query_range",
            "query",
            "labels",
            "series",
            "metadata",
            "status/buildinfo",
        ];
        let endpoint = path
            .strip_prefix(self.address.prefix())?
            .strip_prefix("/api/v1/")?;
        let label = || {
            let rest = endpoint.strip_prefix("label/")?;
            rest.strip_suffix("/values")
                .filter(|name| is_label_name(name))
        };
        let known = ENDPOINTS.into_iter().find(|known| *known == endpoint);
        known.or_else(|| label().map(|_| "label/NAME/values"))
    }

    fn target(&self, path_and_query: PathAndQuery) -> Result<Target, DenyReason> {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.address.scheme().clone());
        parts.authority = Some(self.address.authority().clone());
        parts.path_and_query = Some(path_and_query);
        Uri::from_parts(parts)
            .map(Target)
            .map_err(|_| DenyReason::Path)
    }
}

/// Prometheus's classic label names, which its UTF-8 names are written as, too (`U__…`).
fn is_label_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Returns true if the plugin may set this header. `content-length` is among them, but is written anew.
pub(crate) fn may_set_header(name: &HeaderName) -> bool {
    [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::USER_AGENT,
    ]
    .contains(name)
}

/// Drops the headers that the plugin may not set.
pub(crate) fn drop_headers(headers: &mut HeaderMap) {
    let dropped: Vec<HeaderName> = headers
        .keys()
        .filter(|name| !may_set_header(name))
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::Backend;

    fn head(method: &str, uri: &str) -> request::Parts {
        let request = http::Request::builder().method(method).uri(uri);
        request.body(()).unwrap().into_parts().0
    }

    fn egress(address: &str) -> EgressPolicy {
        EgressPolicy::to(Address::parse(address).unwrap(), &Limits::default())
    }

    fn judge(address: &str, method: &str, uri: &str) -> Result<String, DenyReason> {
        egress(address)
            .judge(&head(method, uri))
            .map(|target| target.into_uri().to_string())
    }

    #[test]
    fn what_the_service_needs_passes() {
        for path in [
            "/api/v1/query_range",
            "/api/v1/query?query=up",
            "/api/v1/label/container_metric_name/values?match[]=x",
            "/api/v1/labels",
            "/api/v1/series?match[]=%7B%7D",
            "/api/v1/metadata",
            "/api/v1/status/buildinfo",
        ] {
            for method in ["GET", "POST"] {
                let uri = format!("http://prometheus:9090{path}");
                assert_eq!(judge("prometheus:9090", method, &uri), Ok(uri.clone()));
            }
        }
    }

    #[test]
    fn the_target_is_the_configured_origin_however_the_plugin_writes_it() {
        for (address, uri, target) in [
            (
                "prometheus:9090",
                "http://PROMETHEUS:9090/api/v1/query",
                "http://prometheus:9090/api/v1/query",
            ),
            (
                "http://prometheus",
                "http://prometheus:80/api/v1/query",
                "http://prometheus/api/v1/query",
            ),
            (
                "https://prometheus:443/x",
                "https://prometheus/x/api/v1/query",
                "https://prometheus:443/x/api/v1/query",
            ),
            (
                "[::1]:9090",
                "http://[::1]:9090/api/v1/query",
                "http://[::1]:9090/api/v1/query",
            ),
        ] {
            assert_eq!(judge(address, "GET", uri), Ok(target.to_owned()));
        }
    }

    #[test]
    fn another_origin_is_refused() {
        for uri in [
            "https://prometheus:9090/api/v1/query",
            "http://prometheus/api/v1/query",
            "http://prometheus:9091/api/v1/query",
            "http://prometheus.evil:9090/api/v1/query",
            "http://evil:9090/api/v1/query",
            "http://prometheus.:9090/api/v1/query",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(
                judge("prometheus:9090", "GET", uri),
                Err(DenyReason::Origin),
                "{uri}"
            );
        }
    }

    #[test]
    fn credentials_in_the_authority_are_refused_whoever_they_are_for() {
        for uri in [
            "http://prometheus:9090@evil/api/v1/query",
            "http://evil@prometheus:9090/api/v1/query",
            "http://user:password@prometheus:9090/api/v1/query",
            "http://@prometheus:9090/api/v1/query",
        ] {
            assert_eq!(
                judge("prometheus:9090", "GET", uri),
                Err(DenyReason::UserInfo),
                "{uri}"
            );
        }
    }

    #[test]
    fn a_head_with_too_much_in_it_is_refused() {
        let limits = Limits::default();
        let uri = |length: usize| {
            let rest = "/api/v1/query?query=".len();
            format!(
                "http://prometheus:9090/api/v1/query?query={}",
                "x".repeat(length - rest)
            )
        };
        let egress = egress("prometheus:9090");
        let judged = |head: &request::Parts| egress.judge(head).map(drop);
        let whole = limits.request_head_bytes;
        assert_eq!(judged(&head("GET", &uri(whole))), Ok(()));
        assert_eq!(judged(&head("GET", &uri(whole + 1))), Err(DenyReason::Head));

        let mut with_header = head("GET", &uri(whole - 5));
        with_header.headers.insert("x", "1234".parse().unwrap());
        assert_eq!(judged(&with_header), Ok(()));
        with_header.headers.insert("x", "12345".parse().unwrap());
        assert_eq!(judged(&with_header), Err(DenyReason::Head));

        let mut many = head("GET", "http://prometheus:9090/api/v1/query");
        for _ in 0..limits.request_headers {
            many.headers.append("x", "".parse().unwrap());
        }
        assert_eq!(judged(&many), Ok(()));
        many.headers.append("x", "".parse().unwrap());
        assert_eq!(judged(&many), Err(DenyReason::Head));
    }

    #[test]
    fn another_path_is_refused_whatever_its_disguise() {
        for path in [
            "/",
            "/api/v1",
            "/api/v1/",
            "/api/v1/admin/tsdb/delete_series",
            "/api/v1/write",
            "/api/v1/status/config",
            "/api/v1/query/",
            "/api/v1/query/../admin/tsdb/snapshot",
            "/api/v1//query",
            "//api/v1/query",
            "/api/v1/%71uery",
            "/api/v1/query%2f",
            "/api/v1/label/../values",
            "/api/v1/label/%2e%2e/values",
            "/api/v1/label/a/b/values",
            "/api/v1/label//values",
            "/api/v1/label/values",
            "/api/v1/label/a/values/",
            "/API/v1/query",
            "/prefix/api/v1/query",
            "/-/quit",
            "/metrics",
        ] {
            let uri = format!("http://prometheus:9090{path}");
            assert_eq!(
                judge("prometheus:9090", "GET", &uri),
                Err(DenyReason::Path),
                "{path}"
            );
        }
    }

    #[test]
    fn a_prefix_is_required_where_one_is_configured() {
        let address = "http://proxy/prom";
        assert!(judge(address, "GET", "http://proxy/prom/api/v1/query").is_ok());
        for path in [
            "/api/v1/query",
            "/prometheus/api/v1/query",
            "/prom//api/v1/query",
            "/other/../prom/api/v1/query",
        ] {
            assert_eq!(
                judge(address, "GET", &format!("http://proxy{path}")),
                Err(DenyReason::Path),
                "{path}"
            );
        }
    }

    #[test]
    fn a_backends_path_and_parameters_pass() {
        for (backend, prefix, parameters) in [
            (
                Backend::Thanos,
                "",
                "partial_response=false&dedup=true&max_source_resolution=0s",
            ),
            (Backend::Mimir, "/prometheus", ""),
            (
                Backend::VictoriaCluster,
                "/select/0/prometheus",
                "deny_partial_response=1",
            ),
        ] {
            let address = Address::parse("h:1").unwrap().with_backend(backend);
            let egress = EgressPolicy::to(address, &Limits::default());
            for endpoint in ["query_range", "query", "label/x/values"] {
                let uri = format!("http://h:1{prefix}/api/v1/{endpoint}?query=up&{parameters}");
                for method in ["GET", "POST"] {
                    let target = egress.judge(&head(method, &uri)).unwrap();
                    assert_eq!(target.into_uri().to_string(), uri);
                }
            }
            // No tenant but the default one.
            for other in [
                "/select/1/prometheus",
                "/select/multitenant/prometheus",
                "/x",
            ] {
                let uri = format!("http://h:1{other}/api/v1/query");
                assert_eq!(egress.judge(&head("GET", &uri)), Err(DenyReason::Path));
            }
        }
    }

    #[test]
    fn other_methods_are_refused() {
        for method in [
            "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get",
        ] {
            assert_eq!(
                judge(
                    "prometheus:9090",
                    method,
                    "http://prometheus:9090/api/v1/query"
                ),
                Err(DenyReason::Method),
                "{method}"
            );
        }
    }

    #[test]
    fn headers_that_the_plugin_may_not_set_are_dropped() {
        let mut headers = HeaderMap::new();
        for name in [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "cookie",
            "host",
            "user-agent",
            "x-scope-orgid",
        ] {
            headers.insert(HeaderName::from_static(name), "1".parse().unwrap());
        }
        drop_headers(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [
                "accept",
                "accept-encoding",
                "content-length",
                "content-type",
                "user-agent"
            ]
        );
    }
}
