//! A running Prometheus with data in it: its configuration and its arguments. The meaning of the data is not its
//! concern.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::daemon::{Daemon, Launch, Ready};
use crate::dataset::Dataset;
use crate::error::{TestbedError, file_error};
use crate::finder::{Finder, PrometheusTools};

/// The line that it logs when it is ready.
const READY: &str = "Server is ready to receive web requests";

/// The settings by which a [`Prometheus`] is started.
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
    /// The longest that it may take until it is ready. Blocks of a day take under a second; a loaded machine takes its
    /// time.
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
pub struct Prometheus(Daemon);

impl Prometheus {
    /// Starts one without data and waits until it is ready.
    ///
    /// # Errors
    /// [`TestbedError::Missing`] if there is none, [`TestbedError::NotReady`] with the end of its log if
    /// it does not come up, [`TestbedError::File`], [`TestbedError::Run`] or [`TestbedError::Port`] if the
    /// machine does not let us.
    pub fn start(options: PrometheusOptions) -> Result<Self, TestbedError> {
        Self::start_over(options, |_, _| Ok(()))
    }

    /// Starts one that holds a data set.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`TestbedError::Failed`] if promtool refuses the data.
    pub fn start_with(options: PrometheusOptions, dataset: &Dataset) -> Result<Self, TestbedError> {
        Self::start_over(options, |promtool, data| {
            dataset.create_blocks(promtool, data)
        })
    }

    /// Returns the address where it listens, or did before it was stopped: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.0.address().to_string()
    }

    /// Returns its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// Kills it. Its port is closed, its data stay. Nothing happens if it is not running.
    pub fn stop(&mut self) {
        self.0.stop();
    }

    /// Stops it if it runs, and starts it on the same port with the same data.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), TestbedError> {
        self.0.restart()
    }

    /// Starts one whose data folder `fill` fills, given promtool and the folder.
    fn start_over(
        mut options: PrometheusOptions,
        fill: impl FnOnce(&Path, &Path) -> Result<(), TestbedError>,
    ) -> Result<Self, TestbedError> {
        let tools = match options.tools.take() {
            Some(tools) => tools,
            None => Finder::new().prometheus()?,
        };
        let folder = Daemon::folder()?;
        let data = folder.path().join("data");
        fs::create_dir_all(&data).map_err(file_error("make", &data))?;
        fill(&tools.promtool, &data)?;
        let launch = Launch {
            program: tools.prometheus,
            listen: "--web.listen-address=",
            arguments: arguments(&options, folder.path())?,
            ready: match options.web_config {
                Some(_) => Ready::Logs(READY),
                None => Ready::Answers("/-/ready"),
            },
            ready_within: options.ready_within,
        };
        Daemon::start(launch, folder).map(Self)
    }
}

/// The arguments that name the configuration and the data. The configuration is written.
fn arguments(options: &PrometheusOptions, folder: &Path) -> Result<Vec<String>, TestbedError> {
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text)
            .map(|()| file.display().to_string())
            .map_err(file_error("write", &file))
    };
    let mut arguments = vec![
        format!(
            "--config.file={}",
            write("prometheus.yml", &configuration(options))?
        ),
        format!("--storage.tsdb.path={}", folder.join("data").display()),
        // The data may be of any year.
        "--storage.tsdb.retention.time=100y".to_owned(),
        // Blocks stay as promtool cut them: compacting them would take processor time from what is measured.
        "--storage.tsdb.min-block-duration=2h".to_owned(),
        "--storage.tsdb.max-block-duration=2h".to_owned(),
    ];
    arguments.extend(options.arguments.iter().cloned());
    if let Some(text) = &options.web_config {
        arguments.push(format!("--web.config.file={}", write("web.yml", text)?));
    }
    Ok(arguments)
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
