//! The host's own metrics, in the text format of OpenMetrics, for a Prometheus that watches the host.
//!
//! Labels have few values, all of them ours or the operator's: verbs of the contract, classes of outcomes, reasons,
//! addresses.

use std::{fmt, time::Duration};

use http::StatusCode;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry, Unit},
};

/// Seconds. A call without I/O takes some tens of microseconds, a dashboard seconds, and 30 s are the default end.
const SECONDS: [f64; 12] = [
    0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0,
];

/// The counters of a host.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    running: Gauge,
    ready: Gauge,
    found_ready: Counter,
    call_duration: Family<VerbLabels, Histogram>,
    busy_seconds: Family<VerbLabels, Histogram>,
    denials: Family<ReasonLabels, Counter>,
    exchanges: Family<StatusLabels, Counter>,
    failovers: Family<AddressLabels, Counter>,
    exchange_seconds: Histogram,
    received: Counter,
    lookups: Family<ResultLabels, Counter>,
    saved: Counter,
}

/// The way in which the cache served a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CacheOutcome {
    /// It was.
    Hit,
    /// It waited for the answer to the same request.
    Follower,
    /// It was sent.
    Miss,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    verb: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerbLabels {
    verb: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// `host:port`, as the operator lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AddressLabels {
    address: String,
}

type HistogramOfVerbs = Family<VerbLabels, Histogram>;

/// A metric, which the registry knows from now on.
fn registered<M: Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    unit: Option<Unit>,
    help: &str,
    metric: M,
) -> M {
    match unit {
        Some(unit) => registry.register_with_unit(name, help, unit, metric.clone()),
        None => registry.register(name, help, metric.clone()),
    }
    metric
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut registry = Registry::with_prefix("metric_host");
        Self {
            calls: registered(
                &mut registry,
                "calls",
                None,
                "Calls that ended, by verb and outcome",
                Family::default(),
            ),
            running: registered(
                &mut registry,
                "calls_running",
                None,
                "Calls that run, and those that wait for a place",
                Gauge::default(),
            ),
            ready: registered(
                &mut registry,
                "instances_ready",
                None,
                "Instances of plugins that were made ahead and wait for a call",
                Gauge::default(),
            ),
            found_ready: registered(
                &mut registry,
                "instances_found_ready",
                None,
                "Calls that found an instance that was made ahead",
                Counter::default(),
            ),
            call_duration: registered(
                &mut registry,
                "call_duration",
                Some(Unit::Seconds),
                "From the call to its result",
                HistogramOfVerbs::new_with_constructor(histogram),
            ),
            busy_seconds: registered(
                &mut registry,
                "call_busy",
                Some(Unit::Seconds),
                "Of that, what the plugin computes, and the host for it",
                HistogramOfVerbs::new_with_constructor(histogram),
            ),
            denials: registered(
                &mut registry,
                "requests_denied",
                None,
                "Requests of plugins that were not let out, by reason",
                Family::default(),
            ),
            exchanges: registered(
                &mut registry,
                "prometheus_requests",
                None,
                "Requests that were sent, by the class of the answer's status; `none`: there was no answer",
                Family::default(),
            ),
            failovers: registered(
                &mut registry,
                "prometheus_failovers",
                None,
                "Of the requests that were answered, those that another address than the first answered, by that address",
                Family::default(),
            ),
            exchange_seconds: registered(
                &mut registry,
                "upstream_request_duration",
                Some(Unit::Seconds),
                "From a request to the last byte of its answer",
                histogram(),
            ),
            received: registered(
                &mut registry,
                "received",
                Some(Unit::Bytes),
                "What the bodies of the answers came to",
                Counter::default(),
            ),
            lookups: registered(
                &mut registry,
                "cache_requests",
                None,
                "Requests whose answers may be kept: answered from a cache, with the answer to the same one, or sent",
                Family::default(),
            ),
            saved: registered(
                &mut registry,
                "cache_saved",
                Some(Unit::Bytes),
                "What the bodies of answers came to that were not asked for",
                Counter::default(),
            ),
            registry,
        }
    }

    pub(super) fn call_begins(&self) {
        self.running.inc();
    }

    pub(super) fn call_ends(
        &self,
        verb: &'static str,
        outcome: &'static str,
        took: Duration,
        busy: Duration,
    ) {
        self.running.dec();
        self.calls
            .get_or_create(&CallLabels { verb, outcome })
            .inc();
        let labels = VerbLabels { verb };
        self.call_duration
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        self.busy_seconds
            .get_or_create(&labels)
            .observe(busy.as_secs_f64());
    }

    /// Sets the number of instances that lie ready.
    pub(crate) fn ready(&self, instances: usize) {
        self.ready.set(i64::try_from(instances).unwrap_or(i64::MAX));
    }

    /// A call has found an instance that lay ready.
    pub(crate) fn found_ready(&self) {
        self.found_ready.inc();
    }

    /// A cache was asked.
    pub(crate) fn looked_up(&self, lookup: CacheOutcome) {
        let result = match lookup {
            CacheOutcome::Hit => "hit",
            CacheOutcome::Follower => "follower",
            CacheOutcome::Miss => "miss",
        };
        self.lookups.get_or_create(&ResultLabels { result }).inc();
    }

    /// Counts bytes that need not have been asked for.
    pub(crate) fn saved(&self, bytes: u64) {
        self.saved.inc_by(bytes);
    }

    /// Another address than the first has answered.
    pub(crate) fn failed_over(&self, address: &str) {
        let labels = AddressLabels {
            address: address.to_owned(),
        };
        self.failovers.get_or_create(&labels).inc();
    }

    /// A request was not let out, for a reason by its name.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.denials.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// The answer to a request has come in or was given up, so long after the request; no status: there was none.
    pub(super) fn exchange_ends(&self, status: Option<StatusCode>, bytes: u64, took: Duration) {
        let status = match status.map(|status| status.as_u16() / 100) {
            None => "none",
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(5) => "5xx",
            Some(_) => "other",
        };
        self.exchanges.get_or_create(&StatusLabels { status }).inc();
        self.received.inc_by(bytes);
        self.exchange_seconds.observe(took.as_secs_f64());
    }
}

/// The metrics of a [`Host`](crate::Host): calls by verb and outcome, how long they took and computed,
/// denied requests by reason, the requests to Prometheus with their bytes and times, what the caches spared it.
///
/// Written as OpenMetrics text by `Display`: what a `/metrics` endpoint of the embedder's serves under the content type
/// [`HostMetrics::CONTENT_TYPE`].
#[derive(Clone, Copy)]
pub struct HostMetrics<'a>(pub(crate) &'a Metrics);

impl HostMetrics<'_> {
    /// Of the text, for the HTTP header.
    pub const CONTENT_TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

impl fmt::Display for HostMetrics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        prometheus_client::encoding::text::encode(f, &self.0.registry)
    }
}

impl fmt::Debug for HostMetrics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostMetrics")
    }
}
