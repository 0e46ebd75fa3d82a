//! A running Prometheus with a port and a data folder of its own. It knows how to start, stop and start
//! again; what the data mean is not its concern.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::dataset::Dataset;
use crate::error::TestbedError;
use crate::finder::{Finder, PrometheusTools};
use crate::probe::http_status;
use crate::watchdog::Watchdog;

/// How often another port is tried when somebody else took the one that was free a moment ago.
const PORT_ATTEMPTS: usize = 5;
/// Between two looks at whether it is ready.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// What it logs when it is ready.
const READY: &str = "Server is ready to receive web requests";

/// How to start a [`Prometheus`].
#[derive(Clone, Debug)]
pub struct PrometheusOptions {
    /// The programs; none: [`Finder::new`] finds them.
    pub tools: Option<PrometheusTools>,
    /// `host:port` to scrape `/metrics` of. Empty: only what is loaded is there.
    pub scrape_targets: Vec<String>,
    /// Seconds between two scrapes.
    pub scrape_interval: u32,
    /// Further flags, e.g. `--query.max-samples=1000`.
    pub arguments: Vec<String>,
    /// The text of a web configuration file: TLS, users. With one, the server is taken for ready when its log says so.
    pub web_config: Option<String>,
    /// How long it may take until it is ready. Blocks of a day take under a second; a loaded machine takes its time.
    pub ready_within: Duration,
}

impl Default for PrometheusOptions {
    fn default() -> Self {
        Self {
            tools: None,
            scrape_targets: Vec::new(),
            scrape_interval: 15,
            arguments: Vec::new(),
            web_config: None,
            ready_within: Duration::from_secs(60),
        }
    }
}

/// A Prometheus on a loopback port. Dropped, it is killed and its data are removed; they also are when
/// the process that started it is killed.
#[derive(Debug)]
pub struct Prometheus {
    running: Option<Running>,
    tools: PrometheusTools,
    options: PrometheusOptions,
    address: SocketAddr,
    folder: TempDir,
}

impl Prometheus {
    /// Starts one without data and waits until it is ready.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] if there is none, [`TestbedError::NotReady`] with the end of its log if
    /// it does not come up, [`TestbedError::File`], [`TestbedError::Run`] or [`TestbedError::Port`] if the
    /// machine does not let us.
    pub fn start(options: PrometheusOptions) -> Result<Self, TestbedError> {
        Self::prepare(options)?.up()
    }

    /// Starts one that holds a data set.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`TestbedError::Failed`] if promtool refuses the data.
    pub fn start_with(options: PrometheusOptions, dataset: &Dataset) -> Result<Self, TestbedError> {
        let server = Self::prepare(options)?;
        dataset.create_blocks(&server.tools.promtool, &server.data())?;
        server.up()
    }

    /// Where it listens, or did before it was stopped: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Kills it. Its port is closed, its data stay. Nothing happens if it is not running.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Stops it if it runs, and starts it on the same port with the same data.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), TestbedError> {
        self.stop();
        self.launch()
    }

    /// The folders and the configuration, and a port.
    fn prepare(options: PrometheusOptions) -> Result<Self, TestbedError> {
        let tools = match &options.tools {
            Some(tools) => tools.clone(),
            None => Finder::new().prometheus()?,
        };
        let folder = tempfile::Builder::new()
            .prefix("metric-testbed-")
            .tempdir()
            .map_err(file_error("make a folder in", &std::env::temp_dir()))?;
        let server = Self {
            running: None,
            tools,
            options,
            address: free_address()?,
            folder,
        };
        fs::create_dir_all(server.data()).map_err(file_error("make", &server.data()))?;
        let file = server.folder.path().join("prometheus.yml");
        fs::write(&file, configuration(&server.options)).map_err(file_error("write", &file))?;
        if let Some(text) = &server.options.web_config {
            let file = server.web_config();
            fs::write(&file, text).map_err(file_error("write", &file))?;
        }
        Ok(server)
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn times_ready(&self) -> usize {
        self.log().matches(READY).count()
    }

    fn web_config(&self) -> std::path::PathBuf {
        self.folder.path().join("web.yml")
    }

    /// Launches it, on another port if somebody takes ours between the look and the start.
    fn up(mut self) -> Result<Self, TestbedError> {
        for _ in 1..PORT_ATTEMPTS {
            match self.launch() {
                Err(TestbedError::NotReady { log, .. })
                    if log.contains("address already in use") =>
                {
                    self.address = free_address()?;
                }
                done => return done.map(|()| self),
            }
        }
        self.launch()?;
        Ok(self)
    }

    fn launch(&mut self) -> Result<(), TestbedError> {
        let earlier = self.times_ready();
        let log = self.folder.path().join("log");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(file_error("write", &log))?;
        self.running = Some(Running::spawn(
            &mut self.command(log)?,
            &self.tools,
            self.folder.path(),
        )?);
        let outcome = self.wait_until_ready(earlier);
        if outcome.is_err() {
            self.running = None;
        }
        outcome
    }

    fn command(&self, log: File) -> Result<Command, TestbedError> {
        let errors = log
            .try_clone()
            .map_err(file_error("write", self.folder.path()))?;
        let folder = self.folder.path().display();
        let mut command = Command::new(&self.tools.prometheus);
        command
            .arg(format!("--config.file={folder}/prometheus.yml"))
            .arg(format!("--storage.tsdb.path={folder}/data"))
            // The data may be of any year.
            .arg("--storage.tsdb.retention.time=100y")
            // Blocks stay as promtool cut them: compacting them would take processor time from what is measured.
            .args([
                "--storage.tsdb.min-block-duration=2h",
                "--storage.tsdb.max-block-duration=2h",
            ])
            .arg(format!("--web.listen-address={}", self.address))
            .args(&self.options.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        if self.options.web_config.is_some() {
            let file = self.web_config();
            command.arg(format!("--web.config.file={}", file.display()));
        }
        Ok(command)
    }

    /// Its log may say of `earlier` starts that it was ready.
    fn wait_until_ready(&mut self, earlier: usize) -> Result<(), TestbedError> {
        let started = Instant::now();
        let reason = loop {
            if let Some(status) = self.running.as_mut().and_then(Running::ended) {
                break format!("it ended ({status})");
            }
            let is_ready = match self.options.web_config {
                Some(_) => self.times_ready() > earlier,
                None => http_status(self.address, "/-/ready", Duration::from_secs(1)) == Some(200),
            };
            if is_ready {
                // Whoever else might listen there: ours would have ended.
                return Ok(());
            }
            if started.elapsed() > self.options.ready_within {
                break format!("not within {:?}", self.options.ready_within);
            }
            std::thread::sleep(PROBE_INTERVAL);
        };
        Err(TestbedError::NotReady {
            reason,
            log: tail(&self.log()),
        })
    }
}

/// The process, and who watches over it.
#[derive(Debug)]
struct Running {
    watchdog: Option<Watchdog>,
    child: Child,
}

impl Running {
    fn spawn(
        command: &mut Command,
        tools: &PrometheusTools,
        folder: &Path,
    ) -> Result<Self, TestbedError> {
        let run_error = |source| TestbedError::Run {
            program: tools.prometheus.display().to_string(),
            source,
        };
        let child = command.spawn().map_err(run_error)?;
        // Bound to `Self` before anything else can fail, so that the child is reaped in any case.
        let mut running = Self {
            watchdog: None,
            child,
        };
        running.watchdog = Some(Watchdog::over(running.child.id(), folder).map_err(run_error)?);
        Ok(running)
    }

    fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watchdog = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that is free at this moment.
fn free_address() -> Result<SocketAddr, TestbedError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(TestbedError::Port)
}

/// Prometheus's configuration file.
fn configuration(options: &PrometheusOptions) -> String {
    if options.scrape_targets.is_empty() {
        return "scrape_configs: []\n".to_owned();
    }
    let targets: Vec<String> = options
        .scrape_targets
        .iter()
        .map(|target| format!("'{target}'"))
        .collect();
    let seconds = options.scrape_interval;
    format!(
        "global: {{ scrape_interval: {seconds}s, scrape_timeout: {seconds}s }}\n\
         scrape_configs:\n  - job_name: testbed\n    static_configs:\n      - targets: [{}]\n",
        targets.join(", ")
    )
}

/// The last lines of a log: enough to see why.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(10))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

fn file_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(std::io::Error) -> TestbedError + use<'a> {
    move |source| TestbedError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
