//! The requests: `POST /api/v1/query_range` with a form, and `GET /api/v1/label/…/values`.

use form_urlencoded::Serializer;
use serde::Serialize;

use super::address::Scheme;
use super::endpoint::{Endpoint, RequestMethod};
use crate::domain::{Dimension, Grid, LabelSchema, METRIC_FAMILY};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// GET, with an empty body.
    Get,
    /// POST, with a form.
    Post,
}

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRequest {
    /// GET or POST.
    pub method: Method,
    /// Plain or TLS.
    pub scheme: Scheme,
    /// `host` or `host:port`.
    pub authority: String,
    /// Path and query, percent-encoded.
    pub path_with_query: String,
    /// Names in lower case; `host` and `content-length` are the sender's business.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Empty for GET.
    pub body: String,
    /// True if it may go as a GET where the server refuses POST.
    #[serde(skip)]
    may_be_get: bool,
}

impl HttpRequest {
    /// The same as a GET, for a server that refuses POST; none where that is not wanted.
    pub fn as_get(&self) -> Option<Self> {
        (self.may_be_get && self.method == Method::Post).then(|| Self {
            method: Method::Get,
            path_with_query: format!("{}?{}", self.path_with_query, self.body),
            headers: vec![ACCEPT],
            body: String::new(),
            may_be_get: false,
            ..self.clone()
        })
    }
}

const ACCEPT: (&str, &str) = ("accept", "application/json");

/// Asks for the points of a grid, by POST unless otherwise configured: the query may be longer than a URL can be.
/// Times go as Unix seconds: Prometheus refuses naive ones, and these are exact.
pub fn range_request(endpoint: &Endpoint, promql: &str, grid: &Grid) -> HttpRequest {
    let mut form = Serializer::new(String::new());
    form.append_pair("query", promql)
        .append_pair("start", &grid.start().to_string())
        .append_pair("end", &grid.end().to_string())
        .append_pair("step", &grid.step().to_string());
    query_request(endpoint, "query_range", form)
}

/// Asks for the values at an instant, Unix milliseconds, likewise; none: at the server's present.
pub fn instant_request(endpoint: &Endpoint, promql: &str, at: Option<i64>) -> HttpRequest {
    let mut form = Serializer::new(String::new());
    form.append_pair("query", promql);
    if let Some(at) = at {
        form.append_pair("time", &seconds(at));
    }
    query_request(endpoint, "query", form)
}

/// Unix seconds, with their milliseconds where there are any.
fn seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    match millis % 1000 {
        0 => format!("{sign}{}", millis / 1000),
        part => format!("{sign}{}.{part:03}", millis / 1000),
    }
}

fn query_request(endpoint: &Endpoint, verb: &str, mut form: Serializer<'_, String>) -> HttpRequest {
    let address = &endpoint.address;
    let post = HttpRequest {
        method: Method::Post,
        scheme: address.scheme,
        authority: address.authority.clone(),
        path_with_query: format!("{}/api/v1/{verb}", address.prefix),
        headers: vec![
            ACCEPT,
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        body: form.extend_pairs(endpoint.parameters).finish(),
        may_be_get: endpoint.method != RequestMethod::Post,
    };
    match endpoint.method {
        RequestMethod::Get => post.as_get().unwrap_or(post),
        RequestMethod::Auto | RequestMethod::Post => post,
    }
}

/// Asks for the names of all metrics in the family.
pub fn metric_names_request(endpoint: &Endpoint, schema: LabelSchema) -> HttpRequest {
    values_request(
        endpoint,
        schema.label(Dimension::MetricName),
        METRIC_FAMILY,
        None,
    )
}

/// Asks for the values of a label among the selected series, within some time (Unix seconds) or of all times. The selector
/// stands in the URL: in the body of a GET Prometheus ignores it.
pub fn values_request(
    endpoint: &Endpoint,
    label: &str,
    selector: &str,
    within: Option<(i64, i64)>,
) -> HttpRequest {
    let address = &endpoint.address;
    let mut parameters = Serializer::new(String::new());
    parameters.append_pair("match[]", selector);
    if let Some((start, end)) = within {
        parameters
            .append_pair("start", &start.to_string())
            .append_pair("end", &end.to_string());
    }
    let parameters = parameters.extend_pairs(endpoint.parameters).finish();
    HttpRequest {
        method: Method::Get,
        scheme: address.scheme,
        authority: address.authority.clone(),
        path_with_query: format!(
            "{}/api/v1/label/{label}/values?{parameters}",
            address.prefix
        ),
        headers: vec![ACCEPT],
        body: String::new(),
        may_be_get: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MetricQuery, Settings, plan};
    use crate::prometheus::{Address, Backend};

    fn endpoint(address: &str, method: RequestMethod, backend: Backend) -> Endpoint {
        Endpoint::new(Address::parse(address).unwrap(), method, backend, false)
    }

    fn prefixed() -> Endpoint {
        endpoint(
            "https://metrics.example/select/0/prometheus",
            RequestMethod::Auto,
            Backend::Auto,
        )
    }

    fn minute(endpoint: &Endpoint) -> HttpRequest {
        range_request(endpoint, "up", &Grid::new(0, 60, 60).unwrap())
    }

    #[test]
    fn an_instant_is_asked_for_to_the_millisecond() {
        let endpoint = endpoint("h:1", RequestMethod::Auto, Backend::Auto);
        let request = |at| instant_request(&endpoint, "up", at);
        assert_eq!(request(None).path_with_query, "/api/v1/query");
        for (at, body) in [
            (None, "query=up"),
            (Some(1_000_000), "query=up&time=1000"),
            (Some(1_000_050), "query=up&time=1000.050"),
            (Some(-1), "query=up&time=-0.001"),
        ] {
            assert_eq!(request(at).body, body);
        }
    }

    #[test]
    fn a_refused_post_may_go_as_a_get_unless_post_was_asked_for() {
        let post = minute(&endpoint("h:1", RequestMethod::Auto, Backend::Auto));
        let get = post.as_get().unwrap();
        assert_eq!(
            get.path_with_query,
            "/api/v1/query_range?query=up&start=0&end=60&step=60"
        );
        assert_eq!(
            (get.method, get.body.as_str(), get.as_get()),
            (Method::Get, "", None)
        );
        assert_eq!(get.headers, [ACCEPT]);
        assert_eq!(
            minute(&endpoint("h:1", RequestMethod::Get, Backend::Auto)),
            get
        );
        assert_eq!(
            minute(&endpoint("h:1", RequestMethod::Post, Backend::Auto)).as_get(),
            None
        );
    }

    #[test]
    fn each_backend_has_its_path_and_its_parameters() {
        for (backend, path, parameters) in [
            (Backend::Prometheus, "", ""),
            (
                Backend::Thanos,
                "",
                "&partial_response=false&dedup=true&max_source_resolution=0s",
            ),
            (Backend::Mimir, "/prometheus", ""),
            (Backend::Victoria, "", ""),
            (
                Backend::VictoriaCluster,
                "/select/0/prometheus",
                "&deny_partial_response=1",
            ),
        ] {
            let endpoint = endpoint("http://h", RequestMethod::Auto, backend);
            let request = minute(&endpoint);
            assert_eq!(
                request.path_with_query,
                format!("{path}/api/v1/query_range")
            );
            assert_eq!(
                request.body,
                format!("query=up&start=0&end=60&step=60{parameters}")
            );
            let names = metric_names_request(&endpoint, LabelSchema::Agent);
            assert!(names.path_with_query.ends_with(parameters));
        }
        // A path that is given is kept.
        let given = endpoint("http://h/mimir/api", RequestMethod::Auto, Backend::Mimir);
        assert_eq!(
            minute(&given).path_with_query,
            "/mimir/api/api/v1/query_range"
        );
    }

    #[test]
    fn a_range_query_is_a_form_with_whole_seconds() {
        let query = MetricQuery {
            metric_name: "mem".into(),
            start: "2026-01-31T09:30:07.5Z".into(),
            end: "2026-01-31T10:00:00Z".into(),
            ..Default::default()
        };
        let plan = plan(&Settings::default(), &query).unwrap();
        let request = range_request(&prefixed(), &plan.promql, &plan.grid);
        assert_eq!(
            request.path_with_query,
            "/select/0/prometheus/api/v1/query_range"
        );
        assert_eq!(
            request.body,
            "query=sum+by+%28value_type%29%28backendai_container_utilization%7Bcontainer_metric_name%3D%22mem%22%7D%29&start=1769851800&end=1769853600&step=30"
        );
    }

    #[test]
    fn the_matcher_of_a_label_request_stands_in_the_url() {
        let request = metric_names_request(&prefixed(), LabelSchema::Agent);
        assert_eq!(request.method, Method::Get);
        assert_eq!(
            request.path_with_query,
            "/select/0/prometheus/api/v1/label/container_metric_name/values?match%5B%5D=backendai_container_utilization"
        );
        assert!(request.body.is_empty());
    }
}
