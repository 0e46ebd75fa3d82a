//! The store of kept answers, bounded in bytes and age, by `quick_cache`. Its order of eviction is S3-FIFO's, so a long range
//! that is read once does not drive out what a dashboard asks for each minute.
//!
//! It does not make answers, and does not wait for them: `quick_cache` could do that, but only with whole ones, and
//! the first who asks is to have the body as it comes (`single_flight.rs`).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter, sync};

use super::{
    clock::Now, freshness::Freshness, key::Key, response::StoredResponse, statistics::Counter,
};
use crate::config::cache::CacheOptions;

/// The shortest time between two searches for entries that are too old: an entry that is asked for is judged in any
/// case.
const SWEEP: Duration = Duration::from_secs(60);

pub(super) struct Store {
    entries: sync::Cache<Arc<Key>, Kept, ByBytes, DefaultHashBuilder, Evictions>,
    /// The largest answer that is kept.
    pub(super) entry_bytes: usize,
    pub(super) kept: Counter,
    pub(super) expired: Counter,
    evicted: Arc<Counter>,
    swept: Mutex<Now>,
}

#[derive(Debug, Clone)]
struct Kept {
    answer: StoredResponse,
    /// The time at which it was asked for.
    asked: Now,
    life: Freshness,
    age: Duration,
}

impl Kept {
    fn is_good(&self, now: &Now) -> bool {
        let is_fresh = now.since(&self.asked) < self.age;
        match self.life {
            Freshness::For(_) => is_fresh,
            Freshness::FinalAt(instant) => {
                is_fresh && now.is_past(instant) && !now.was_set_back_since(&self.asked)
            }
        }
    }
}

impl Store {
    /// None: nothing could be kept.
    pub(super) fn new(options: &CacheOptions, now: Now) -> Option<Self> {
        /// A small answer with its request.
        const ENTRY: u64 = 4096;
        let evicted = Arc::<Counter>::default();
        let sizes = OptionsBuilder::new()
            .weight_capacity(options.bytes)
            .estimated_items_capacity(usize::try_from(options.bytes / ENTRY + 1).ok()?)
            // A shard holds its share only, and a large answer needs more than that.
            .shards(1)
            .build()
            .ok()?;
        (options.entry_bytes() > 0).then(|| Self {
            entries: sync::Cache::with_options(
                sizes,
                ByBytes,
                DefaultHashBuilder::default(),
                Evictions(Arc::clone(&evicted)),
            ),
            entry_bytes: options.entry_bytes(),
            kept: Counter::default(),
            expired: Counter::default(),
            evicted,
            swept: Mutex::new(now),
        })
    }

    pub(super) fn get(&self, key: &Key, now: &Now) -> Option<StoredResponse> {
        let kept = self.entries.get(key)?;
        if kept.is_good(now) {
            return Some(kept.answer);
        }
        let removed = self.entries.remove_if(key, |present| !present.is_good(now));
        self.expired.add(usize::from(removed.is_some()));
        None
    }

    /// Keeps an answer that was asked for at that time.
    pub(super) fn put(
        &self,
        key: &Arc<Key>,
        answer: &StoredResponse,
        asked: Now,
        life: Freshness,
        age: Duration,
    ) {
        let kept = Kept {
            answer: answer.to_keep(),
            asked,
            life,
            age: match life {
                Freshness::For(short) => short.min(age),
                Freshness::FinalAt(_) => age,
            },
        };
        if weight(key, &kept.answer) > self.entry_bytes {
            return;
        }
        self.kept.add(1);
        self.entries.insert(Arc::clone(key), kept);
    }

    /// Lets go of what is too old, once in a while.
    pub(super) fn sweep(&self, now: &Now) {
        {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            if now.since(&swept) < SWEEP {
                return;
            }
            *swept = *now;
        }
        let before = self.entries.len();
        self.entries.retain(|_, kept| kept.is_good(now));
        self.expired.add(before.saturating_sub(self.entries.len()));
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted.get()
    }
}

fn weight(key: &Key, answer: &StoredResponse) -> usize {
    key.bytes() + answer.weight()
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Arc<Key>, Kept> for ByBytes {
    fn weight(&self, key: &Arc<Key>, kept: &Kept) -> u64 {
        weight(key, &kept.answer) as u64
    }
}

#[derive(Clone)]
struct Evictions(Arc<Counter>);

impl Lifecycle<Arc<Key>, Kept> for Evictions {
    /// An evicted answer is freed when the store is no longer locked.
    type RequestState = Vec<(Arc<Key>, Kept)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, key: Arc<Key>, kept: Kept) {
        self.0.add(1);
        evicted.push((key, kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::client::reload::CredentialsGeneration;
    use bytes::Bytes;
    use http::{Request, Response};

    const HOUR: Duration = Duration::from_secs(3600);
    const FINAL: Freshness = Freshness::FinalAt(1000);

    fn key(number: usize) -> Arc<Key> {
        let request = Request::get(format!("http://prometheus/api/v1/{number}"));
        Arc::new(Key::of(
            &request.body(Bytes::new()).unwrap(),
            None,
            CredentialsGeneration::default(),
        ))
    }

    fn answer(bytes: usize) -> StoredResponse {
        let head = Response::new(()).into_parts().0;
        StoredResponse::new(head, [Bytes::from(vec![b'x'; bytes])])
    }

    fn store(bytes: u64) -> Store {
        let options = CacheOptions {
            bytes,
            ..CacheOptions::default()
        };
        Store::new(&options, Now::read()).unwrap()
    }

    fn later(now: Now, wall: i64, steady: i64) -> Now {
        Now {
            wall: Duration::from_secs(now.wall.as_secs().checked_add_signed(wall).unwrap()),
            steady: now.steady + Duration::from_secs(u64::try_from(steady).unwrap()),
        }
    }

    #[test]
    fn bytes_are_bounded_and_what_is_too_large_is_not_kept() {
        let (store, now) = (store(100_000), Now::read());
        for number in 0..1000 {
            store.put(&key(number), &answer(3000), now, FINAL, HOUR);
            assert!(store.bytes() <= 100_000);
        }
        assert!(store.entries() >= 20, "{}", store.entries());
        assert_eq!(store.evicted() + store.entries(), 1000);
        let before = store.entries();
        store.put(&key(2000), &answer(12_500), now, FINAL, HOUR);
        assert!(store.get(&key(2000), &now).is_none());
        assert_eq!(store.entries(), before);
    }

    #[test]
    fn what_is_asked_for_again_survives_what_is_asked_for_once() {
        let (store, now) = (store(100_000), Now::read());
        store.put(&key(0), &answer(3000), now, FINAL, HOUR);
        for number in 1..1000 {
            assert!(store.get(&key(0), &now).is_some(), "after {number}");
            store.put(&key(number), &answer(3000), now, FINAL, HOUR);
        }
    }

    #[test]
    fn an_answer_grows_old_by_the_clock_that_nobody_sets() {
        let (store, now) = (store(100_000), Now::read());
        store.put(&key(0), &answer(10), now, FINAL, HOUR);
        store.put(
            &key(1),
            &answer(10),
            now,
            Freshness::For(Duration::from_secs(30)),
            HOUR,
        );
        assert!(store.get(&key(1), &later(now, 29, 29)).is_some());
        assert!(store.get(&key(1), &later(now, 0, 30)).is_none());
        assert!(store.get(&key(0), &later(now, 3599, 3599)).is_some());
        assert!(store.get(&key(0), &later(now, 3600, 3600)).is_none());
        assert_eq!((store.expired.get(), store.entries()), (2, 0));
    }

    #[test]
    fn time_going_backwards_forgets_what_was_final_by_the_clock_before() {
        let now = Now::read();
        let instant = i64::try_from(now.wall.as_secs()).unwrap() - 100;
        for (wall, is_good) in [(10, true), (5, true), (-200, false), (-50, false)] {
            let store = store(100_000);
            store.put(&key(0), &answer(10), now, Freshness::FinalAt(instant), HOUR);
            assert_eq!(
                store.get(&key(0), &later(now, wall, 10)).is_some(),
                is_good,
                "{wall}"
            );
        }
    }

    #[test]
    fn what_is_too_old_goes_even_if_nobody_asks_for_it() {
        let (store, now) = (store(100_000), Now::read());
        store.put(&key(0), &answer(10), now, FINAL, HOUR);
        store.sweep(&later(now, 3599, 3599));
        assert_eq!(store.entries(), 1);
        // Not looked for again so soon.
        store.sweep(&later(now, 3600, 3600));
        assert_eq!(store.entries(), 1);
        store.sweep(&later(now, 3660, 3660));
        assert_eq!((store.entries(), store.expired.get()), (0, 1));
    }

    #[test]
    fn without_room_there_is_no_store() {
        assert!(Store::new(&CacheOptions::off(), Now::read()).is_none());
    }
}
