//! The conformance kit: holds any component to the contract in `wit/`, and says at which [`Level`] it stands. The
//! cases are data, embedded from `tests/conformance/` (its README describes the format), so that runners in other
//! languages can play the same ones. Knows nothing of how a component is made, nor of the command line.
//!
//! ```no_run
//! use metric_conformance::{Level, Options};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let component = std::fs::read("metric_codec.wasm")?;
//! let options = Options { level: Some(Level::L2), ..Options::default() };
//! let report = metric_conformance::judge(&component, &options).await?;
//! for (case, _) in report.failures() {
//!     println!("{case}");                        // what it guards, what was expected, what came
//! }
//! println!("{report}");                          // how many cases, the world, the level
//! let json = serde_json::to_string(&report)?;    // the same for machines
//! std::process::exit(if report.passed() { 0 } else { 1 });
//! # }
//! ```
//!
//! # The way of a component
//!
//! 1. `judge.rs` goes through the levels. L0 and L1 look at the bytes (`contract.rs`).
//! 2. `subject.rs` loads it, as a plugin or as a codec, and asks it through each of its interfaces (`interface.rs`), the
//!    typed ones and those of JSON texts (`json.rs`).
//! 3. `runner.rs` plays the cases (`case.rs`, `input.rs`). One without I/O calls a pure verb: L2. One with I/O runs
//!    against a scripted Prometheus (`scripted.rs`, `response.rs`) on a loopback port of its own, which answers as the
//!    case says, also late, cut off, or not at all, and keeps what it was sent (`sent.rs`): L3; with a host that denies
//!    or limits (`hostile.rs`): L4.
//! 4. The answer, as JSON (`answer.rs`), is held against what the case expects (`expectation.rs`, `rule.rs`), and
//!    `report.rs` says what came of it.

mod answer;
mod body;
mod case;
mod contract;
mod expectation;
mod hostile;
mod input;
mod interface;
mod json;
mod judge;
mod level;
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
pub use interface::Interface;
pub use judge::{JudgeError, Options, case_names, judge};
pub use level::{Level, UnknownLevel};
pub use report::{CaseReport, Outcome, Report};
