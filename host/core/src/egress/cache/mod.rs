//! Answers that are asked for again: kept, or waited for together.
//!
//! A request that leaves the sandbox is judged and narrowed first (`egress/mod.rs`), and then looked up here. What
//! Prometheus has answered to the same request is handed out again; what it is just answering is waited for together;
//! everything else is sent. A dashboard that refreshes then asks Prometheus for the tail only: the plugin cuts ranges
//! at multiples since the epoch, so that what is final is the same requests, byte for byte.
//!
//! A plugin is not trusted. It cannot:
//!
//! - **Put anything in.** It chooses requests, the host sends them, and what is kept is what Prometheus itself
//!   answered, whole, over the service's own connections. There is no other way in.
//! - **Give an answer to a question that it does not belong to.** The key is the request as it leaves, in every part
//!   (`key.rs`): method, path, query, headers, body, after the scope has been written into it, and the scope itself.
//!   The host makes it of what it sends; nothing the plugin says of a request is in it. Which credentials it is sent
//!   with is part of it, the origin is the service's, and each service has a cache of its own.
//! - **Make an answer final that is not.** Whether it is, is read off the request (`freshness.rs`).
//! - **Have an incomplete answer kept.** Errors, warnings, partial and empty answers are not, nor is what was
//!   compressed, broke off, or is too large (`completeness.rs`).
//!
//! It can fill the store with what it asked for; that is bounded, and costs the service's other calls time.
//!
//! | file              | what it does                                                    |
//! |-------------------|-----------------------------------------------------------------|
//! | `freshness.rs`         | how long the answer to a request may be kept                    |
//! | `settled.rs`      | which queries give the same from their last instant on          |
//! | `key.rs`          | which requests are the same                                     |
//! | `store.rs`        | what is kept, bounded in bytes and age                          |
//! | `single_flight.rs`       | a request on its way, and all who wait for it, with `wakers.rs` |
//! | `pieces.rs`       | what has come of its answer                                     |
//! | `completeness.rs` | whether a body is a whole answer                                |
//! | `response.rs`       | an answer, handed out again                                     |
//! | `clock.rs`        | the time of day, and the time that passes                       |
//! | `statistics.rs`   | [`CacheStatistics`]: what it did                                |
//!
//! It sends nothing itself, and knows neither plugins nor PromQL.

mod clock;
mod completeness;
mod freshness;
mod key;
mod pieces;
mod response;
mod settled;
mod single_flight;
mod statistics;
mod store;
mod wakers;

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, Result, WasiBody};

pub use self::statistics::CacheStatistics;
use self::{
    clock::Now,
    freshness::Freshness,
    key::{FlightKey, Key},
    response::StoredResponse,
    single_flight::{End, Flight, Subscriber},
    statistics::Counters,
    store::Store,
};
pub(crate) use self::{completeness::Coverage, freshness::CacheHint, key::TimeoutKey};
use super::client::reload::CredentialsGeneration;
use crate::{
    config::cache::CacheOptions,
    observe::{CacheOutcome, Metrics},
};

/// The number of times that one follows before one asks alone: an answer that has broken off twice may do so for all.
const FOLLOWED: usize = 2;

/// The cache of one service.
pub(crate) struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    options: CacheOptions,
    store: Store,
    flights: Mutex<HashMap<FlightKey, Weak<Flight>>>,
    /// The bytes that requests in flight may hold.
    budget: Budget,
    counters: Counters,
    /// The host's, which count for all of its services.
    metrics: Arc<Metrics>,
    clock: Box<dyn Fn() -> Now + Send + Sync>,
}

/// A request that may be answered from here.
pub(crate) struct Lookup<'a> {
    /// As it leaves.
    pub(crate) request: &'a Request<Bytes>,
    /// The generation of the credentials that it is sent with.
    pub(crate) identity: CredentialsGeneration,
    /// The scope that it was narrowed to.
    pub(crate) scope: Option<String>,
    /// The plugin's cache hint.
    pub(crate) keep: CacheHint,
    /// The timeouts of the request.
    pub(crate) timeouts: TimeoutKey,
}

enum Found {
    Kept(StoredResponse),
    InFlight(Subscriber),
    Nothing(Subscriber),
}

impl Cache {
    /// None: it is off.
    pub(crate) fn new(options: &CacheOptions, metrics: &Arc<Metrics>) -> Option<Self> {
        Self::with_clock(options, metrics, Now::read)
    }

    fn with_clock(
        options: &CacheOptions,
        metrics: &Arc<Metrics>,
        clock: impl Fn() -> Now + Send + Sync + 'static,
    ) -> Option<Self> {
        Some(Self {
            inner: Arc::new(Inner {
                store: Store::new(options, clock())?,
                flights: Mutex::default(),
                budget: Budget::of(options),
                counters: Counters::default(),
                metrics: Arc::clone(metrics),
                clock: Box::new(clock),
                options: options.clone(),
            }),
        })
    }

    /// The answer, from here if it can be, from `send` if not.
    pub(crate) async fn answer<S>(
        &self,
        question: Lookup<'_>,
        send: impl Fn() -> S,
    ) -> Result<Response<WasiBody>>
    where
        S: Future<Output = Result<Response<WasiBody>>> + Send + 'static,
    {
        let inner = &self.inner;
        let life = Freshness::of(question.keep, question.request, &inner.options);
        let key = FlightKey {
            key: Arc::new(Key::of(question.request, question.scope, question.identity)),
            timeouts: question.timeouts,
        };
        for _ in 0..FOLLOWED {
            let leader = match inner.find(&key, life, &send) {
                Found::Kept(answer) => {
                    inner.counters.hits.add(1);
                    inner.metrics.looked_up(CacheOutcome::Hit);
                    return Ok(inner.saved(&answer));
                }
                Found::Nothing(leader) => leader,
                Found::InFlight(follower) => {
                    inner.counters.followers.add(1);
                    inner.metrics.looked_up(CacheOutcome::Follower);
                    match poll_fn(|cx| follower.poll_end(cx)).await {
                        End::Whole(answer) => return Ok(inner.saved(&answer)),
                        End::Broken => continue,
                        End::TooLarge => break,
                    }
                }
            };
            return lead(leader).await;
        }
        lead(inner.start(key, None, &send, false)).await
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        let Inner {
            counters, store, ..
        } = &*self.inner;
        CacheStatistics {
            hits: counters.hits.get(),
            misses: counters.misses.get(),
            followers: counters.followers.get(),
            received_bytes: counters.received_bytes.get(),
            saved_bytes: counters.saved_bytes.get(),
            kept: store.kept.get(),
            evicted: store.evicted(),
            expired: store.expired.get(),
            entries: store.entries(),
            bytes: store.bytes(),
        }
    }
}

impl Inner {
    fn find<S>(
        self: &Arc<Self>,
        key: &FlightKey,
        life: Option<Freshness>,
        send: &impl Fn() -> S,
    ) -> Found
    where
        S: Future<Output = Result<Response<WasiBody>>> + Send + 'static,
    {
        let now = (self.clock)();
        let kept = || life.and_then(|_| self.store.get(&key.key, &now));
        loop {
            if let Some(answer) = kept() {
                return Found::Kept(answer);
            }
            // Not locked any more when the flight is: a flight that lands locks in the other order.
            let in_flight = self.flights().get(key).and_then(Weak::upgrade);
            if let Some(flight) = in_flight {
                match Arc::clone(&flight).follow() {
                    Some(follower) => return Found::InFlight(follower),
                    None => self.complete(&flight),
                }
            }
            let mut flights = self.flights();
            let is_under_way = |flight: &Weak<Flight>| flight.strong_count() > 0;
            if flights.get(key).is_some_and(is_under_way) {
                continue; // since a moment ago
            }
            // Or it has come to its end between the two looks.
            if let Some(answer) = kept() {
                return Found::Kept(answer);
            }
            // An answer that is not final when it is asked for is not looked at any further.
            let life = life.filter(|life| match life {
                Freshness::FinalAt(instant) => now.is_past(*instant),
                Freshness::For(_) => true,
            });
            let leader = self.start(key.clone(), life.map(|life| (now, life)), send, true);
            flights.insert(key.clone(), Arc::downgrade(leader.flight()));
            return Found::Nothing(leader);
        }
    }

    fn start<S>(
        self: &Arc<Self>,
        key: FlightKey,
        life: Option<(Now, Freshness)>,
        send: &impl Fn() -> S,
        is_shared: bool,
    ) -> Subscriber
    where
        S: Future<Output = Result<Response<WasiBody>>> + Send + 'static,
    {
        self.counters.misses.add(1);
        self.metrics.looked_up(CacheOutcome::Miss);
        Flight::start(Arc::clone(self), key, Box::pin(send()), life, is_shared)
    }

    fn keep(&self, key: &Arc<Key>, answer: &StoredResponse, asked: Now, life: Freshness) {
        self.store.put(key, answer, asked, life, self.options.age);
        self.store.sweep(&(self.clock)());
    }

    /// A flight is not to be joined any more.
    fn complete(&self, flight: &Arc<Flight>) {
        let mut flights = self.flights();
        if flights
            .get(flight.key())
            .is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(flight)))
        {
            flights.remove(flight.key());
        }
    }

    fn saved(&self, answer: &StoredResponse) -> Response<WasiBody> {
        self.counters.saved_bytes.add(answer.bytes());
        self.metrics.saved(answer.bytes() as u64);
        answer.response()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<FlightKey, Weak<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn lead(leader: Subscriber) -> Result<Response<WasiBody>> {
    let head = poll_fn(|cx| leader.poll_head(cx)).await?;
    Ok(Response::from_parts(
        head,
        LeaderBody(leader).boxed_unsync(),
    ))
}

/// The body of an answer as it comes.
struct LeaderBody(Subscriber);

impl Body for LeaderBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        self.0
            .poll_piece(cx)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end()
    }
}

/// The bytes of memory that all flights together may hold.
struct Budget(AtomicUsize);

impl Budget {
    fn of(options: &CacheOptions) -> Self {
        Self(AtomicUsize::new(
            usize::try_from(options.bytes).unwrap_or(usize::MAX),
        ))
    }

    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
