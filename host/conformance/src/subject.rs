//! The subject of a judgement: something that takes a case's call through one of its interfaces and gives the answer as
//! JSON. The runner knows no more of it.

use serde_json::{Value, json};

use crate::answer::{answer, chain, metadata, metric_type, request, result};
use crate::case::{Call, Case};
use crate::contract::interfaces;
use crate::input::ConfigInput;
use crate::interface::Interface;
use crate::json;
use metric_host::internal::{self, names::World};
use metric_host::{
    BoxError, CacheOptions, Codec, CompileCache, Host, HostError, HostOptions, Limits, LoadError,
    MetricService, Plugin, ServiceOptions,
};

/// An implementation of the contract.
pub(crate) trait Subject {
    /// The interfaces through which it can be asked.
    fn interfaces(&self) -> &[Interface];

    /// Makes the case's call with this configuration. See [`crate::answer`] for the shape of what comes back.
    async fn answer(&self, interface: Interface, config: &ConfigInput, case: &Case) -> Value;
}

/// A component in our own host.
pub(crate) struct Hosted<'a> {
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

/// The reason why a component cannot be judged by what it does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl<'a> Hosted<'a> {
    pub(crate) fn load(bytes: &'a [u8], world: World) -> Result<Self, Refusal> {
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
    ) -> Result<MetricService, BoxError> {
        let config = config.to_config();
        let denies = case.host.as_ref().is_some_and(|host| host.denies);
        // The verbs that send nothing need no address that the host understands.
        let service = if denies || case.call.script().is_none() {
            plugin.offline(config)?
        } else {
            let mut options = ServiceOptions::default();
            // A case says what is sent, each time.
            options.cache = CacheOptions::off();
            plugin.service_with(config, &options)?
        };
        // A case says what time it is, through each interface alike.
        Ok(internal::without_clock(service))
    }

    async fn try_answer(
        &self,
        interface: Interface,
        config: &ConfigInput,
        case: &Case,
    ) -> Result<Value, BoxError> {
        let loaded = self.loaded_for(case)?;
        let codec = match &loaded {
            Loaded::Plugin(plugin) => plugin.codec(),
            Loaded::Codec(codec) => codec,
        };
        let call = &case.call;
        match (interface, &loaded) {
            (Interface::Codec, _) => Ok(typed_codec(codec, config, call).await),
            (Interface::JsonCodec | Interface::JsonDecisions, _) => {
                Ok(json_codec(codec, config, call).await?)
            }
            (Interface::MetricService, Loaded::Plugin(plugin)) => {
                let service = Self::service(plugin, config, case)?;
                Ok(typed_service(&service, call).await)
            }
            (
                Interface::Json | Interface::JsonInsight | Interface::JsonFamilies,
                Loaded::Plugin(plugin),
            ) => {
                let service = Self::service(plugin, config, case)?;
                let request = json::request(config, call);
                let text = internal::call_json(&service, call.verb(), &request).await?;
                Ok(json::answer(call, &text))
            }
            (
                Interface::MetricService
                | Interface::Json
                | Interface::JsonInsight
                | Interface::JsonFamilies,
                Loaded::Codec(_),
            ) => Err("a component without I/O has no such interface".into()),
        }
    }
}

impl Subject for Hosted<'_> {
    fn interfaces(&self) -> &[Interface] {
        interfaces(self.world)
    }

    async fn answer(&self, interface: Interface, config: &ConfigInput, case: &Case) -> Value {
        self.try_answer(interface, config, case)
            .await
            .unwrap_or_else(|error| json!({ "broken": chain(&*error) }))
    }
}

/// Calls that the interface does not have are not made: see [`Interface::has`].
fn no_such_verb(call: &Call) -> Value {
    json!({ "broken": format!("no {} here", call.verb()) })
}

async fn typed_service(service: &MetricService, call: &Call) -> Value {
    match call {
        Call::DetectMetricType {
            metric_name,
            value_type,
        } => {
            let value_type = value_type.map(|value_type| value_type.0);
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
            let value_type = value_type.map(|value_type| value_type.0);
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

async fn json_codec(codec: &Codec, config: &ConfigInput, call: &Call) -> Result<Value, BoxError> {
    let body = match call {
        Call::MetadataResponse { body, .. }
        | Call::MetricResponse { body, .. }
        | Call::JsonCodec { body, .. } => body.as_str(),
        _ => "",
    };
    let request = json::request(config, call);
    let text =
        internal::call_json_codec(codec, &config.to_config(), call.verb(), &request, body).await?;
    Ok(json::answer(call, &text))
}
