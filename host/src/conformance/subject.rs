//! Who is judged: something that takes a case's call through one of its doors and gives the answer as JSON.
//! The runner knows no more of it.

use serde_json::{Value, json};

use super::answer::{answer, chain, metadata, metric_type, request, result};
use super::case::{Call, Case};
use super::door::Door;
use super::input::ConfigInput;
use super::json;
use crate::audit::World;
use crate::error::Source;
use crate::{
    CacheOptions, CallError, Codec, CompileCache, Host, HostError, HostOptions, Limits, LoadError,
    MetricService, Plugin, ServiceOptions,
};

/// An implementation of the contract.
pub(super) trait Subject {
    /// The interfaces through which it can be asked.
    fn doors(&self) -> &[Door];

    /// Makes the case's call with this configuration. See [`super::answer`] for the shape of what comes back.
    async fn answer(&self, door: Door, config: &ConfigInput, case: &Case) -> Value;
}

/// A component in our own host.
pub(super) struct Hosted<'a> {
    bytes: &'a [u8],
    world: World,
    usual: Loaded,
}

#[derive(Clone)]
enum Loaded {
    Plugin(Plugin),
    Codec(Codec),
}

impl Loaded {
    fn new(bytes: &[u8], world: World, limits: Limits) -> Result<Self, Refusal> {
        let host = Host::new(HostOptions {
            limits,
            compile_cache: CompileCache::User,
        })?;
        Ok(match world.has_io() {
            true => Self::Plugin(host.load(bytes)?),
            false => Self::Codec(host.load_codec(bytes)?),
        })
    }
}

/// Why a component cannot be judged by what it does.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl<'a> Hosted<'a> {
    pub(super) fn load(bytes: &'a [u8], world: World) -> Result<Self, Refusal> {
        Ok(Self {
            bytes,
            world,
            usual: Loaded::new(bytes, world, Limits::default())?,
        })
    }

    /// The component in the host that the case asks for.
    fn loaded_for(&self, case: &Case) -> Result<Loaded, Refusal> {
        match &case.host {
            Some(host) if host.limits() != Limits::default() => {
                Loaded::new(self.bytes, self.world, host.limits())
            }
            _ => Ok(self.usual.clone()),
        }
    }

    fn service(
        plugin: &Plugin,
        config: &ConfigInput,
        case: &Case,
    ) -> Result<MetricService, Source> {
        let config = config.to_config();
        let denies = case.host.as_ref().is_some_and(|host| host.denies);
        // The verbs that send nothing need no address that the host understands.
        let service = if denies || case.call.script().is_none() {
            plugin.offline(config)?
        } else {
            let options = ServiceOptions {
                // A case says what is sent, each time.
                cache: CacheOptions::off(),
                ..ServiceOptions::default()
            };
            plugin.service_with(config, &options)?
        };
        Ok(MetricService {
            // A case says what time it is, through each interface alike.
            clock: || None,
            ..service
        })
    }

    async fn try_answer(
        &self,
        door: Door,
        config: &ConfigInput,
        case: &Case,
    ) -> Result<Value, Source> {
        let loaded = self.loaded_for(case)?;
        let codec = match &loaded {
            Loaded::Plugin(plugin) => plugin.codec(),
            Loaded::Codec(codec) => codec,
        };
        let call = &case.call;
        match (door, &loaded) {
            (Door::Codec, _) => Ok(typed_codec(codec, config, call).await),
            (Door::JsonCodec, _) => Ok(json_codec(codec, config, call).await?),
            (Door::MetricService, Loaded::Plugin(plugin)) => {
                let service = Self::service(plugin, config, case)?;
                Ok(typed_service(&service, call).await)
            }
            (Door::Json, Loaded::Plugin(plugin)) => {
                let service = Self::service(plugin, config, case)?;
                let function = codec.sandbox().find(door.interface(), json::CALL)?;
                let params = (call.verb(), json::request(config, call));
                let (text,): (String,) = service.call(&function, params).await?;
                Ok(json::answer(call, &text))
            }
            (Door::MetricService | Door::Json, Loaded::Codec(_)) => {
                Err("a component without I/O has no such interface".into())
            }
        }
    }
}

impl Subject for Hosted<'_> {
    fn doors(&self) -> &[Door] {
        self.world.doors()
    }

    async fn answer(&self, door: Door, config: &ConfigInput, case: &Case) -> Value {
        self.try_answer(door, config, case)
            .await
            .unwrap_or_else(|error| json!({ "broken": chain(&*error) }))
    }
}

/// Calls that the interface does not have are not made: see [`Door::has`].
fn no_such_verb(call: &Call) -> Value {
    json!({ "broken": format!("no {} here", call.verb()) })
}

async fn typed_service(service: &MetricService, call: &Call) -> Value {
    match call {
        Call::DetectMetricType {
            metric_name,
            value_type,
        } => {
            let value_type = value_type.map(Into::into);
            let detected = service.detect_metric_type(metric_name, value_type).await;
            answer(detected, metric_type)
        }
        Call::BuildPromql(query) => {
            answer(service.build_promql(&query.to_query()).await, Value::String)
        }
        Call::QueryMetadata(_) => answer(service.query_metadata().await, metadata),
        Call::QueryMetric { query, .. } => {
            answer(service.query_metric(&query.to_query()).await, result)
        }
        _ => no_such_verb(call),
    }
}

async fn typed_codec(codec: &Codec, config: &ConfigInput, call: &Call) -> Value {
    let config = config.to_config();
    match call {
        Call::DetectMetricType {
            metric_name,
            value_type,
        } => {
            let value_type = value_type.map(Into::into);
            let detected = codec.detect_metric_type(metric_name, value_type).await;
            answer(detected, metric_type)
        }
        Call::BuildPromql(query) => {
            let promql = codec.build_promql(&config, &query.to_query()).await;
            answer(promql, Value::String)
        }
        Call::MetadataRequest => answer(codec.metadata_request(&config).await, request),
        Call::MetricRequest(query) => {
            let sent = codec.metric_request(&config, &query.to_query()).await;
            answer(sent, request)
        }
        Call::MetadataResponse { status, body } => {
            let metrics = codec.metadata_response(&config, *status, body).await;
            answer(metrics, metadata)
        }
        Call::MetricResponse {
            query,
            status,
            body,
        } => {
            let query = query.to_query();
            let series = codec.metric_response(&config, &query, *status, body).await;
            answer(series, result)
        }
        _ => no_such_verb(call),
    }
}

async fn json_codec(codec: &Codec, config: &ConfigInput, call: &Call) -> Result<Value, Source> {
    let function = codec
        .sandbox()
        .find(Door::JsonCodec.interface(), json::CALL)?;
    let body = match call {
        Call::MetadataResponse { body, .. }
        | Call::MetricResponse { body, .. }
        | Call::JsonCodec { body, .. } => body.as_str(),
        _ => "",
    };
    let params = (call.verb(), json::request(config, call), body);
    let answer: Result<(String,), CallError> =
        codec.call(&function, params, &config.to_config()).await;
    let (text,) = answer?;
    Ok(json::answer(call, &text))
}
