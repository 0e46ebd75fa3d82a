//! Plays cases, each through every interface of the component that has the call: starts a scripted Prometheus where
//! one is needed, and holds the answer, the requests and the time against what the case expects. Knows a component
//! only as a [`Subject`].

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::timeout;

use crate::case::{Case, PROMETHEUS, Script};
use crate::expectation::Mismatch;
use crate::interface::Interface;
use crate::report::CaseReport;
use crate::response::Fault;
use crate::scripted::ScriptedPrometheus;
use crate::sent::SentRequest;
use crate::subject::Subject;

/// The address of Prometheus that calls without I/O are given: they must not go there.
const NOWHERE: &str = "127.0.0.1:9090";

/// No case needs this long. A plugin that does has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the cases, one after the other.
pub(crate) async fn play(subject: &impl Subject, cases: &[Case]) -> Vec<CaseReport> {
    let mut reports = Vec::with_capacity(cases.len());
    for case in cases {
        let interfaces = subject
            .interfaces()
            .iter()
            .filter(|interface| interface.has(&case.call));
        if interfaces.clone().next().is_none() {
            // An interface that the component's world does not have.
            continue;
        }
        let start = Instant::now();
        let mut mismatches = Vec::new();
        for interface in interfaces {
            for found in play_through(subject, *interface, case).await {
                merge(&mut mismatches, found, *interface);
            }
        }
        reports.push(CaseReport::new(
            case.level(),
            &case.name,
            &case.topic,
            &case.about,
            mismatches,
            start.elapsed(),
        ));
    }
    reports
}

/// Joins mismatches that several interfaces have alike.
fn merge(mismatches: &mut Vec<Mismatch>, mut found: Mismatch, interface: Interface) {
    match mismatches.iter_mut().find(|known| known.says_as(&found)) {
        Some(known) => known.interfaces.push(interface),
        None => {
            found.interfaces.push(interface);
            mismatches.push(found);
        }
    }
}

async fn play_through(subject: &impl Subject, interface: Interface, case: &Case) -> Vec<Mismatch> {
    let script = case.call.script();
    let server = match script {
        Some(script) => match ScriptedPrometheus::start(script.answers()).await {
            Ok(server) => Some(server),
            Err(error) => {
                let wanted = "a port on the loopback";
                return vec![Mismatch::new("the kit", wanted, &error.to_string())];
            }
        },
        None => None,
    };
    let (default_address, authority) = match &server {
        Some(server) => (PROMETHEUS, server.authority()),
        None => (NOWHERE, NOWHERE.to_owned()),
    };
    let address = case.config.address.as_deref().unwrap_or(default_address);
    let config = case.config.at(address.replace(PROMETHEUS, &authority));

    let start = Instant::now();
    let answer = timeout(PATIENCE, subject.answer(interface, &config, case)).await;
    let took = start.elapsed();
    let Ok(answer) = answer else {
        let came = format!("nothing within {PATIENCE:?}");
        return vec![Mismatch::new("", &case.expect.to_string(), &came)];
    };
    let mut mismatches = case.expect.compare("", &answer);
    if let Some(within) = case.within
        && took > within
    {
        let wanted = format!("at most {within:?}");
        mismatches.push(Mismatch::new("time", &wanted, &format!("{took:?}")));
    }
    if let (Some(script), Some(server)) = (script, &server) {
        let sent: Vec<Value> = server.sent().iter().map(SentRequest::to_value).collect();
        mismatches.extend(compare_requests(script, &sent));
    }
    mismatches
}

/// The `n`th request against the `n`th exchange, further ones against the last.
fn compare_requests(script: &Script, sent: &[Value]) -> Vec<Mismatch> {
    if script
        .exchanges
        .iter()
        .any(|(_, answer)| answer.fault == Some(Fault::Refuse))
    {
        return Vec::new();
    }
    let mut mismatches = Vec::new();
    for (index, request) in sent.iter().enumerate() {
        if let Some((expected, _)) = script.exchanges.get(index).or(script.exchanges.last()) {
            mismatches.extend(expected.compare(&format!("request[{index}]"), request));
        }
    }
    let wanted = script.exchanges.len();
    if sent.len() < wanted || (sent.len() > wanted && !script.may_retry) {
        let expected = format!("{wanted}{}", if script.may_retry { " or more" } else { "" });
        let came = sent.len().to_string();
        mismatches.push(Mismatch::new("number of requests", &expected, &came));
    }
    mismatches
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::case::parse_file;
    use crate::input::ConfigInput;

    /// Answers everything with this, after it sent so many GETs for `/path` to the address.
    struct Parrot {
        answer: Value,
        requests: usize,
        delay: Duration,
    }

    impl Subject for Parrot {
        fn interfaces(&self) -> &[Interface] {
            &[Interface::MetricService, Interface::Codec]
        }

        async fn answer(&self, _: Interface, config: &ConfigInput, _: &Case) -> Value {
            for _ in 0..self.requests {
                let address = config.to_config().address;
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                stream
                    .write_all(b"GET /path HTTP/1.1\r\nhost: x\r\n\r\n")
                    .await
                    .unwrap();
                stream.read_to_end(&mut Vec::new()).await.unwrap();
            }
            tokio::time::sleep(self.delay).await;
            self.answer.clone()
        }
    }

    fn parrot(answer: Value, requests: usize) -> Parrot {
        Parrot {
            answer,
            requests,
            delay: Duration::ZERO,
        }
    }

    async fn report(subject: &Parrot, case: Value) -> CaseReport {
        let cases = parse_file("folder/file.json", &json!([case]).to_string()).unwrap();
        play(subject, &cases).await.remove(0)
    }

    fn pure() -> Value {
        json!({"name": "a-case", "about": "why", "call": "build-promql", "expect": {"result": "x"}})
    }

    fn with_service(path: &str) -> Value {
        json!({"name": "a-case", "about": "why", "call": "query-metadata",
               "exchanges": [{"request": {"method": "get", "path": path}, "answer": {"body": "ok"}}],
               "expect": {"result": "x"}})
    }

    #[tokio::test]
    async fn the_right_answer_passes_and_a_wrong_one_fails() {
        assert!(
            report(&parrot(json!({"result": "x"}), 0), pure())
                .await
                .passed()
        );
        for wrong in [
            json!({"result": "y"}),
            json!({"error": {"denied": "x"}}),
            json!({"broken": "trap"}),
        ] {
            let report = report(&parrot(wrong.clone(), 0), pure()).await;
            assert!(!report.passed(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn the_right_request_passes_and_a_wrong_one_fails() {
        assert!(
            report(&parrot(json!({"result": "x"}), 1), with_service("/path"))
                .await
                .passed()
        );
        let report = report(&parrot(json!({"result": "x"}), 1), with_service("/other")).await;
        assert!(
            report.to_string().contains("at request[0].path"),
            "{report}"
        );
    }

    #[tokio::test]
    async fn the_number_of_requests_counts_unless_retries_are_allowed() {
        for requests in [0, 2] {
            let report = report(
                &parrot(json!({"result": "x"}), requests),
                with_service("/path"),
            )
            .await;
            assert!(
                report.to_string().contains("at number of requests"),
                "{report}"
            );
        }
        let mut case = with_service("/path");
        case["may-retry"] = json!(true);
        assert!(
            report(&parrot(json!({"result": "x"}), 2), case.clone())
                .await
                .passed()
        );
        assert!(
            !report(&parrot(json!({"result": "x"}), 0), case)
                .await
                .passed()
        );
    }

    #[tokio::test]
    async fn a_case_with_no_exchange_allows_no_request() {
        let mut case = with_service("/path");
        case["exchanges"] = json!([]);
        assert!(
            report(&parrot(json!({"result": "x"}), 0), case.clone())
                .await
                .passed()
        );
        assert!(
            !report(&parrot(json!({"result": "x"}), 1), case)
                .await
                .passed()
        );
    }

    #[tokio::test]
    async fn a_right_answer_that_comes_late_fails() {
        let late = Parrot {
            answer: json!({"result": "x"}),
            requests: 0,
            delay: Duration::from_millis(80),
        };
        let mut case = pure();
        case["within-ms"] = json!(10);
        assert!(
            report(&late, case.clone())
                .await
                .to_string()
                .contains("at time")
        );
        case["within-ms"] = json!(30_000);
        assert!(report(&late, case).await.passed());
    }
}
