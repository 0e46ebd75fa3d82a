//! The signals of a service: SIGTERM and SIGINT stop it, SIGHUP has it read its access file anew.

use std::io;

use crate::server::{Reload, ServeError, Server, Stopped};

impl Server {
    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// [`ServeError::System`], where the system does not let it hear signals.
    pub async fn run_until_signal(self) -> Result<Stopped, ServeError> {
        let stop = stop_signal(self.reload()).map_err(ServeError::System)?;
        Ok(self.run(stop).await)
    }
}

#[cfg(unix)]
fn stop_signal(reload: Reload) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hangup.recv() => if let Err(error) = reload.reload() {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the access file cannot be used; what was read before holds");
                },
            }
        }
    })
}

#[cfg(not(unix))]
fn stop_signal(_: Reload) -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
