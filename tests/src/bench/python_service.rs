//! The competitor in Python: `python_service/service.py`, a process that stays and is given jobs over a pipe.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use metric_host::HttpRequest;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

/// The program. `cargo xtask bench` finds a Python that has what it imports.
const SERVICE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/bench/python_service/service.py"
);

/// A running service. Clones share it, and ask one after the other.
#[derive(Clone)]
pub(crate) struct PythonService(Arc<Mutex<Process>>);

struct Process {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// The job of the service: the same query so many times, so many at once.
#[derive(Clone, Serialize)]
pub(crate) struct Job {
    form: std::collections::BTreeMap<String, String>,
    times: usize,
    at_once: usize,
}

impl Job {
    /// The request that the plugin would send, taken from its codec.
    pub(crate) fn of(request: &HttpRequest, times: usize, at_once: usize) -> Self {
        let form = form_urlencoded::parse(request.body.as_bytes())
            .into_owned()
            .collect();
        Self {
            form,
            times,
            at_once,
        }
    }
}

impl PythonService {
    /// Starts it. It ends when the last clone is gone.
    pub(crate) fn start(python: &Path, address: &str) -> Result<Self> {
        let mut child = Command::new(python)
            .args([SERVICE, address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the Python service does not start")?;
        let stdin = child.stdin.take().context("it was piped")?;
        let stdout = child.stdout.take().context("it was piped")?;
        Ok(Self(Arc::new(Mutex::new(Process {
            stdin,
            stdout: BufReader::new(stdout).lines(),
            _child: child,
        }))))
    }

    /// Has it done, and gives the number of points that were read.
    pub(crate) async fn work(&self, job: &Job) -> Result<usize> {
        let mut process = self.0.lock().await;
        let line = format!("{}\n", serde_json::to_string(job)?);
        process.stdin.write_all(line.as_bytes()).await?;
        let answer = process.stdout.next_line().await?;
        Ok(answer.context("the Python service has ended")?.parse()?)
    }
}
