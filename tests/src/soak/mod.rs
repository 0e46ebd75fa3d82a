//! Callers that ask for as long as they are told, a real Prometheus that is killed and started again meanwhile, and a
//! proxy before it that breaks connections. Whatever goes wrong, an answer is either right or an error.
//!
//! - `questions.rs`: what is asked, and what is answered when all is quiet;
//! - `ways.rs`: how: at once, in chunks, pages, batches, streams, under a scope, by callers that leave, and of a plugin in
//!   the same host that crashes;
//! - `callers.rs`: who asks, and what they were given; `served.rs`: over HTTP, with clients beside them that know no manners;
//! - `proxy.rs`: what goes wrong on the way; `memory.rs`: what it costs.

mod callers;
mod memory;
mod proxy;
mod questions;
mod served;
mod ways;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use metric_host::{Config, Host, HostOptions};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};

use self::callers::{Tally, call_until};
pub use self::memory::resident_bytes;
use self::memory::{is_flat, memory_until};
use self::proxy::Proxy;
use self::questions::Questions;
use self::served::Served;
use self::ways::{Came, Services};
use crate::crashing::crashing_plugin;
use crate::{plugin_file, uncached};

/// The class of a call that the plugin did not end by itself.
const ENDED_BY_THE_HOST: &str = "ended by the host";
/// The timeout that the plugin is given for a call. The host ends a call 2 s later.
const TIMEOUT: Duration = Duration::from_secs(3);
/// A call that takes longer hangs. A stream or a range of pages is many calls; on a busy machine each may wait.
const HANGS_AFTER: Duration = Duration::from_secs(60);
/// Ten times what a call may take.
const RECOVERS_WITHIN: Duration = Duration::from_secs(30);

/// The load of a soak, and its length.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    /// Callers that ask at once, each in a loop.
    pub callers: usize,
    /// The time for which they ask.
    pub time: Duration,
    /// A caller's pause between two questions.
    pub pause: Duration,
    /// The time that Prometheus lives, and the time that it is away then.
    pub restarts: (Duration, Duration),
    /// The share of connections that the proxy breaks, 0 to 1.
    pub mischief: f64,
    /// True if they ask over HTTP, too, while half-open connections and slow clients keep the server busy.
    pub serve: bool,
}

/// The outcome of a soak.
#[derive(Debug)]
pub struct Outcome {
    /// Calls, by the way in which was asked.
    pub calls: BTreeMap<&'static str, u64>,
    /// Answers that were right.
    pub right: u64,
    /// Answers that lacked chunks, said which, and were right in all else.
    pub parts: u64,
    /// Calls that their caller gave up.
    pub left: u64,
    /// Crashes of the plugin that crashes.
    pub crashes: u64,
    /// Answers that were not what the same question gave in quiet times.
    pub wrong: u64,
    /// Some of them.
    pub wrong_ones: Vec<String>,
    /// Errors, by class.
    pub errors: BTreeMap<&'static str, u64>,
    /// Prometheus was killed and started again so often.
    pub restarts: u64,
    /// Connections that the proxy broke.
    pub broken_connections: u64,
    /// The longest that a question took, be it one call or many.
    pub longest: Duration,
    /// The time, once all was quiet, until each question was answered in each way again, without a new host. None:
    /// longer than half a minute.
    pub recovery: Option<Duration>,
    /// This process's resident memory in bytes, at even distances of time.
    pub memory: Vec<u64>,
}

impl Soak {
    /// Runs it.
    ///
    /// # Errors
    /// Fails if there is no Prometheus or no plugin. Failed calls are no error.
    pub async fn run(self) -> Result<Outcome> {
        let dataset = Dataset::generate(&Shape::four_hours());
        let mut server = Prometheus::start_with(PrometheusOptions::default(), &dataset)?;
        let proxy = Proxy::start(server.address(), self.mischief).await?;
        let mut config = Config::new(proxy.address());
        config.timeout = Some(u32::try_from(TIMEOUT.as_millis())?);
        config.sample_interval = Some(30);
        let host = Host::new(HostOptions::default())?;
        let plugin = host
            .load_file(plugin_file())?
            .service_with(config.clone(), &uncached())?;
        let served = self
            .serve
            .then(|| Served::start(host.clone(), plugin.clone()));
        let services = Arc::new(Services {
            plugin,
            crashing: host.load(&crashing_plugin()?)?.service(config)?,
            served: served.transpose()?,
        });
        let questions = Arc::new(Questions::ask(&services.plugin, &dataset).await?);

        proxy.misbehave(true);
        let end = Instant::now() + self.time;
        if let Some(served) = &services.served {
            served.annoy(end);
        }
        let callers: Vec<_> = (0..self.callers)
            .map(|seed| {
                let (services, questions) = (Arc::clone(&services), Arc::clone(&questions));
                tokio::spawn(call_until(end, self.pause, seed, services, questions))
            })
            .collect();
        let memory = tokio::spawn(memory_until(end));
        let restarts = tokio::task::spawn_blocking(move || -> Result<(Prometheus, u64)> {
            let mut restarts = 0;
            let (alive, away) = self.restarts;
            while Instant::now() + alive < end {
                std::thread::sleep(alive);
                server.stop();
                std::thread::sleep(away);
                server.restart()?;
                restarts += 1;
            }
            Ok((server, restarts))
        });

        let mut tally = Tally::default();
        for caller in callers {
            tally.add(caller.await?);
        }
        let (_server, restarts) = restarts.await??;
        proxy.misbehave(false);
        Ok(Outcome {
            recovery: recovery(&services, &questions).await,
            calls: tally.calls,
            right: tally.right,
            parts: tally.parts,
            left: tally.left,
            crashes: tally.crashes,
            wrong: tally.wrong,
            wrong_ones: tally.wrong_ones,
            errors: tally.errors,
            restarts,
            broken_connections: proxy.broken(),
            longest: tally.longest,
            memory: memory.await??,
        })
    }
}

/// Measures the time until each question is answered in each way as in quiet times. Connections that were doomed while
/// there was mischief may still wait in the pool, and cost some of the first attempts.
async fn recovery(services: &Services, questions: &Questions) -> Option<Duration> {
    let quiet = Instant::now();
    'again: while quiet.elapsed() < RECOVERS_WITHIN {
        for question in &questions.all {
            for way in services.ways() {
                let came = question.ask(way, services, questions).await;
                if !matches!(came, Came::Right | Came::Crash | Came::Left) {
                    eprintln!("afterwards, {}: {came:?}", way.name());
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    continue 'again;
                }
            }
        }
        return Some(quiet.elapsed());
    }
    None
}

impl Outcome {
    /// Lists the promises that were not kept; empty: all were kept. The test that memory is flat needs minutes, not
    /// seconds: see [`memory_is_flat`](Self::memory_is_flat).
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut must = |holds: bool, complaint: String| {
            if !holds {
                complaints.push(complaint);
            }
        };
        must(
            self.wrong == 0,
            format!("wrong answers: {:?}", self.wrong_ones),
        );
        must(self.right > 0, "no right answer".to_owned());
        must(self.recovery.is_some(), "no recovery".to_owned());
        // The plugin ends by itself, within its 3 s, unless the machine is busy; and it does not crash.
        for class in ["trapped", "broken contract", "other"] {
            let count = self.errors.get(class).copied().unwrap_or_default();
            must(count == 0, format!("{count} times {class}"));
        }
        must(
            self.longest < HANGS_AFTER,
            format!("a question took {:?}", self.longest),
        );
        complaints
    }

    /// Returns true if memory stopped growing once everything had been used.
    #[must_use]
    pub fn memory_is_flat(&self) -> bool {
        is_flat(&self.memory)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls: u64 = self.calls.values().sum();
        writeln!(f, "questions                   {calls}")?;
        for (way, count) in &self.calls {
            writeln!(f, "  {way:<25} {count}")?;
        }
        writeln!(f, "right answers               {}", self.right)?;
        writeln!(f, "answers that say what lacks {}", self.parts)?;
        writeln!(f, "given up by the caller      {}", self.left)?;
        writeln!(f, "crashes that had to come    {}", self.crashes)?;
        writeln!(f, "WRONG answers               {}", self.wrong)?;
        for wrong in &self.wrong_ones {
            writeln!(f, "  {wrong}")?;
        }
        writeln!(
            f,
            "errors                      {}",
            self.errors.values().sum::<u64>()
        )?;
        for (class, count) in &self.errors {
            writeln!(f, "  {class:<25} {count}")?;
        }
        writeln!(f, "Prometheus killed           {} times", self.restarts)?;
        writeln!(f, "connections broken          {}", self.broken_connections)?;
        writeln!(f, "longest question            {:?}", self.longest)?;
        let yes_or_no = |yes| if yes { "yes" } else { "NO" };
        match self.recovery {
            Some(took) => writeln!(f, "recovered, without restart  after {took:.1?}")?,
            None => writeln!(f, "recovered, without restart  NO")?,
        }
        let mib: Vec<String> = self.memory.iter().map(|b| (b >> 20).to_string()).collect();
        writeln!(f, "memory over time, MiB       {}", mib.join(" "))?;
        write!(
            f,
            "memory is flat              {}",
            yes_or_no(self.memory_is_flat())
        )
    }
}
