//! The check that Prometheus can be asked, through the plugin and the whole way.

use std::time::{Duration, Instant};

use metric_host::{
    CallError, MetricService,
    decisions::{Arguments, Preset},
};
use tokio::sync::Mutex;

/// The time that an answer counts: however often probes come, Prometheus is asked no more often.
const KEPT: Duration = Duration::from_secs(2);
/// A probe gives up long before a call does: those who wait for it decide where requests go.
const PATIENCE: Duration = Duration::from_secs(3);
/// A query that reads no series.
const PROBE: &str = "vector(1)";

/// The last that was found.
pub(crate) struct Readiness {
    service: MetricService,
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl Readiness {
    pub(crate) fn new(service: MetricService) -> Self {
        Self {
            service,
            last: Mutex::new(None),
        }
    }

    /// Asks, unless it was asked lately. Those who ask together wait for one answer.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < KEPT
        {
            return found.clone();
        }
        let found = match tokio::time::timeout(PATIENCE, self.probe()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("Prometheus did not answer within {PATIENCE:?}")),
        };
        *last = Some((Instant::now(), found.clone()));
        found
    }

    async fn probe(&self) -> Result<(), CallError> {
        let preset = Preset::new(PROBE);
        let asked = self
            .service
            .execute_preset(&preset, &Arguments::default(), None)
            .await;
        match asked {
            // A plugin of a smaller world.
            Err(CallError::Unsupported { .. }) => self.service.query_metadata().await.map(|_| ()),
            asked => asked.map(|_| ()),
        }
    }
}
