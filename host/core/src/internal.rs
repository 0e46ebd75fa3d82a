//! Access for the conformance kit beyond what an embedder has. No promise is made of it.

use crate::{
    CallError, Codec, Config, MetricService,
    contract::{
        error::BoxError,
        names::{JSON, JSON_CODEC},
    },
};

pub use crate::{contract::names, load::inspect::check_imports};

/// The only function of the JSON interfaces.
const CALL: &str = "call";

/// The same service, whose calls are told no time of day but that of the configuration.
#[must_use]
pub fn without_clock(service: MetricService) -> MetricService {
    MetricService {
        clock: || None,
        ..service
    }
}

/// Calls the interface `json`. Of what comes back nothing is checked.
///
/// # Errors
/// A plugin that lacks the interface, and [`CallError`].
pub async fn call_json(
    service: &MetricService,
    verb: &str,
    request: &str,
) -> Result<String, BoxError> {
    let function = service.plugin.codec().sandbox().find(JSON, CALL)?;
    let (text,) = service.call(&function, (verb, request)).await?;
    Ok(text)
}

/// Calls the interface `json-codec`. Of what comes back nothing is checked.
///
/// # Errors
/// A component that lacks the interface, and [`CallError`].
pub async fn call_json_codec(
    codec: &Codec,
    config: &Config,
    verb: &str,
    request: &str,
    body: &str,
) -> Result<String, BoxError> {
    let function = codec.sandbox().find(JSON_CODEC, CALL)?;
    let answer: Result<(String,), CallError> =
        codec.call(&function, (verb, request, body), config).await;
    Ok(answer?.0)
}
