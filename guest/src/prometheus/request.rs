//! The requests: `POST /api/v1/query_range` with a form, and `GET /api/v1/label/…/values`.

use form_urlencoded::Serializer;

use super::address::{Address, Scheme};
use crate::domain::{Dimension, Grid, LabelSchema, METRIC_FAMILY};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, with an empty body.
    Get,
    /// POST, with a form.
    Post,
}

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

const ACCEPT: (&str, &str) = ("accept", "application/json");

/// Asks for the points of a grid. A POST: the query may be longer than a URL can be.
/// Times go as Unix seconds: Prometheus refuses naive ones, and these are exact.
pub fn range_request(address: &Address, promql: &str, grid: &Grid) -> HttpRequest {
    let body = Serializer::new(String::new())
        .append_pair("query", promql)
        .append_pair("start", &grid.start().to_string())
        .append_pair("end", &grid.end().to_string())
        .append_pair("step", &grid.step().to_string())
        .finish();
    HttpRequest {
        method: Method::Post,
        scheme: address.scheme,
        authority: address.authority.clone(),
        path_with_query: format!("{}/api/v1/query_range", address.prefix),
        headers: vec![
            ACCEPT,
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        body,
    }
}

/// Asks for the names of all metrics in the family. The matcher stands in the URL: in the body of a GET
/// Prometheus ignores it.
pub fn metric_names_request(address: &Address, schema: LabelSchema) -> HttpRequest {
    let matcher = Serializer::new(String::new())
        .append_pair("match[]", METRIC_FAMILY)
        .finish();
    HttpRequest {
        method: Method::Get,
        scheme: address.scheme,
        authority: address.authority.clone(),
        path_with_query: format!(
            "{}/api/v1/label/{}/values?{matcher}",
            address.prefix,
            schema.label(Dimension::MetricName)
        ),
        headers: vec![ACCEPT],
        body: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MetricQuery, Settings, plan};

    fn address() -> Address {
        Address::parse("https://metrics.example/select/0/prometheus").unwrap()
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
        let request = range_request(&address(), &plan.promql, &plan.grid);
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
        let request = metric_names_request(&address(), LabelSchema::Agent);
        assert_eq!(request.method, Method::Get);
        assert_eq!(
            request.path_with_query,
            "/select/0/prometheus/api/v1/label/container_metric_name/values?match%5B%5D=backendai_container_utilization"
        );
        assert!(request.body.is_empty());
    }
}
