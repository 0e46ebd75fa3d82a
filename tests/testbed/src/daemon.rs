//! A server's process with a loopback port and a folder of its own: how it is started, watched over, stopped and
//! started again. Which server it is, is not its concern.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::error::{TestbedError, file_error};
use crate::probe::http_status;
use crate::watchdog::Watchdog;

/// The number of times that another port is tried when somebody else took the one that was free a moment ago.
const PORT_ATTEMPTS: usize = 5;
/// Between two looks at whether it is ready.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// The settings by which a server is started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) program: PathBuf,
    /// The flag that takes the address to listen on, `=` included.
    pub(crate) listen: &'static str,
    /// All other arguments.
    pub(crate) arguments: Vec<String>,
    /// The sign that it is ready.
    pub(crate) ready: Ready,
    /// The longest that it may take until then.
    pub(crate) ready_within: Duration,
}

/// The sign that a server is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ready {
    /// `GET` of this path gets status 200.
    Answers(&'static str),
    /// Its log says so, once for every start.
    Logs(&'static str),
}

/// A server's process. Dropped, it is killed and its folder is removed; they also are when the process that
/// started it is killed.
#[derive(Debug)]
pub(crate) struct Daemon {
    running: Option<Running>,
    launch: Launch,
    address: SocketAddr,
    folder: TempDir,
}

impl Daemon {
    /// A folder for a server's configuration and data.
    pub(crate) fn folder() -> Result<TempDir, TestbedError> {
        tempfile::Builder::new()
            .prefix("metric-testbed-")
            .tempdir()
            .map_err(file_error("make a folder in", &std::env::temp_dir()))
    }

    /// Launches it, on another port if somebody takes ours between the look and the start.
    pub(crate) fn start(launch: Launch, folder: TempDir) -> Result<Self, TestbedError> {
        let mut daemon = Self {
            running: None,
            launch,
            address: free_address()?,
            folder,
        };
        for _ in 1..PORT_ATTEMPTS {
            match daemon.up() {
                Err(TestbedError::NotReady { log, .. })
                    if log.contains("address already in use") =>
                {
                    daemon.address = free_address()?;
                }
                done => return done.map(|()| daemon),
            }
        }
        daemon.up()?;
        Ok(daemon)
    }

    /// The address where it listens, or did before it was stopped.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its log so far.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Kills it. Its port is closed, its folder stays. Nothing happens if it is not running.
    pub(crate) fn stop(&mut self) {
        self.running = None;
    }

    /// Stops it if it runs, and starts it on the same port with the same folder.
    pub(crate) fn restart(&mut self) -> Result<(), TestbedError> {
        self.stop();
        self.up()
    }

    /// The program's name, for messages.
    pub(crate) fn program(&self) -> String {
        let name = self.launch.program.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn up(&mut self) -> Result<(), TestbedError> {
        let earlier = self.times_logged();
        let log = self.folder.path().join("log");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(file_error("write", &log))?;
        self.running = Some(Running::spawn(&mut self.command(log)?, self.folder.path())?);
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
        let mut command = Command::new(&self.launch.program);
        command
            .arg(format!("{}{}", self.launch.listen, self.address))
            .args(&self.launch.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        Ok(command)
    }

    /// Returns the number of times that the log says that it is ready.
    fn times_logged(&self) -> usize {
        match self.launch.ready {
            Ready::Answers(_) => 0,
            Ready::Logs(text) => self.log().matches(text).count(),
        }
    }

    /// Its log may say of `earlier` starts that it was ready.
    fn wait_until_ready(&mut self, earlier: usize) -> Result<(), TestbedError> {
        let started = Instant::now();
        let reason = loop {
            if let Some(status) = self.running.as_mut().and_then(Running::ended) {
                break format!("it ended ({status})");
            }
            let is_ready = match self.launch.ready {
                Ready::Answers(path) => {
                    http_status(self.address, path, Duration::from_secs(1)) == Some(200)
                }
                Ready::Logs(_) => self.times_logged() > earlier,
            };
            if is_ready {
                // Whoever else might listen there: ours would have ended.
                return Ok(());
            }
            if started.elapsed() > self.launch.ready_within {
                break format!("not within {:?}", self.launch.ready_within);
            }
            std::thread::sleep(PROBE_INTERVAL);
        };
        Err(TestbedError::NotReady {
            program: self.program(),
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
    fn spawn(command: &mut Command, folder: &Path) -> Result<Self, TestbedError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let run_error = |source| TestbedError::Run {
            program: program.clone(),
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

    fn ended(&mut self) -> Option<ExitStatus> {
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
