//! Callers that ask for as long as they are told, a real Prometheus that is killed and started again meanwhile, and a
//! proxy before it that breaks connections. Whatever goes wrong, an answer is either right or an error.

mod callers;
mod proxy;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use metric_host::Config;
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};

use self::callers::{Expected, Tally, call_until};
use self::proxy::Proxy;
use crate::plugin;

/// What to do, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    /// Callers that ask at once, each in a loop.
    pub callers: usize,
    /// How long they ask.
    pub time: Duration,
    /// A caller's pause between two questions.
    pub pause: Duration,
    /// How long Prometheus lives, and how long it is away then.
    pub restarts: (Duration, Duration),
    /// The share of connections that the proxy breaks, 0 to 1.
    pub mischief: f64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Answers that were right.
    pub right: u64,
    /// Answers that were not what the same question gave in quiet times.
    pub wrong: u64,
    /// Errors, by class.
    pub errors: BTreeMap<&'static str, u64>,
    /// Prometheus was killed and started again so often.
    pub restarts: u64,
    /// Connections that the proxy broke.
    pub broken_connections: u64,
    /// The longest that a call took.
    pub longest_call: Duration,
    /// Whether each kind of question was answered again, without a new host, when all was quiet.
    pub recovered: bool,
    /// This process's resident memory in bytes, at even distances of time.
    pub memory: Vec<u64>,
}

impl Soak {
    /// Runs it.
    ///
    /// # Errors
    /// When there is no Prometheus or no plugin. What callers are given is no error.
    pub async fn run(self) -> Result<Outcome> {
        let dataset = Dataset::generate(&Shape::four_hours());
        let mut server = Prometheus::start_with(PrometheusOptions::default(), &dataset)?;
        let proxy = Proxy::start(server.address(), self.mischief).await?;
        let mut config = Config::new(proxy.address());
        config.timeout = Some(3_000);
        config.sample_interval = Some(30);
        let service = plugin()?.service(config)?;
        let expected = Arc::new(Expected::of(&service, &dataset).await?);

        proxy.misbehave(true);
        let end = Instant::now() + self.time;
        let callers: Vec<_> = (0..self.callers)
            .map(|seed| {
                let (service, expected) = (service.clone(), Arc::clone(&expected));
                tokio::spawn(call_until(end, self.pause, seed, service, expected))
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
            recovered: expected.all_right(&service).await,
            right: tally.right,
            wrong: tally.wrong,
            errors: tally.errors,
            restarts,
            broken_connections: proxy.broken(),
            longest_call: tally.longest,
            memory: memory.await??,
        })
    }
}

/// Readings, thirty of them over the time.
async fn memory_until(end: Instant) -> Result<Vec<u64>> {
    let pause = end.saturating_duration_since(Instant::now()) / 30;
    let mut readings = Vec::new();
    while Instant::now() < end {
        readings.push(resident_bytes()?);
        tokio::time::sleep(pause).await;
    }
    readings.push(resident_bytes()?);
    Ok(readings)
}

/// What of this process is in memory, in bytes. From `/proc`, so on Linux alone.
///
/// # Errors
/// Where there is no such file.
pub fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .context("no VmRSS")?;
    Ok(kib.trim().parse::<u64>()? << 10)
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: u64 = self.errors.values().sum();
        writeln!(
            f,
            "calls                {}",
            self.right + self.wrong + errors
        )?;
        writeln!(f, "right answers        {}", self.right)?;
        writeln!(f, "wrong answers        {}", self.wrong)?;
        for (class, count) in &self.errors {
            writeln!(f, "  {class:<18} {count}")?;
        }
        writeln!(f, "Prometheus killed    {} times", self.restarts)?;
        writeln!(f, "connections broken   {}", self.broken_connections)?;
        writeln!(f, "longest call         {:?}", self.longest_call)?;
        let recovered = if self.recovered { "yes" } else { "NO" };
        writeln!(f, "recovered            {recovered}")?;
        let mib: Vec<String> = self.memory.iter().map(|b| (b >> 20).to_string()).collect();
        write!(f, "memory, MiB          {}", mib.join(" "))
    }
}
