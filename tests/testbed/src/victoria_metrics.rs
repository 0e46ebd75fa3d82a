//! A running VictoriaMetrics with data in it, which it takes over HTTP while it runs.

use std::net::SocketAddr;
use std::time::Duration;

use crate::daemon::{Daemon, Launch, Ready};
use crate::dataset::Dataset;
use crate::error::TestbedError;
use crate::finder::VictoriaMetricsTools;
use crate::openmetrics::write_openmetrics;
use crate::probe::{http_status, post};

/// The longest that it may take until it is ready, on a loaded machine.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
/// The longest that it may take to store what one request brought.
const STORED_WITHIN: Duration = Duration::from_secs(60);
/// Series that are sent in one request: a day of as many is some 30 MB of text.
const SERIES_AT_ONCE: usize = 50;

/// A VictoriaMetrics on a loopback port. Dropped, it is killed and its data are removed; they also are when
/// the process that started it is killed.
#[derive(Debug)]
pub struct VictoriaMetrics(Daemon);

impl VictoriaMetrics {
    /// Starts one that holds a data set, none of whose samples may be more than two days ahead: those it drops.
    /// `arguments` are further flags, e.g. `-search.maxPointsPerTimeseries=1000`.
    ///
    /// # Errors
    /// [`TestbedError::NotReady`] with the end of its log if it does not come up, [`TestbedError::Import`] if it
    /// refuses the data, [`TestbedError::File`], [`TestbedError::Run`] or [`TestbedError::Port`] if the machine
    /// does not let us.
    pub fn start_with(
        tools: &VictoriaMetricsTools,
        arguments: &[String],
        dataset: &Dataset,
    ) -> Result<Self, TestbedError> {
        let folder = Daemon::folder()?;
        let mut all = vec![
            format!("-storageDataPath={}", folder.path().join("data").display()),
            // The data may be of any year.
            "-retentionPeriod=100y".to_owned(),
        ];
        all.extend(arguments.iter().cloned());
        let launch = Launch {
            program: tools.victoria_metrics.clone(),
            listen: "-httpListenAddr=",
            arguments: all,
            ready: Ready::Answers("/health"),
            ready_within: READY_WITHIN,
        };
        let server = Self(Daemon::start(launch, folder)?);
        server.load(dataset)?;
        Ok(server)
    }

    /// Returns the address where it listens: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.socket().to_string()
    }

    pub(crate) fn socket(&self) -> SocketAddr {
        self.0.address()
    }

    /// Adds a data set to what it holds. All of it can be asked for afterwards.
    ///
    /// # Errors
    /// [`TestbedError::Import`] if it refuses the data.
    pub fn load(&self, dataset: &Dataset) -> Result<(), TestbedError> {
        for series in dataset.series().chunks(SERIES_AT_ONCE) {
            let mut text = Vec::new();
            // Writing into memory does not fail. VictoriaMetrics takes seconds for what OpenMetrics means by them.
            let _ = write_openmetrics(series, &mut text);
            let path = "/api/v1/import/prometheus";
            self.expect(post(self.socket(), path, &text, STORED_WITHIN), 204)?;
        }
        // The latest samples wait in memory, where queries do not look; and answers are kept for what was asked before.
        for path in ["/internal/force_flush", "/internal/resetRollupResultCache"] {
            self.expect(http_status(self.socket(), path, STORED_WITHIN), 200)?;
        }
        Ok(())
    }

    fn expect(&self, status: Option<u16>, wanted: u16) -> Result<(), TestbedError> {
        if status == Some(wanted) {
            return Ok(());
        }
        Err(TestbedError::Import {
            program: self.0.program(),
            status,
        })
    }
}
