//! Ten million samples through the command line, into a pipe. The memory is all that its process has ever held: the
//! host, the plugin's own memory, the compiled code, the libraries.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use metric_testbed::Shape;

use super::{Measurement, Row};
use crate::memory;
use crate::outcome::{Goal, Outcome, Unit};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "streaming 10 M samples",
    measure,
};

/// 200 series at a point a second, which Prometheus makes of a sample a minute.
const POINTS: i64 = 50_000;
const MEBIBYTE: f64 = 1_048_576.0;

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let start = Shape::fixed_start();
        let mut command = Command::new(&setting.host_executable);
        command
            .env("METRIC_PLUGIN", &setting.plugin_file)
            .args(["--address", &setting.address])
            .args(["query", "mem", "--value-type", "current"])
            .args(["--group-by", "kernel-id", "--step", "1"])
            .args(["--start", &start.to_string()])
            .args(["--end", &(start + POINTS - 1).to_string()])
            .args(["--format", "ndjson"]);
        let samples = setting.kernels * usize::try_from(POINTS)?;
        let streamed = tokio::task::spawn_blocking(move || streamed(&mut command)).await??;
        ensure!(
            streamed.samples == samples,
            "{} samples instead of {samples}",
            streamed.samples
        );
        Ok(vec![
            Outcome::new(
                "metric-host query, peak memory",
                Unit::Bytes,
                vec![streamed.peak],
            )
            .with_goal(Goal::AtMost(64.0 * MEBIBYTE)),
            #[allow(clippy::cast_precision_loss, reason = "some ten millions")]
            Outcome::new(
                "metric-host query, samples a second",
                Unit::SamplesASecond,
                vec![samples as f64 / streamed.seconds],
            ),
        ])
    })
}

struct Streamed {
    samples: usize,
    peak: f64,
    seconds: f64,
}

/// The last line.
#[derive(serde::Deserialize)]
struct End {
    kind: String,
    outcome: String,
    samples: usize,
}

/// Reads it to the end. The peak only grows, so what it is at the end is what counts.
fn streamed(command: &mut Command) -> Result<Streamed> {
    let started = std::time::Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("the command line does not start")?;
    let mut out = BufReader::with_capacity(1 << 20, child.stdout.take().context("it is piped")?);
    let (mut line, mut last, mut peak) = (Vec::new(), Vec::new(), 0.0);
    while out.read_until(b'\n', &mut line)? > 0 {
        // After its last line it has no more memory to ask for; by then it may have gone.
        peak = memory::peak_of(child.id()).unwrap_or(peak);
        std::mem::swap(&mut line, &mut last);
        line.clear();
    }
    let seconds = started.elapsed().as_secs_f64();
    let status = child.wait()?;
    ensure!(status.success(), "{status}");
    let end: End = serde_json::from_slice(&last).context("the last line is no end")?;
    ensure!(
        end.kind == "end" && end.outcome == "whole",
        "the stream is {}",
        end.outcome
    );
    Ok(Streamed {
        samples: end.samples,
        peak,
        seconds,
    })
}
