//! Plays the cases: starts a scripted Prometheus where a case needs one, makes the call, and holds the answer,
//! the requests and the time against what the case expects. Knows plugins only as a [`Subject`].

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::timeout;

use super::case::{Call, Case, CaseError, PROMETHEUS, Script, cases};
use super::expectation::Mismatch;
use super::report::{CaseReport, Outcome, Report};
use super::response::Fault;
use super::scripted::ScriptedPrometheus;
use super::subject::{Hosted, Subject};
use crate::Plugin;

/// Where calls without I/O are told that Prometheus is: they must not go there.
const NOWHERE: &str = "127.0.0.1:9090";

/// No case needs this long. A plugin that does has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only the cases whose name, or whose folder and file, contain this. None: all.
    pub filter: Option<String>,
}

/// Runs the cases against a plugin, one after the other.
///
/// # Errors
/// The embedded case files cannot be used. Whatever the plugin does wrong is in the report.
pub async fn run(plugin: &Plugin, options: &Options) -> Result<Report, CaseError> {
    Ok(run_cases(&Hosted(plugin), &chosen(options)?).await)
}

/// The names of the cases that [`run`] would run, in its order.
///
/// # Errors
/// The embedded case files cannot be used.
pub fn case_names(options: &Options) -> Result<Vec<String>, CaseError> {
    Ok(chosen(options)?.into_iter().map(|case| case.name).collect())
}

fn chosen(options: &Options) -> Result<Vec<Case>, CaseError> {
    let mut cases = cases()?;
    if let Some(filter) = &options.filter {
        cases.retain(|case| case.is_chosen_by(filter));
    }
    Ok(cases)
}

async fn run_cases(subject: &impl Subject, cases: &[Case]) -> Report {
    let mut reports = Vec::with_capacity(cases.len());
    for case in cases {
        let start = Instant::now();
        let mismatches = run_case(subject, case).await;
        reports.push(CaseReport {
            name: case.name.clone(),
            topic: case.topic.clone(),
            about: case.about.clone(),
            outcome: if mismatches.is_empty() {
                Outcome::Passed
            } else {
                Outcome::Failed { mismatches }
            },
            milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
    Report::new(reports)
}

async fn run_case(subject: &impl Subject, case: &Case) -> Vec<Mismatch> {
    let script = match &case.call {
        Call::QueryMetadata(script) | Call::QueryMetric { script, .. } => Some(script),
        _ => None,
    };
    let server = match script {
        Some(script) => {
            let answers = script
                .exchanges
                .iter()
                .map(|(_, answer)| answer.clone())
                .collect();
            match ScriptedPrometheus::start(answers).await {
                Ok(server) => Some(server),
                Err(error) => {
                    return vec![difference(
                        "the kit",
                        "a port on the loopback",
                        &error.to_string(),
                    )];
                }
            }
        }
        None => None,
    };
    let default_address = if server.is_some() {
        PROMETHEUS
    } else {
        NOWHERE
    };
    let authority = server
        .as_ref()
        .map_or_else(|| NOWHERE.to_owned(), ScriptedPrometheus::authority);
    let address = case
        .config
        .address
        .as_deref()
        .unwrap_or(default_address)
        .replace(PROMETHEUS, &authority);

    let start = Instant::now();
    let answer = timeout(
        PATIENCE,
        subject.answer(case.config.to_config(address), &case.call),
    )
    .await;
    let took = start.elapsed();
    let Ok(answer) = answer else {
        return vec![difference(
            "",
            &case.expect.to_string(),
            &format!("nothing within {PATIENCE:?}"),
        )];
    };
    let mut mismatches = case.expect.compare("", &answer);
    if let Some(within) = case.within
        && took > within
    {
        mismatches.push(difference(
            "time",
            &format!("at most {within:?}"),
            &format!("{took:?}"),
        ));
    }
    if let (Some(script), Some(server)) = (script, &server) {
        let sent: Vec<Value> = server
            .sent()
            .iter()
            .map(super::sent::SentRequest::to_value)
            .collect();
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
        mismatches.push(difference(
            "number of requests",
            &expected,
            &sent.len().to_string(),
        ));
    }
    mismatches
}

fn difference(at: &str, expected: &str, came: &str) -> Mismatch {
    Mismatch {
        at: at.to_owned(),
        expected: expected.to_owned(),
        came: came.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::case::parse_file;
    use super::*;
    use crate::Config;

    /// Answers everything with this, after it sent so many GETs for `/path` to the address.
    struct Parrot {
        answer: Value,
        requests: usize,
        delay: Duration,
    }

    impl Subject for Parrot {
        async fn answer(&self, config: Config, _: &Call) -> Value {
            for _ in 0..self.requests {
                let mut stream = tokio::net::TcpStream::connect(&config.address)
                    .await
                    .unwrap();
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

    async fn play(subject: &Parrot, case: Value) -> Report {
        run_cases(
            subject,
            &parse_file("folder/file.json", &json!([case]).to_string()).unwrap(),
        )
        .await
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
            play(&parrot(json!({"result": "x"}), 0), pure())
                .await
                .passed()
        );
        for wrong in [
            json!({"result": "y"}),
            json!({"error": {"denied": "x"}}),
            json!({"broken": "trap"}),
        ] {
            let report = play(&parrot(wrong.clone(), 0), pure()).await;
            assert!(!report.passed(), "{wrong}");
            assert_eq!(report.failed, 1);
        }
    }

    #[tokio::test]
    async fn the_right_request_passes_and_a_wrong_one_fails() {
        assert!(
            play(&parrot(json!({"result": "x"}), 1), with_service("/path"))
                .await
                .passed()
        );
        let report = play(&parrot(json!({"result": "x"}), 1), with_service("/other")).await;
        assert!(
            report.to_string().contains("at request[0].path"),
            "{report}"
        );
    }

    #[tokio::test]
    async fn the_number_of_requests_counts_unless_retries_are_allowed() {
        for requests in [0, 2] {
            let report = play(
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
            play(&parrot(json!({"result": "x"}), 2), case.clone())
                .await
                .passed()
        );
        assert!(
            !play(&parrot(json!({"result": "x"}), 0), case)
                .await
                .passed()
        );
    }

    #[tokio::test]
    async fn a_case_with_no_exchange_allows_no_request() {
        let mut case = with_service("/path");
        case["exchanges"] = json!([]);
        assert!(
            play(&parrot(json!({"result": "x"}), 0), case.clone())
                .await
                .passed()
        );
        assert!(
            !play(&parrot(json!({"result": "x"}), 1), case)
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
            play(&late, case.clone())
                .await
                .to_string()
                .contains("at time")
        );
        case["within-ms"] = json!(30_000);
        assert!(play(&late, case).await.passed());
    }

    #[test]
    fn a_filter_chooses_by_name_or_place() {
        let all = case_names(&Options::default()).unwrap();
        let some = case_names(&Options {
            filter: Some("time-ranges/".to_owned()),
        })
        .unwrap();
        assert!(!some.is_empty() && some.len() < all.len());
        let one = case_names(&Options {
            filter: Some(some[0].clone()),
        })
        .unwrap();
        assert!(one.contains(&some[0]));
        assert!(
            case_names(&Options {
                filter: Some("no such case".to_owned())
            })
            .unwrap()
            .is_empty()
        );
    }
}
