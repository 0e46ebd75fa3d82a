//! The verbs of decisions: presets, live stats and verdicts. Each sends some [`Ask`]s side by side and makes one result
//! of what came.

mod ask;
mod batch;
mod evaluate;
mod live;
mod preset;

pub use ask::{Ask, Asks, Requests, When};
pub use batch::{ExecutePresets, PresetBatch, RunInput, RunResult};
pub use evaluate::Evaluate;
pub use live::QueryLiveStats;
pub use preset::{ExecutePreset, InstantResult, render};

use super::config::Config;
use super::failure::Failure;
use crate::prometheus::{Decoded, HttpRequest, ResponseDecoder as _};

/// A verb that sends several requests side by side.
pub trait SideBySide {
    /// The result of the verb.
    type Result;

    /// The checked configuration.
    fn config(&self) -> &Config;

    /// Lists the queries to send.
    fn asks(&self) -> Vec<Ask>;

    /// Turns what came, in the order of what was asked, into the result.
    ///
    /// # Errors
    /// A partial answer that is not accepted, or one that breaks the protocol.
    fn result(&self, answers: Vec<Decoded>) -> Result<Self::Result, Failure>;
}

/// The requests of a verb, for who sends them.
pub fn requests<V: SideBySide>(verb: &V) -> Vec<HttpRequest> {
    let request = |ask: &Ask| ask.request(verb.config());
    verb.asks().iter().map(request).collect()
}

/// The result of a verb whose responses, status and body, are there as a whole, in the order of its requests.
///
/// # Errors
/// Prometheus's refusal, what is wrong with a body, or another number of responses than of requests.
pub fn read_all<V: SideBySide>(verb: &V, responses: &[(u16, &str)]) -> Result<V::Result, Failure> {
    let asks = verb.asks();
    check_count(responses.len(), asks.len())?;
    let read = |(ask, (status, body)): (&Ask, &(u16, &str))| {
        Ok(ask.decoder(verb.config(), *status).read(body.as_bytes())?)
    };
    let answers: Result<Vec<Decoded>, Failure> = asks.iter().zip(responses).map(read).collect();
    verb.result(answers?)
}

/// Checks that there are as many responses as requests.
fn check_count(responses: usize, requests: usize) -> Result<(), Failure> {
    match responses == requests {
        true => Ok(()),
        false => Err(Failure::InvalidArgument {
            field: "body".to_owned(),
            reason: format!("{responses} responses to {requests} requests"),
        }),
    }
}
