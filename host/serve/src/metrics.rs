//! The server's own metrics, beside those of the host. Labels are names of ours: paths as they are routed, and statuses.

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Seconds, to the head of an answer. As those of the host's calls.
const SECONDS: [f64; 10] = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// The counters of a server.
pub(crate) struct HttpMetrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    abandoned: Family<PathLabels, Counter>,
    pub(crate) connections: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabels {
    path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: String,
    status: u16,
}

impl HttpMetrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("metric_serve"),
            requests: Family::default(),
            duration: Histogram::new(SECONDS),
            abandoned: Family::default(),
            connections: Gauge::default(),
        };
        metrics.registry.register(
            "requests",
            "Requests that were answered, by path and status",
            metrics.requests.clone(),
        );
        metrics.registry.register_with_unit(
            "request_duration",
            "From a request's head to the head of its answer",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        metrics.registry.register(
            "requests_abandoned",
            "Requests whose client went away before it had the whole answer, by path",
            metrics.abandoned.clone(),
        );
        metrics.registry.register(
            "connections",
            "Connections that are open",
            metrics.connections.clone(),
        );
        metrics
    }

    pub(crate) fn answered(&self, path: &str, status: u16, took: Duration) {
        let labels = RequestLabels {
            path: path.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(took.as_secs_f64());
    }

    pub(crate) fn abandoned(&self, path: &str) {
        let path = path.to_owned();
        self.abandoned.get_or_create(&PathLabels { path }).inc();
    }

    /// These and the host's, as one text of OpenMetrics.
    pub(crate) fn with(&self, of_the_host: &impl fmt::Display) -> Result<String, fmt::Error> {
        let mut text = of_the_host.to_string();
        text.truncate(text.trim_end().trim_end_matches("# EOF").len());
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sets_of_metrics_are_one_text_with_one_end() {
        let metrics = HttpMetrics::new();
        metrics.answered("/v1/query", 200, Duration::from_millis(1));
        let text = metrics
            .with(&"# TYPE a counter\na_total 1\n# EOF\n")
            .unwrap();
        assert!(
            text.starts_with("# TYPE a counter\na_total 1\n# HELP"),
            "{text}"
        );
        assert!(
            text.contains("metric_serve_requests_total{path=\"/v1/query\",status=\"200\"} 1\n")
        );
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
    }
}
