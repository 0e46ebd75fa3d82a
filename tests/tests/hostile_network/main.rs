//! Everything that a server, or the network before it, can do to an answer: each ends in the right error, in time, with
//! bounded memory, and the next query works. Prints a table; fails where a row is not as promised.

mod faults;
mod server;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use metric_host::{
    CallError, Config, Host, HostOptions, Limits, MetricQuery, MetricService, RangeOptions,
    ServiceError,
};

use metric_tests::soak::resident_bytes;

use crate::faults::{Act, Fault, Outcome, Part};
use crate::server::{Canary, Server};

/// The timeout that the plugin grants itself for a call, in milliseconds: longer than all its attempts wait.
const TIMEOUT: u32 = 2_000;
/// Within this a call has to be over: the host's grace of 2 s is after the plugin's own end, and it is on time.
const AT_MOST: Duration = Duration::from_millis(TIMEOUT as u64 + 2_100);
/// A body of ten gigabytes is cut here.
const RESPONSE_BYTES: u64 = 32 << 20;
/// The bytes that the process may grow by, whatever comes in: an answer that is cut, in the plugin and on its way.
const GROWTH: u64 = 256 << 20;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut server = Server::start().await?;
    let canary = Canary::start().await?;
    let service = service(&server.address())?;
    let query = MetricQuery::new("mem", "0", "60");
    ask(&service, &query).await?;
    let at_first = resident_bytes()?;

    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["stage", "what happens", "the caller gets", "as promised"]);
    let mut broken = 0;
    for fault in faults::all(&canary.address) {
        let Fault {
            stage,
            name,
            outcome,
            act,
        } = fault;
        let promised = met(&mut server, &service, &query, act, outcome).await?;
        broken += usize::from(promised.is_err());
        let verdict = promised.err().unwrap_or_else(|| "yes".to_owned());
        table.add_row([stage, name, &format!("{outcome:?}"), &verdict]);
    }
    let promised = many_at_once(&mut server, &service, &query).await?;
    broken += usize::from(promised.is_err());
    let verdict = promised.err().unwrap_or_else(|| "yes".to_owned());
    table.add_row([
        "head",
        "never comes, of a hundred at once",
        "TimedOut",
        &verdict,
    ]);
    let grown = resident_bytes()?.saturating_sub(at_first);
    println!("{table}");
    println!(
        "{} faults; memory grew by {} MiB",
        table.row_iter().count(),
        grown >> 20
    );
    if broken > 0 {
        bail!("{broken} faults did not end as promised");
    }
    if !canary.is_untouched() {
        bail!("a redirect was followed");
    }
    if grown > GROWTH {
        bail!("memory grew by {grown} bytes");
    }
    Ok(())
}

/// Checks that a fault ends as it has to, and that the query after it works. The inner error says what happened
/// instead.
async fn met(
    server: &mut Server,
    service: &MetricService,
    query: &MetricQuery,
    act: Act,
    outcome: Outcome,
) -> Result<Result<(), String>> {
    if matches!(act, Act::OnSecondRequest(_)) {
        // Leaves a connection in the pool.
        ask(service, query).await.context("before the fault")?;
    }
    server.behave(Some(act)).await?;
    let begun = Instant::now();
    let answer = service.query_metric(query).await;
    let took = begun.elapsed();
    server.behave(None).await?;
    let got = classified(answer.map(drop));
    if got != Ok(outcome) {
        return Ok(Err(format!("{got:?}")));
    }
    if took > AT_MOST {
        return Ok(Err(format!("after {took:?}")));
    }
    Ok(ask(service, query)
        .await
        .map_err(|error| format!("the next query: {error:#}")))
}

/// A call whose many requests are under way at once, to a server that answers none, ends in time as one request's does.
async fn many_at_once(
    server: &mut Server,
    service: &MetricService,
    query: &MetricQuery,
) -> Result<Result<(), String>> {
    let mut long = MetricQuery::new("mem", "0", "6000");
    long.step = Some(60);
    let options = RangeOptions {
        interval: Some(60),
        concurrency: Some(100),
        ..RangeOptions::default()
    };
    server.behave(Some(Act::Answer(vec![Part::Stall]))).await?;
    let begun = Instant::now();
    let answer = service.query_range(&long, &options).await;
    let took = begun.elapsed();
    server.behave(None).await?;
    let got = classified(answer.map(drop));
    if got != Ok(Outcome::TimedOut) || took > AT_MOST {
        return Ok(Err(format!("{got:?} after {took:?}")));
    }
    Ok(ask(service, query)
        .await
        .map_err(|error| format!("the next query: {error:#}")))
}

async fn ask(service: &MetricService, query: &MetricQuery) -> Result<()> {
    let result = service.query_metric(query).await?;
    match result.series.as_slice() {
        [series] if series.values == [1.0, 2.0] => Ok(()),
        other => bail!("a wrong result: {other:?}"),
    }
}

fn classified(answer: Result<(), CallError>) -> Result<Outcome, String> {
    match answer {
        Ok(()) => Ok(Outcome::Answer),
        Err(CallError::Service(error) | CallError::Chunk { error, .. }) => match error {
            ServiceError::ConnectionFailed(_) => Ok(Outcome::ConnectionFailed),
            ServiceError::TimedOut(_) => Ok(Outcome::TimedOut),
            ServiceError::MalformedResponse(_) => Ok(Outcome::MalformedResponse),
            ServiceError::LimitExceeded(_) => Ok(Outcome::LimitExceeded),
            ServiceError::FailedToGetMetric(no) => Ok(Outcome::Refused(no.status)),
            other => Err(other.to_string()),
        },
        Err(other) => Err(other.to_string()),
    }
}

fn service(address: &str) -> Result<MetricService> {
    let limits = Limits {
        response_bytes: RESPONSE_BYTES,
        ..Limits::default()
    };
    let host = Host::new(HostOptions {
        limits,
        ..HostOptions::default()
    })?;
    let plugin = host
        .load_file(metric_tests::plugin_file())
        .context("`cargo xtask build` makes the plugin")?;
    let mut config = Config::new(address);
    config.timeout = Some(TIMEOUT);
    // A sample has 16 bytes, a series its labels: less than the body that is let through.
    config.max_result_bytes = Some(16 << 20);
    Ok(plugin.service_with(config, &metric_tests::uncached())?)
}
