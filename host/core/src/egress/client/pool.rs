//! The idle connections to one address. Bounded in number and in age.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{connection::Connection, reload::CredentialsGeneration};

/// The longest that a connection may lie idle. Shorter than what servers and balancers grant (Prometheus 5 min, most
/// balancers 60 s), so that it is the client that closes it.
const IDLE: Duration = Duration::from_secs(50);

/// The time between two searches of the pool for connections that are too old.
const SWEEP: Duration = Duration::from_secs(10);

pub(super) struct Pool {
    idle: Mutex<Idle>,
    maximum: usize,
    /// For the one who sweeps, and does not keep it alive.
    this: Weak<Pool>,
}

#[derive(Default)]
struct Idle {
    /// The one used last is at the end, and is the next one to be used: its way is warm, and the others age.
    connections: Vec<Connection>,
    is_swept: bool,
}

impl Pool {
    pub(super) fn new(maximum: usize) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            idle: Mutex::default(),
            maximum,
            this: Weak::clone(this),
        })
    }

    /// An open connection that was made with these certificates, if there is one.
    pub(super) fn take(&self, identity: CredentialsGeneration) -> Option<Connection> {
        loop {
            let mut connection = self.lock().connections.pop()?;
            let is_valid = connection.identity == identity && connection.since.elapsed() < IDLE;
            if is_valid && connection.is_open() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose response has come in whole, if it can be used again.
    pub(super) fn put(&self, mut connection: Connection) {
        if !connection.is_open() {
            return;
        }
        let mut idle = self.lock();
        if idle.connections.len() >= self.maximum {
            return;
        }
        idle.connections.push(connection);
        if !idle.is_swept
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            idle.is_swept = true;
            runtime.spawn(sweep(Weak::clone(&self.this)));
        }
    }

    /// Closes connections that have lain idle for too long. Returns true if any is left.
    fn close_old(&self, now: Instant) -> bool {
        let mut idle = self.lock();
        idle.connections
            .retain(|connection| now.saturating_duration_since(connection.since) < IDLE);
        idle.is_swept = !idle.connections.is_empty();
        idle.is_swept
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        // Nothing panics while it is held.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after a pool for as long as it holds anything.
async fn sweep(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if !pool
            .upgrade()
            .is_some_and(|pool| pool.close_old(Instant::now()))
        {
            return;
        }
    }
}
