//! The range where attacks are tried: one host with both the real plugin and the hostile one, two Prometheuses, a
//! recorder, and canaries.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use metric_host::{
    CallError, CompileCache, Config, Host, HostOptions, Limits, MetricQuery, MetricService, Plugin,
    RangeOptions,
};
use metric_tests::soak::resident_bytes;

use crate::load;
use crate::log;
use crate::outcome::Outcome;
use crate::recorder::{self, Canary, Recorder, fault};
use crate::rows::{Row, Unscoped, Verb, Way};
use crate::strain::{DESCRIPTORS, Watch, answered_beside};
use crate::tenants::{SECRETS, Tenants, ask};

/// The most requests that a call may send.
const REQUESTS: u32 = 1024;
/// The longest that a plugin may take to be compiled. The real one takes a twentieth.
const COMPILE: Duration = Duration::from_secs(10);
/// The host ends a call two seconds after the time that it is configured for: here, an attack that would last for ever.
const SHORT: u32 = 500;
/// The time after that granted to the plugin, at which the host ends a call.
const GRACE: Duration = Duration::from_secs(2);
/// The time that a call may take beyond what it is granted, where the machine is not late itself.
const OVERRUN: Duration = Duration::from_millis(100);
/// The part of the answers that somebody else gets in a second that has to be left beside an attack.
const LEFT: f64 = 0.8;
/// The bytes that two calls may hold in memory, their plugins' and their requests' bodies: 16 MiB of these each, taken
/// in twice.
const CROWD_BYTES: u64 = 160 << 20;
/// And here, every other one: on a busy machine nothing may be ended by the clock that has to be ended by something else.
const LONG: u32 = 120_000;
/// After this the host hangs.
const HANGS: Duration = Duration::from_secs(180);

pub(crate) struct Range {
    host: Host,
    /// The hostile plugin, and its bytes.
    hostile: Plugin,
    whole: Vec<u8>,
    /// The real plugin, within the first tenant's scope.
    ordinary: MetricService,
    tenants: Tenants,
    recorder: Recorder,
    other_port: Canary,
    other_host: Canary,
}

impl Range {
    pub(crate) async fn open() -> Result<Self> {
        let host = Host::new(HostOptions {
            limits: Limits {
                memory_bytes: 64 << 20,
                hostcall_bytes: 16 << 20,
                response_bytes: 4 << 20,
                received_bytes: 64 << 20,
                stream_bytes: 16 << 20,
                requests_per_call: REQUESTS,
                compile_timeout: COMPILE,
                ..Limits::default()
            },
            compile_cache: CompileCache::Off,
        })?;
        recorder::check()?;
        let tenants = tokio::task::spawn_blocking(Tenants::start).await??;
        let other_port = Canary::start("127.0.0.1:0").await?;
        let recorder = Recorder::start(other_port.address.to_string()).await?;
        let other_host = Canary::start(&format!("127.0.0.2:{}", recorder.address.port())).await?;
        let file = metric_tests::hostile_file();
        let whole = std::fs::read(&file)
            .with_context(|| format!("no {}: `cargo xtask hostile` makes it", file.display()))?;
        let real = host
            .load_file(metric_tests::plugin_file())
            .context("`cargo xtask build` makes the plugin")?;
        Ok(Self {
            hostile: host.load(&whole)?,
            ordinary: real
                .service(Config::new(tenants.both.address()))?
                .scoped(Tenants::scope()?),
            host,
            whole,
            tenants,
            recorder,
            other_port,
            other_host,
        })
    }

    /// Tries an attack. Returns what the host does about it, and the reason if that is not all right.
    pub(crate) async fn tried(&self, row: &Row) -> Result<(String, Result<(), String>)> {
        // Forgets the log of the attack before, whose calls were dropped.
        let _ = log::fault();
        let watch = Watch::start();
        // Somebody else's query, at the same time.
        let attack = tokio::time::timeout(HANGS, self.attacked(row));
        let (attacked, meanwhile) = tokio::join!(attack, ask(&self.ordinary));
        let seen = watch.seen();
        let Ok(attacked) = attacked else {
            return Ok(("hangs".to_owned(), Err("no".to_owned())));
        };
        let (outcome, mut faults) = attacked?;
        let granted = Duration::from_millis(SHORT.into()) + GRACE;
        let beyond = outcome.took.saturating_sub(granted + seen.late);
        if row.ends == "TimedOut" && beyond > OVERRUN {
            faults.push(format!("it ended {beyond:?} too late"));
        }
        if seen.descriptors >= DESCRIPTORS {
            faults.push("it took all descriptors".to_owned());
        }
        if outcome.ends != row.ends {
            faults.push(format!(
                "it had to end in {:?}: {}",
                row.ends,
                head(&outcome.says)
            ));
        }
        if !outcome.says.contains(row.says) {
            faults.push(format!(
                "it does not say {:?}: {}",
                row.says,
                head(&outcome.says)
            ));
        }
        let requests = self.recorder.take();
        faults.extend(
            requests
                .iter()
                .filter_map(|request| fault(request, self.recorder.address)),
        );
        if !row.may_send(requests.len(), REQUESTS as usize) {
            faults.push(format!("{} requests were let out", requests.len()));
        }
        for canary in [&self.other_port, &self.other_host] {
            if canary.visitors() > 0 {
                faults.push(format!("somebody came to {}", canary.address));
            }
        }
        faults.extend(log::fault());
        for (when, answer) in [
            ("meanwhile", meanwhile),
            ("afterwards", ask(&self.ordinary).await),
        ] {
            if let Err(error) = answer {
                faults.push(format!("{when}: {error:#}"));
            }
        }
        let held = match faults.is_empty() {
            true => Ok(()),
            false => Err(format!("NO: {}", faults.join("; "))),
        };
        Ok((outcome.ends, held))
    }

    /// Tries an attack, and gives its outcome and the faults on the way.
    async fn attacked(&self, row: &Row) -> Result<(Outcome, Vec<String>)> {
        match row.way {
            Way::Load => Ok((self.loaded(row).await?, Vec::new())),
            Way::Call(verb) => {
                let service = self.service(row, self.recorder.address.to_string())?;
                let begun = Instant::now();
                let result = call(&service, verb).await;
                let outcome = Outcome::of_call(result, service.denials());
                Ok((outcome.after(begun.elapsed()), Vec::new()))
            }
            Way::Https => {
                let service = self.service(row, format!("https://{}", self.recorder.address))?;
                let result = call(&service, Verb::Metric).await;
                Ok((Outcome::of_call(result, service.denials()), Vec::new()))
            }
            Way::Crowd(most) => self.crowded(row, most).await,
            Way::Tenant(unscoped) => self.asked_for_another_tenant(row, unscoped).await,
        }
    }

    /// Loads a file.
    async fn loaded(&self, row: &Row) -> Result<Outcome> {
        let bytes = load::bytes(row.name, &self.whole)?;
        let host = self.host.clone();
        let loaded = tokio::task::spawn_blocking(move || host.load(&bytes)).await?;
        Ok(match loaded {
            Ok(_) => Outcome {
                ends: "loaded".to_owned(),
                says: String::new(),
                took: Duration::ZERO,
            },
            Err(error) => Outcome::of_load(&error),
        })
    }

    /// Two calls at once, beside somebody who asks all the time.
    async fn crowded(&self, row: &Row, most: usize) -> Result<(Outcome, Vec<String>)> {
        let service = self.service(row, self.recorder.address.to_string())?;
        let service = service.scoped(Tenants::scope()?);
        let quiet = tokio::time::sleep(Duration::from_millis(SHORT.into()) + GRACE);
        let ((), before) = answered_beside(quiet, &self.ordinary).await?;
        let resident = resident_bytes()?;
        self.recorder.take_most_connections();
        // On threads of the runtime, as a service's calls are.
        let calls = [(); 2].map(|()| {
            let service = service.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let result = call(&service, Verb::Metric).await;
                Outcome::of_call(result, service.denials()).after(begun.elapsed())
            })
        });
        let both = async {
            let [one, other] = calls;
            anyhow::Ok([one.await?, other.await?])
        };
        let (outcomes, beside) = answered_beside(both, &self.ordinary).await?;
        let [one, other] = outcomes?;

        let mut faults = Vec::new();
        if beside < LEFT * before {
            faults.push(format!(
                "others had {beside:.1} answers a second instead of {before:.1}"
            ));
        }
        let connections = self.recorder.take_most_connections();
        if connections > most {
            faults.push(format!("{connections} connections at once"));
        }
        let grown = resident_bytes()?.saturating_sub(resident);
        if grown > CROWD_BYTES {
            faults.push(format!("it holds {} MiB", grown >> 20));
        }
        if one.ends != other.ends {
            faults.push(format!(
                "one ended in {}, the other in {}",
                one.ends, other.ends
            ));
        }
        let later = if one.took > other.took { one } else { other };
        println!(
            "{}: {:.3} s; {connections} connections, {} MiB; others had {beside:.1} of {before:.1} answers a second",
            row.name,
            later.took.as_secs_f64(),
            grown >> 20,
        );
        Ok((later, faults))
    }

    async fn asked_for_another_tenant(
        &self,
        row: &Row,
        unscoped: Unscoped,
    ) -> Result<(Outcome, Vec<String>)> {
        let mut faults = Vec::new();
        let both = self.service(row, self.tenants.both.address())?;
        let alone = self.service(row, self.tenants.alone.address())?;
        let leaks = |says: &str| SECRETS.iter().any(|secret| says.contains(secret));

        // It has to be an attack at all.
        let free = call(&both, Verb::Metric).await;
        if unscoped == Unscoped::Leaks && !free.as_ref().is_ok_and(|says| leaks(says)) {
            faults.push(format!("without a scope it gets nothing either: {free:?}"));
        }
        let [outcome, without_them] = [within_scope(&both).await?, within_scope(&alone).await?];
        if leaks(&outcome.says) {
            faults.push(format!("it got {}", head(&outcome.says)));
        }
        if outcome != without_them {
            faults.push(format!(
                "it sees that there is somebody else: {outcome:?}, {without_them:?}"
            ));
        }
        Ok((outcome, faults))
    }

    /// The hostile plugin, ordered to do this to that address.
    fn service(&self, row: &Row, address: String) -> Result<MetricService> {
        let mut config = Config::new(address);
        let (port, host) = (self.other_port.address, self.other_host.address);
        config.timewindow = Some(format!("{} {port} {host}", row.name));
        config.timeout = Some(if row.ends == "TimedOut" { SHORT } else { LONG });
        Ok(self.hostile.service(config)?)
    }
}

async fn within_scope(service: &MetricService) -> Result<Outcome> {
    let service = service.scoped(Tenants::scope()?);
    let result = call(&service, Verb::Metric).await;
    Ok(Outcome::within_scope(result, service.denials()))
}

/// Calls a verb, all pages or pieces of it, and gives what the plugin says.
async fn call(service: &MetricService, verb: Verb) -> Result<String, CallError> {
    let query = MetricQuery::new("mem", "0", "60");
    let options = RangeOptions::default();
    let nothing = |()| String::new();
    match verb {
        Verb::Metric => Ok(service.query_metric(&query).await?.warnings.join("\n")),
        Verb::Metadata => service.query_metadata().await.map(drop).map(nothing),
        Verb::Plan => service.plan(&query, &options).await.map(drop).map(nothing),
        Verb::Batch => {
            let queries = [query.clone(), query];
            let answers = service.query_batch(&queries, &options).await;
            answers.map(drop).map(nothing)
        }
        Verb::Page => {
            let mut cursor = Some("here".to_owned());
            while cursor.is_some() {
                let page = service.query_page(&query, &options, cursor.as_deref());
                cursor = page.await?.next;
            }
            Ok(String::new())
        }
        Verb::Stream => {
            let mut stream = service.stream(&query, &options).await?;
            while stream.next().await?.is_some() {}
            Ok(String::new())
        }
        Verb::Request => service.metric_request(&query).await.map(drop).map(nothing),
    }
}

/// The head of a text, as much as a table can hold.
fn head(text: &str) -> String {
    text.chars().take(600).collect()
}
