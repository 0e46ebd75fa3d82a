//! Where attacks are tried: one host with both the real plugin and the hostile one, two Prometheuses, a recorder, and
//! canaries.

use std::time::Duration;

use anyhow::{Context as _, Result};
use metric_host::{
    CallError, CompileCache, Config, Host, HostOptions, Limits, MetricQuery, MetricService, Plugin,
    RangeOptions,
};

use crate::load;
use crate::log;
use crate::outcome::Outcome;
use crate::recorder::{self, Canary, Recorder, fault};
use crate::rows::{Bait, Row, Verb, Way};
use crate::tenants::{SECRETS, Tenants, ask};

/// What a call may send.
const REQUESTS: u32 = 64;
/// What a plugin may take to be compiled. The real one takes a twentieth.
const COMPILE: Duration = Duration::from_secs(10);
/// The host ends a call two seconds after the time that it is configured for: here, an attack that would last for ever.
const SHORT: u32 = 500;
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

    /// Tries an attack. What the host does about it, and whether that is all right; if not, why.
    pub(crate) async fn tried(&self, row: &Row) -> Result<(String, Result<(), String>)> {
        // What was said of the attack before, when its calls were dropped.
        let _ = log::fault();
        // Somebody else's query, at the same time.
        let attack = tokio::time::timeout(HANGS, self.attacked(row));
        let (attacked, meanwhile) = tokio::join!(attack, ask(&self.ordinary));
        let Ok(attacked) = attacked else {
            return Ok(("hangs".to_owned(), Err("no".to_owned())));
        };
        let (outcome, mut faults) = attacked?;
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

    /// What comes of an attack, and what was wrong on the way.
    async fn attacked(&self, row: &Row) -> Result<(Outcome, Vec<String>)> {
        match row.way {
            Way::Load => Ok((self.loaded(row).await?, Vec::new())),
            Way::Call(verb) => {
                let service = self.service(row, self.recorder.address.to_string())?;
                let result = call(&service, verb).await;
                Ok((Outcome::of_call(result, service.refusals()), Vec::new()))
            }
            Way::Https => {
                let service = self.service(row, format!("https://{}", self.recorder.address))?;
                let result = call(&service, Verb::Metric).await;
                Ok((Outcome::of_call(result, service.refusals()), Vec::new()))
            }
            Way::Tenant(bait) => self.asked_for_another_tenant(row, bait).await,
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
            },
            Err(error) => Outcome::of_load(&error),
        })
    }

    async fn asked_for_another_tenant(
        &self,
        row: &Row,
        bait: Bait,
    ) -> Result<(Outcome, Vec<String>)> {
        let mut faults = Vec::new();
        let both = self.service(row, self.tenants.both.address())?;
        let alone = self.service(row, self.tenants.alone.address())?;
        let is_taken = |says: &str| SECRETS.iter().any(|secret| says.contains(secret));

        // It has to be an attack at all.
        let free = call(&both, Verb::Metric).await;
        if bait == Bait::Taken && !free.as_ref().is_ok_and(|says| is_taken(says)) {
            faults.push(format!("without a scope it gets nothing either: {free:?}"));
        }
        let [outcome, without_them] = [within_scope(&both).await?, within_scope(&alone).await?];
        if is_taken(&outcome.says) {
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
    Ok(Outcome::within_scope(result, service.refusals()))
}

/// Calls a verb, and gives what the plugin says.
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
            let page = service.query_page(&query, &options, Some("here")).await;
            page.map(drop).map(nothing)
        }
        Verb::Stream => {
            let mut stream = service.stream(&query, &options).await?;
            stream.next().await.map(drop).map(nothing)
        }
    }
}

/// As much as a table can hold.
fn head(text: &str) -> String {
    text.chars().take(600).collect()
}
