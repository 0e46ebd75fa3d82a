//! A real Prometheus accepts every query that the plugin writes, and finds in it exactly what went in: its own
//! formatting of the query, which it prints from its own tree, reads as the contract promises.

use std::cell::Cell;

use metric_callers::{Asked, Expected, Query, Reading, asked, expected, trials};
use metric_tests::Testbed;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::convert;

#[test]
fn prometheus_finds_in_every_query_exactly_what_went_in() {
    let prometheus = Asking::the_real_one();
    let accepted = Cell::new(0);
    trials(2_000, asked().prop_map(Asked::at_a_known_time), |asked| {
        let (Some(promql), Expected::Query(expected)) =
            (prometheus.promql(&asked), expected(&asked))
        else {
            return Ok(());
        };
        let formatted = prometheus.ask("format_query", &[("query", &promql)])?;
        let formatted = formatted["data"].as_str().unwrap_or_default();
        let read = Reading::of(formatted).map(Reading::with_sorted_matchers);
        prop_assert_eq!(read, Some(expected.with_sorted_matchers()), "{}", formatted);
        accepted.set(accepted.get() + 1);
        Ok(())
    });
    println!("{} queries were put before Prometheus", accepted.get());
    assert!(accepted.get() > 0);
}

#[test]
fn prometheus_evaluates_every_query() {
    let prometheus = Asking::the_real_one();
    trials(700, asked(), |asked| {
        // The times would be refused more often than the query, and are not what is tried here.
        let asked = Asked {
            query: Query {
                start: time("1700000000"),
                end: time("1700003600"),
                ..asked.query
            },
            ..asked
        };
        let Some(promql) = prometheus.promql(&asked) else {
            return Ok(());
        };
        let range = [
            ("query", promql.as_str()),
            ("start", "1700000000"),
            ("end", "1700003600"),
            ("step", "600"),
        ];
        let answer = prometheus.ask("query_range", &range)?;
        prop_assert_eq!(&answer["data"]["resultType"], "matrix");
        Ok(())
    });
}

fn time(text: &str) -> metric_callers::Time {
    metric_callers::Time {
        text: text.to_owned(),
        meaning: metric_callers::Meaning::Unclear,
    }
}

/// The plugin, and a plain client of the server that its queries are for.
struct Asking {
    plugin: metric_host::Plugin,
    runtime: Runtime,
    client: ureq::Agent,
    address: String,
}

impl Asking {
    fn the_real_one() -> Self {
        Self {
            plugin: metric_tests::plugin().unwrap(),
            runtime: Runtime::new().unwrap(),
            client: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .build()
                .into(),
            address: Testbed::shared().unwrap().server.address(),
        }
    }

    fn promql(&self, asked: &Asked) -> Option<String> {
        let service = self
            .plugin
            .offline(convert::config(asked, &self.address))
            .unwrap();
        let query = convert::query(&asked.query);
        self.runtime.block_on(service.build_promql(&query)).ok()
    }

    /// An answer that is a success.
    fn ask(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<Value, TestCaseError> {
        let url = format!("http://{}/api/v1/{endpoint}", self.address);
        let failed = |error: &dyn std::fmt::Display| TestCaseError::fail(error.to_string());
        let form = form.iter().copied();
        let mut response = self
            .client
            .post(&url)
            .send_form(form)
            .map_err(|error| failed(&error))?;
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(|error| failed(&error))?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        prop_assert_eq!(&answer["status"], "success", "{}", text);
        Ok(answer)
    }
}
