//! A verb that asks Prometheus once: its request, and how the answer becomes its result.

use super::cache_hint::CacheHint;
use super::failure::Failure;
use crate::domain::{Settings, SettingsInput};
use crate::prometheus::{
    Address, Backend, Budget, Decoded, Endpoint, HttpRequest, RequestMethod, ResponseDecoder,
};

/// A request, and how its answer becomes the result of a verb.
pub trait Call {
    /// The decoder of the response.
    type Decoder: ResponseDecoder;
    /// The result of the verb.
    type Result;

    /// The checked configuration.
    fn configured(&self) -> &Configured;

    /// The request to send.
    fn request(&self) -> HttpRequest;

    /// How long the answer may be kept.
    fn cache_hint(&self) -> CacheHint;

    /// The decoder of the response with this status.
    fn decoder(&self, status: u16) -> Self::Decoder;

    /// Turns a decoded answer into the result.
    ///
    /// # Errors
    /// A partial answer that is not accepted.
    fn result(
        &self,
        output: <Self::Decoder as ResponseDecoder>::Output,
    ) -> Result<Self::Result, Failure>;
}

/// The configuration as it was given.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where Prometheus is.
    pub address: String,
    /// How queries are sent.
    pub method: RequestMethod,
    /// Which server answers.
    pub backend: Backend,
    /// Everything else.
    pub settings: SettingsInput,
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Where and how queries are sent.
    pub endpoint: Endpoint,
    /// Everything else.
    pub settings: Settings,
}

impl Configured {
    /// What an answer may cost.
    pub(super) fn budget(&self) -> Budget {
        Budget::bytes(self.settings.max_result_bytes.get())
    }
}

impl TryFrom<Config> for Configured {
    type Error = Failure;

    fn try_from(config: Config) -> Result<Self, Failure> {
        let address = Address::parse(&config.address)?;
        let settings = Settings::try_from(config.settings)?;
        Ok(Self {
            endpoint: Endpoint::new(address, config.method, config.backend, settings.partial),
            settings,
        })
    }
}

/// Nothing, where an answer is whole or may be partial.
///
/// # Errors
/// [`Failure::PartialAnswer`].
pub(super) fn check_partial(decoded: &Decoded, accepted: bool) -> Result<(), Failure> {
    if accepted || !decoded.partial {
        return Ok(());
    }
    let said = match decoded.warnings.is_empty() {
        true => "it marks its answer as partial".to_owned(),
        false => decoded.warnings.join("; "),
    };
    Err(Failure::PartialAnswer(format!(
        "the server did not see all data: {said}; `partial` in the configuration accepts such answers"
    )))
}

/// The result of a call whose response is there as a whole.
///
/// # Errors
/// Prometheus's refusal, or what is wrong with the body.
pub fn read_whole<C: Call>(call: &C, status: u16, body: &str) -> Result<C::Result, Failure> {
    call.result(call.decoder(status).read(body.as_bytes())?)
}
