//! The requests of a batch: each is sent once, however many chunks of however many queries its answer is for.

use std::collections::BTreeMap;

use super::QueryId;
use super::merge::{Merge, MergeKey};
use crate::codec::cache_hint::CacheHint;
use crate::codec::config::Config;
use crate::codec::query_range::QueryRange;
use crate::domain::Grid;
use crate::prometheus::{HttpRequest, RangeDecoder, range_request};

/// A request by its number, in the order in which they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(usize);

impl RequestId {
    /// The number.
    pub fn number(self) -> usize {
        self.0
    }
}

/// A chunk of a query by its number, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChunkId(pub(super) usize);

/// A chunk that the answer to a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) query: QueryId,
    pub(super) chunk: ChunkId,
}

/// Requests that are equal in these are the same.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RequestKey<'a> {
    promql: &'a str,
    grid: Grid,
}

/// A request while its answer comes in.
#[derive(Debug)]
pub(super) struct Request {
    /// The query where it is not merged.
    promql: String,
    pub(super) grid: Grid,
    cache_hint: CacheHint,
    /// The queries that it is merged of; none: it is asked alone.
    pub(super) merge: Option<Merge>,
    pub(super) uses: Vec<Use>,
    pub(super) decoder: Option<RangeDecoder>,
    /// The cost of the answer so far.
    pub(super) spent: u64,
}

impl Request {
    /// The request of one query for the points of a chunk.
    pub(super) fn new(query: &QueryRange, grid: Grid, merge: Option<Merge>) -> Self {
        Self {
            promql: query.plan.plan.promql.clone(),
            grid,
            cache_hint: query.cache_hint(&grid),
            merge,
            uses: Vec::new(),
            decoder: None,
            spent: 0,
        }
    }

    /// The names it is merged of; none: it is that of one query.
    pub(super) fn merged(&self) -> Option<&Merge> {
        self.merge.as_ref().filter(|merge| merge.names.len() > 1)
    }

    /// The request as it is sent.
    pub(super) fn http(&self, config: &Config) -> (HttpRequest, CacheHint) {
        let merged = self.merged().map(Merge::promql);
        let promql = merged.as_ref().unwrap_or(&self.promql);
        (
            range_request(&config.endpoint, promql, &self.grid),
            self.cache_hint,
        )
    }
}

/// All requests, and which is next.
#[derive(Debug, Default)]
pub(super) struct Requests {
    all: Vec<Request>,
    /// The number of those that have been given out.
    given_out: usize,
}

impl Requests {
    /// The requests of some queries: those that are the same once, small ones that differ in the metric's name only as
    /// one.
    pub(super) fn of<'a>(queries: impl Iterator<Item = (QueryId, &'a QueryRange)>) -> Self {
        let mut requests = Self::default();
        let mut same: BTreeMap<RequestKey<'a>, RequestId> = BTreeMap::new();
        let mut open: BTreeMap<MergeKey<'a>, RequestId> = BTreeMap::new();
        for (id, query) in queries {
            for (number, chunk) in query.plan.chunks.iter().enumerate() {
                let key = RequestKey {
                    promql: &query.plan.plan.promql,
                    grid: chunk.grid,
                };
                let request = *same
                    .entry(key)
                    .or_insert_with(|| requests.add(query, chunk.grid, &mut open));
                requests.get_mut(request).uses.push(Use {
                    query: id,
                    chunk: ChunkId(number),
                });
            }
        }
        requests
    }

    /// Adds the request of a chunk that is asked for the first time, or merges it with an open one.
    fn add<'a>(
        &mut self,
        query: &'a QueryRange,
        grid: Grid,
        open: &mut BTreeMap<MergeKey<'a>, RequestId>,
    ) -> RequestId {
        let Some((key, merge)) = Merge::begin(query, grid) else {
            return self.push(Request::new(query, grid, None));
        };
        if let Some(&request) = open.get(&key)
            && let Some(others) = &mut self.get_mut(request).merge
            && others.join(&merge)
        {
            return request;
        }
        let request = self.push(Request::new(query, grid, Some(merge)));
        open.insert(key, request);
        request
    }

    pub(super) fn push(&mut self, request: Request) -> RequestId {
        self.all.push(request);
        RequestId(self.all.len() - 1)
    }

    /// Gives out the next request; none: all have been.
    pub(super) fn next(&mut self) -> Option<RequestId> {
        let next = RequestId(self.given_out);
        self.all.get(self.given_out)?;
        self.given_out += 1;
        Some(next)
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "a number is given to a request that is there, and none is taken out"
    )]
    pub(super) fn get(&self, id: RequestId) -> &Request {
        &self.all[id.0]
    }

    #[allow(clippy::indexing_slicing, reason = "as in `get`")]
    pub(super) fn get_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.all[id.0]
    }
}
