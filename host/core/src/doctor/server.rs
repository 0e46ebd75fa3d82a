//! The server: the way to it, what it speaks, which one it is, its clock, its limits.

use std::time::UNIX_EPOCH;

use chrono::DateTime;
use http::{HeaderMap, header, uri::Scheme};
use wasmtime_wasi_http::Error;

use super::data::humanize;
use super::probe::{Probe, ProbeError, Reply};
use super::report::{Check, Setting, Subject, Verdict};
use super::response::{BuildInfo, Queried};
use crate::{
    config::address::Address,
    contract::{
        defaults::{FRESHNESS, MAX_POINTS, MAX_RANGE},
        types::{Backend, Config},
    },
    egress::client::network_policy::is_loopback,
};

/// Clocks that differ by less do no harm: scrapes are further apart.
const SKEW: f64 = 5.0;

/// Checks that the way is private, of the first address and of those behind it.
pub(super) fn transport(addresses: &[Address]) -> Check {
    let subject = Subject::Transport;
    let is_open =
        |address: &&Address| *address.scheme() != Scheme::HTTPS && !is_loopback(address.host());
    if let Some(open) = addresses.iter().find(is_open) {
        return Check::warn(
            subject,
            format!(
                "http to {}: whoever is on the way can read the answers, and change them",
                open.authority()
            ),
        )
        .advise("https://… as the address, where the server or a proxy before it speaks TLS");
    }
    match addresses
        .iter()
        .all(|address| *address.scheme() == Scheme::HTTPS)
    {
        true => Check::ok(subject, "https, and the server's certificate is checked"),
        false => Check::ok(subject, "http, which does not leave this machine"),
    }
}

/// The server's time and this machine's, read together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Unix seconds.
    server: f64,
    /// Unix seconds.
    here: f64,
}

impl Clock {
    /// The server's time, Unix seconds.
    pub(super) fn now(self) -> i64 {
        self.server as i64
    }
}

/// Asks the least there is to ask, and says whether it was answered; if so, the time.
pub(super) async fn answers(probe: &Probe, checks: &mut Vec<Check>) -> Option<Clock> {
    let subject = Subject::Reachable;
    match probe.instant("time()", None).await {
        Ok(reply) => {
            let took = format!("answers in {:.1} ms", reply.took.as_secs_f64() * 1000.0);
            checks.push(Check::ok(subject, took));
            let clock = clock_of(&reply);
            checks.push(match clock {
                Some(_) => Check::ok(Subject::Protocol, "answers a query as Prometheus does"),
                None => Check::fail(Subject::Protocol, "time() has no number for an answer")
                    .advise("is it Prometheus that answers there?"),
            });
            clock
        }
        Err(trouble) => {
            match &trouble {
                ProbeError::Unreachable(error) => checks.push(unreachable(&trouble, error)),
                ProbeError::Late(_) => checks.push(
                    Check::fail(subject, trouble.to_string())
                        .advise("the server, or something on the way to it, is overloaded"),
                ),
                ProbeError::Refused { .. } | ProbeError::Foreign { .. } => {
                    checks.push(Check::ok(subject, "something answers"));
                    checks.push(no_prometheus(&trouble));
                }
            }
            None
        }
    }
}

fn unreachable(trouble: &ProbeError, error: &Error) -> Check {
    let advice = match error {
        Error::ConnectionRefused => {
            "nothing listens there: start Prometheus, or name another address"
        }
        Error::DnsError { .. } | Error::DnsTimeout | Error::DestinationNotFound => {
            "the name is not known here: is it spelt right?"
        }
        Error::ConnectionTimeout
        | Error::DestinationIpUnroutable
        | Error::DestinationUnavailable => "no way leads there: a firewall, another network?",
        Error::DestinationIpProhibited => {
            "the name resolves to a network that is not allowed; an address in digits is granted as it is"
        }
        Error::TlsCertificateError => {
            "the certificate is not one of an authority that this system trusts, or is for another name"
        }
        Error::TlsProtocolError | Error::TlsAlertReceived { .. } => {
            "does it speak TLS at that port? http:// where not"
        }
        Error::ConnectionTerminated | Error::HttpProtocolError | Error::HttpResponseIncomplete => {
            "what listens there speaks no HTTP, or wants https://"
        }
        Error::ConnectionLimitReached => {
            "this process has no more file descriptors or threads: it is not Prometheus's fault"
        }
        _ => "name another address, or ask whoever runs this one",
    };
    Check::fail(Subject::Reachable, trouble.to_string()).advise(advice)
}

fn no_prometheus(trouble: &ProbeError) -> Check {
    let advice = match trouble {
        ProbeError::Refused {
            status: 401 | 403 | 407,
            ..
        } => {
            "it wants credentials, or others than it was shown: whoever runs it decides who may ask"
        }
        ProbeError::Refused { .. } => "its log says more",
        ProbeError::Foreign {
            status: 404 | 405, ..
        } => "is the address that of Prometheus? It takes a prefix: http://host:9090/prefix",
        ProbeError::Foreign {
            status: 300..=399, ..
        } => {
            "it sends elsewhere, perhaps to sign in; the address must be that of Prometheus itself"
        }
        _ => "is it Prometheus that answers there, and nothing in between?",
    };
    Check::fail(
        Subject::Protocol,
        format!("not an answer of Prometheus: {trouble}"),
    )
    .advise(advice)
}

/// By the instant that the server computed for; by the head of its answer where there is none.
fn clock_of(reply: &Reply<Queried>) -> Option<Clock> {
    let here = reply.at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    // The sample's time and not its value: VictoriaMetrics computes for half a minute ago, and says now.
    let point = reply.data.number()?;
    let server = match point.0.is_finite() && point.0 > 0.0 {
        true => point.0,
        false => date_of(&reply.headers)?,
    };
    Some(Clock { server, here })
}

fn date_of(headers: &HeaderMap) -> Option<f64> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    u32::try_from(date.timestamp()).ok().map(f64::from)
}

/// Checks that the two clocks agree.
pub(super) fn clock(Clock { server, here }: Clock) -> Check {
    let subject = Subject::Clock;
    let skew = server - here;
    let size = skew.abs();
    if size < SKEW {
        return Check::ok(
            subject,
            format!("agrees with this machine's within {:.1} s", size.max(0.1)),
        );
    }
    let side = if skew > 0.0 { "ahead of" } else { "behind" };
    let found = format!("{size:.0} s {side} this machine's");
    // Clocks that differ by more make the host take data for final that still come in.
    let check = match size < f64::from(FRESHNESS) {
        true => Check::warn(subject, found),
        false => Check::fail(
            subject,
            format!("{found}: data would be taken for final that still come in"),
        ),
    };
    check.advise(
        "NTP on both machines; until then, --last and `now` mean another time than the server's",
    )
}

/// Finds out the product and its version.
pub(super) async fn build(probe: &Probe, config: &Config) -> Check {
    let subject = Subject::Server;
    match probe.ask::<BuildInfo>("status/buildinfo", &[]).await {
        Ok(reply) => {
            let check = judge_build(&reply.headers, &reply.data);
            match backend_of(&reply.headers, &reply.data, &config.address) {
                Some(found) => judge_backend(check, found, config.backend),
                None => check,
            }
        }
        Err(trouble) => Check::warn(subject, format!("does not say what it is: {trouble}"))
            .advise("Prometheus says so since 2.14"),
    }
}

/// The backend by what it says of itself; VictoriaMetrics's cluster by its paths. None: it cannot be told.
pub(super) fn backend_of(headers: &HeaderMap, build: &BuildInfo, address: &str) -> Option<Backend> {
    if headers.contains_key("x-server-hostname") {
        return Some(match address.contains("/select/") {
            true => Backend::VictoriaCluster,
            false => Backend::Victoria,
        });
    }
    let says = |name| {
        let application = build.application.as_deref().unwrap_or_default();
        application.to_ascii_lowercase().contains(name)
    };
    match build.version.as_deref()?.trim_start_matches('v') {
        _ if says("mimir") || says("cortex") => Some(Backend::Mimir),
        _ if says("thanos") => Some(Backend::Thanos),
        _ if build.application.is_some() => None,
        "" => None,
        version if version.starts_with("0.") => Some(Backend::Thanos),
        _ => Some(Backend::Prometheus),
    }
}

/// Checks that the configured backend fits the one found.
pub(super) fn judge_backend(check: Check, found: Backend, configured: Backend) -> Check {
    match (configured, found) {
        (configured, found) if configured == found => check,
        // The cluster's nodes say the same as a single server, and a proxy may hide their paths.
        (Backend::VictoriaCluster, Backend::Victoria) => check,
        // Nothing would change.
        (Backend::Auto, Backend::Prometheus) => check,
        (Backend::Auto, Backend::Thanos | Backend::VictoriaCluster) => Check {
            verdict: check.verdict.max(Verdict::Warn),
            ..check
        }
        .advise("its answers may be partial: as that backend it is asked for whole ones")
        .set(Setting::Backend(found)),
        (Backend::Auto, found) => check.set(Setting::Backend(found)),
        (configured, found) => Check {
            verdict: check.verdict.max(Verdict::Warn),
            found: format!("{}; configured is {configured}", check.found),
            ..check
        }
        .set(Setting::Backend(found)),
    }
}

pub(super) fn judge_build(headers: &HeaderMap, build: &BuildInfo) -> Check {
    let subject = Subject::Server;
    let version = build.version.as_deref().filter(|text| !text.is_empty());
    // VictoriaMetrics gives Grafana the version of a Prometheus, or none.
    if headers.contains_key("x-server-hostname") {
        return Check::ok(subject, "VictoriaMetrics, which does not tell its version");
    }
    let (Some(version), application) = (version, build.application.as_deref()) else {
        return Check::warn(subject, "does not say what it is");
    };
    if let Some(application) = application {
        return Check::ok(subject, format!("{application} {version}"));
    }
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        // Thanos has not come to 1, and Prometheus left 0 before it had this endpoint.
        (Some(Ok(0)), _) => Check::ok(subject, format!("Thanos {version}")),
        (Some(Ok(2)), Some(Ok(..24))) => {
            Check::warn(subject, format!("Prometheus {version}"))
                .advise("before 2.24 it lists the values of a label without regard to the metric: `metrics` may show foreign names")
        }
        _ => Check::ok(subject, format!("Prometheus {version}")),
    }
}

/// Checks that it answers as many points, and ranges as long, as are configured.
pub(super) async fn limits(probe: &Probe, config: &Config, now: i64) -> Check {
    let subject = Subject::Limits;
    let (points, range) = (
        config.max_points.unwrap_or(MAX_POINTS).max(1),
        config.max_range.unwrap_or(MAX_RANGE).max(1),
    );
    let accepted = |points: u32| {
        let span = (now - i64::from(points - 1), now);
        async move { probe.range("vector(1)", span, 1).await }
    };
    if let Err(trouble) = accepted(points).await {
        let check = Check::warn(
            subject,
            format!("{points} points of a series in one request are too many: {trouble}"),
        );
        for fewer in [MAX_POINTS, 5001, 1001, 101] {
            if fewer < points && accepted(fewer).await.is_ok() {
                return check
                    .advise("long ranges are then cut into more requests")
                    .set(Setting::MaxPoints(fewer));
            }
        }
        return check.advise("the server refuses even small ranges; its log says more");
    }
    let span = (now - i64::from(range), now);
    // A hundred points, however long.
    if let Err(trouble) = probe
        .range("vector(1)", span, i64::from(range.div_ceil(100)))
        .await
    {
        let check = Check::warn(
            subject,
            format!(
                "a range of {} is too long: {trouble}",
                humanize(range.into())
            ),
        );
        for days in [31_u32, 7, 1] {
            let shorter = days * 86_400;
            let span = (now - i64::from(shorter), now);
            if shorter < range && probe.range("vector(1)", span, 3600).await.is_ok() {
                return check
                    .advise("longer ranges are then refused before anything is sent")
                    .set(Setting::MaxRange(shorter));
            }
        }
        return check.advise("the server refuses even a day; its log says more");
    }
    Check::ok(
        subject,
        format!(
            "answers {points} points of a series, and a range of {}",
            humanize(range.into())
        ),
    )
}

/// For the tests.
#[cfg(test)]
pub(super) fn clock_at(server: f64, here: f64) -> Clock {
    Clock { server, here }
}

/// This machine's time, Unix seconds.
#[cfg(test)]
pub(super) fn here() -> f64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
