//! From a host's name to its addresses.

use std::{
    future::Future,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    pin::Pin,
    sync::Arc,
    thread,
};

use tokio::sync::{Semaphore, oneshot};

/// Asks for the addresses of a name, and gives a port to each.
pub(crate) trait Resolve: Send + Sync {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;
}

pub(crate) type Resolving<'a> =
    Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Lookups of one service at once. One that hangs keeps a thread, even after the request that wanted it has been given up.
const LOOKUPS: usize = 4;

/// The system's resolver. Asked for each connection: what it may remember is its own affair.
pub(crate) struct SystemResolver {
    lookups: Arc<Semaphore>,
    look_up: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            look_up: |host, port| Ok((host, port).to_socket_addrs()?.collect()),
        }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(async move {
            let lookups = Arc::clone(&self.lookups).acquire_owned();
            let permit = lookups.await.map_err(io::Error::other)?;
            let (host, look_up) = (host.to_owned(), self.look_up);
            let (done, found) = oneshot::channel();
            // Not in the runtime's pool, which panics where the system has no thread to give.
            thread::Builder::new()
                .name("metric-host-lookup".into())
                .spawn(move || {
                    let _until_it_ends = permit;
                    // Nobody waits any more for one that was given up.
                    let _ = done.send(look_up(&host, port));
                })?;
            found.await.map_err(io::Error::other)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    #[tokio::test]
    async fn lookups_that_hang_are_bounded_even_when_their_requests_are_given_up() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        let resolver = SystemResolver {
            look_up: |_, _| {
                RUNNING.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(500));
                RUNNING.fetch_sub(1, Ordering::SeqCst);
                Ok(Vec::new())
            },
            ..SystemResolver::default()
        };
        let mut most = 0;
        for _ in 0..20 {
            let impatient = Duration::from_millis(5);
            let lookup = tokio::time::timeout(impatient, resolver.resolve("x.org", 80));
            lookup.await.unwrap_err();
            most = most.max(RUNNING.load(Ordering::SeqCst));
        }
        assert_eq!(most, LOOKUPS);
        // And whoever waits has its turn.
        resolver.resolve("x.org", 80).await.unwrap();
    }
}
