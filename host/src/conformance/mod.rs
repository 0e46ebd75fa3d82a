//! The conformance kit: holds a plugin to the contract in `wit/`, case by case. The cases are data,
//! embedded from `tests/conformance/` (its README describes the format), so that runners in other
//! languages can play the same ones. Knows nothing of how a plugin is made, nor of the command line.
//!
//! ```no_run
//! use metric_host::{Host, HostOptions, conformance};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let plugin = Host::new(HostOptions::default())?.load_file("metric_service.wasm")?;
//! let options = conformance::Options { filter: Some("time-ranges".to_owned()) };
//! let report = conformance::run(&plugin, &options).await?;
//! println!("{report}");                          // a line a case, failures in full, a summary
//! let json = serde_json::to_string(&report)?;    // the same for machines
//! std::process::exit(if report.passed() { 0 } else { 1 });
//! # }
//! ```
//!
//! Cases without I/O call the pure verbs. Cases with I/O run against a scripted Prometheus on a
//! loopback port of their own, which answers as the case says (also late, cut off, or not at all)
//! and keeps what it was sent.

mod answer;
mod body;
mod case;
mod expectation;
mod input;
mod report;
mod response;
mod rule;
mod runner;
mod scripted;
mod scripted_body;
mod sent;
mod subject;

pub use case::CaseError;
pub use expectation::Mismatch;
pub use report::{CaseReport, Outcome, Report};
pub use runner::{Options, case_names, run};
