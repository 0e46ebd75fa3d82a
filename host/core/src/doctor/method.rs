//! The check that a range is answered by the configured method, asked as the plugin asks.

use http::Method;

use super::probe::{Probe, ProbeError};
use super::report::{Check, Setting, Subject};
use crate::contract::types::{Config, RequestMethod};

/// After these the plugin asks again by GET, where the method is `auto`. From the contract.
const REFUSALS: [u16; 3] = [403, 405, 501];

/// The failure of one method.
enum Fault {
    ProbeError(ProbeError),
    /// Success, and no data: the query was lost on the way.
    Empty,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ProbeError(trouble) => trouble.fmt(f),
            Self::Empty => f.write_str("an empty answer to a question that has one everywhere"),
        }
    }
}

impl Fault {
    /// Returns true if the plugin asks again by GET after it, where the method is `auto`.
    fn is_refusal(&self) -> bool {
        match self {
            Self::ProbeError(
                ProbeError::Refused { status, .. } | ProbeError::Foreign { status, .. },
            ) => REFUSALS.contains(status),
            _ => false,
        }
    }
}

/// Judges the method, and says how to go on asking. None: by neither method.
pub(super) async fn examine(probe: &Probe, config: &Config, now: i64) -> (Check, Option<Probe>) {
    let subject = Subject::Method;
    let (configured, other, setting) = match config.method {
        RequestMethod::Get => (Method::GET, Method::POST, RequestMethod::Post),
        RequestMethod::Auto | RequestMethod::Post => {
            (Method::POST, Method::GET, RequestMethod::Get)
        }
    };
    let by_configured = probe.by(configured.clone());
    let fault = match ask(&by_configured, now).await {
        Ok(()) => {
            let found = format!("answers a query of a range by {configured}");
            return (Check::ok(subject, found), Some(by_configured));
        }
        Err(fault) => fault,
    };
    let by_other = probe.by(other.clone());
    if let Err(other_fault) = ask(&by_other, now).await {
        let found = format!(
            "a query of a range is answered neither by {configured} ({fault}) nor by {other} ({other_fault})"
        );
        let check = Check::fail(subject, found)
            .advise("is it Prometheus that answers there, and nothing in between?");
        return (check, None);
    }
    let found = format!("answers a query of a range by {other}, and by {configured}: {fault}");
    let check = match config.method == RequestMethod::Auto && fault.is_refusal() {
        true => Check::warn(subject, found)
            .advise("each query is sent by POST first, and then again by GET"),
        false => Check::fail(subject, found)
            .advise("something on the way lets only the other method through"),
    };
    let check = check.set(Setting::Method(setting));
    (check, Some(by_other))
}

/// Asks what every server has an answer to, whatever it holds.
async fn ask(probe: &Probe, now: i64) -> Result<(), Fault> {
    let answer = probe.range("vector(1)", (now - 60, now), 60).await;
    let runs = answer.map_err(Fault::ProbeError)?.runs();
    match runs.iter().any(|run| !run.values.is_empty()) {
        true => Ok(()),
        false => Err(Fault::Empty),
    }
}
