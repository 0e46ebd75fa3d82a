//! The server: listens, serves each connection within its limits, and comes to an orderly end.

use std::{future::Future, io, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use metric_host::{Host, MetricService};
use tokio::sync::Semaphore;

use crate::{
    access::{AccessError, Reach},
    app::App,
    limits::HttpLimits,
    listen::{Listen, ListenError},
    listener::{Listener, Stream},
    routes,
    stalled::Stalled,
};

/// The time that it waits where the system has no more descriptors: until then one may be free.
const NO_DESCRIPTOR: Duration = Duration::from_millis(100);

/// The settings of a server besides the service that it asks.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The place where it listens.
    pub listen: Listen,
    /// The access file. None: everybody who can connect may ask everything.
    pub access: Option<PathBuf>,
    /// Names that this host has besides those of loopback: requests for others are refused.
    pub hosts: Vec<String>,
    /// The limits of callers.
    pub limits: HttpLimits,
}

/// The reason why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could ask, and nothing says who may.
    #[error(
        "{0} can be reached from other machines, and there is no access file; accepted are a loopback address, unix:PATH, \
         or an access file"
    )]
    Unguarded(Listen),
    /// The access file cannot be used.
    #[error("the access file cannot be used")]
    Access(#[from] AccessError),
    /// It cannot listen there.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The contract's schema, which the description is made of, is none. A fault of the build.
    #[error("the description of the API cannot be made")]
    Description(#[source] serde_json::Error),
    /// The system has no more descriptors or threads.
    #[error("the system does not grant what a server needs")]
    System(#[source] io::Error),
}

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    router: Router,
    listener: Listener,
    place: Listen,
}

/// The end of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// All that ran came to its end.
    Clean,
    /// Work that still ran after [`HttpLimits::stop_time`] was ended.
    CutOff,
}

/// Reads the access file of a server anew.
#[derive(Clone)]
pub struct Reload(Arc<App>);

impl Reload {
    /// Reads it. Where it cannot be used, what was read before holds.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn reload(&self) -> Result<(), AccessError> {
        self.0.reload()
    }
}

impl Server {
    /// Listens, and reads the access file. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn bind(
        host: Host,
        service: MetricService,
        options: ServeOptions,
    ) -> Result<Self, ServeError> {
        let ServeOptions {
            listen,
            access,
            hosts,
            limits,
        } = options;
        let reach = listen.reach();
        if reach == Reach::Network && access.is_none() {
            return Err(ServeError::Unguarded(listen));
        }
        let app = Arc::new(App::new(host, service, limits, access, (reach, hosts))?);
        let description = routes::description().map_err(ServeError::Description)?;
        let listener = Listener::bind(&listen)?;
        Ok(Self {
            router: routes::router(Arc::clone(&app), description),
            place: listener.place(&listen),
            listener,
            app,
        })
    }

    /// The place where it listens, with the port that it got.
    pub fn place(&self) -> &Listen {
        &self.place
    }

    /// Returns the handle that reads its access file anew.
    pub fn reload(&self) -> Reload {
        Reload(Arc::clone(&self.app))
    }

    /// Serves until `stop` is ready; then takes no further connection and no further request, and waits for those that
    /// run.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Stopped {
        let Self {
            app,
            router,
            listener,
            ..
        } = self;
        let graceful = GracefulShutdown::new();
        let mut connections = tokio::task::JoinSet::new();
        let places = Arc::new(Semaphore::new(app.limits.connections));
        let mut stop = pin!(stop);
        loop {
            let accepted = async {
                // Never closed.
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, stream) = tokio::select! {
                () = &mut stop => break,
                accepted = accepted => accepted,
                // Those that ended need not be remembered.
                Some(_) = connections.join_next() => continue,
            };
            match stream {
                Ok(stream) => {
                    let connection = graceful.watch(connection(&app.limits, &router, stream));
                    let app = Arc::clone(&app);
                    connections.spawn(async move {
                        let _place = place;
                        app.metrics.connections.inc();
                        let _closed = OnDrop(|| {
                            app.metrics.connections.dec();
                        });
                        // A broken connection is its client's business.
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection broke");
                        }
                    });
                }
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken");
                    tokio::time::sleep(NO_DESCRIPTOR).await;
                }
            }
        }
        app.stop();
        drop(listener);
        tracing::info!("stopping: what runs may end");
        match tokio::time::timeout(app.limits.stop_time, graceful.shutdown()).await {
            Ok(()) => Stopped::Clean,
            // Dropped with the set of connections, and with them their calls.
            Err(_) => Stopped::CutOff,
        }
    }
}

/// One connection, within its limits.
fn connection(
    limits: &HttpLimits,
    router: &Router,
    stream: Box<dyn Stream>,
) -> http1::Connection<TokioIo<Stalled<Box<dyn Stream>>>, TowerToHyperService<Router>> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .serve_connection(
            TokioIo::new(Stalled::new(stream, limits.stall_time)),
            TowerToHyperService::new(router.clone()),
        )
}

/// A connection that was gone before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

/// Does something when it is dropped.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
