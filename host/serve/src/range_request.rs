//! A range as it is asked for: a query, its options, and what a request may set of the configuration.
//!
//! All other verbs hand their bodies to the plugin as they are. This one is read here where its answer is: a stream has no
//! JSON form in the contract, since it is a resource, and of a range the columns are wanted. What is wrong with a body the
//! plugin says, so that it says the same of all.

use metric_host::{
    MetricQuery, MetricService, RangeOptions,
    documents::{self, RequestConfig},
};
use serde::Deserialize;

use crate::problem::Problem;

/// The whole body.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RangeRequest {
    #[serde(with = "documents::query")]
    pub(crate) query: MetricQuery,
    #[serde(default, with = "documents::range_options")]
    pub(crate) options: RangeOptions,
    /// None, or null: nothing.
    pub(crate) config: Option<RequestConfig>,
}

impl RangeRequest {
    /// The request in a body.
    ///
    /// # Errors
    /// What the plugin says of it, or what keeps it from being asked.
    pub(crate) async fn read(body: &str, service: &MetricService) -> Result<Self, Problem> {
        let error = match serde_json::from_str(body) {
            Ok(request) => return Ok(request),
            Err(error) => error,
        };
        // Sends nothing, and takes the same.
        service.call_json("plan", body).await?;
        Err(Problem::invalid("request", error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RangeRequest, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_request_has_a_query_options_and_its_own_of_the_configuration() {
        let request = read(
            r#"{"query": {"metric_name": "mem", "start": "0", "end": "60"}, "options": {"max_points": 7},
                "config": {"partial": true, "timewindow": "5m"}}"#,
        );
        let config = RequestConfig {
            partial: Some(true),
            timewindow: Some(Some("5m".to_owned())),
        };
        let expected = RangeRequest {
            query: MetricQuery::new("mem", "0", "60"),
            options: RangeOptions {
                max_points: Some(7),
                ..RangeOptions::default()
            },
            config: Some(config),
        };
        assert_eq!(request.unwrap(), expected);
    }

    #[test]
    fn what_a_request_does_not_say_is_refused() {
        let query = r#""query": {"metric_name": "mem", "start": "0", "end": "60"}"#;
        assert!(read(&format!("{{{query}}}")).is_ok());
        for text in [
            format!("{{{query}, \"config\": {{\"address\": \"evil:1\"}}}}"),
            format!("{{{query}, \"queries\": []}}"),
            format!("{{{query}, {query}}}"),
            "{}".to_owned(),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
