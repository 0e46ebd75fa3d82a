//! Many requests for one or more queries: which to send next, where each answer goes, and the results.
//! It sends nothing; the sender tells it what came. [`requests`] finds the requests, [`merge`] makes one of several,
//! [`assemble`] puts the answers of chunks together.

use std::collections::BTreeMap;

use super::cache_hint::CacheHint;
use super::call::check_partial;
use super::config::Config;
use super::failure::Failure;
use super::query_range::{Missing, QueryRange, RangeFailure, RangeResult};
use super::receiver::Receiver;
use crate::domain::{Grid, Limit};
use crate::prometheus::{Decoded, HttpRequest, RangeDecoder, ResponseDecoder as _};

mod assemble;
mod merge;
mod requests;

use assemble::Assembly;
pub use requests::RequestId;
use requests::{ChunkId, Request, Requests, Use};

/// The queries of a call and their requests.
#[derive(Debug)]
pub struct Batch<'a> {
    config: &'a Config,
    queries: Queries,
    requests: Requests,
}

/// A query by its number, in the order of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct QueryId(usize);

#[derive(Debug)]
struct Queries(Vec<Query>);

/// A query while its answers come in.
#[derive(Debug)]
struct Query {
    range: QueryRange,
    /// Answers that came before one of an earlier chunk: they are assembled in the order of time.
    early: BTreeMap<ChunkId, (Grid, Answer)>,
    /// The number of chunks that have been assembled.
    assembled: usize,
    assembly: Assembly,
    /// The cost of all of it, of `max-result-bytes`.
    held: u64,
    failure: Option<RangeFailure>,
}

/// The answer for a chunk, and its cost with points that are not wanted and labels of known series.
type Answer = Result<(Decoded, u64), Failure>;

impl<'a> Batch<'a> {
    /// The batch of some queries. Requests that are the same are sent once.
    pub fn new(config: &'a Config, queries: Vec<QueryRange>) -> Self {
        let ids = (0..).map(QueryId);
        Self {
            config,
            requests: Requests::of(ids.zip(&queries)),
            queries: Queries(queries.into_iter().map(Query::new).collect()),
        }
    }

    /// The next request to send; none: all have been given out.
    pub fn next_request(&mut self) -> Option<(RequestId, HttpRequest, CacheHint)> {
        loop {
            let id = self.requests.next()?;
            if self.is_wanted(id) {
                let (request, cache_hint) = self.requests.get(id).http(self.config);
                return Some((id, request, cache_hint));
            }
        }
    }

    /// Returns true if any query still waits for this request.
    pub fn is_wanted(&self, id: RequestId) -> bool {
        let mut uses = self.requests.get(id).uses.iter();
        uses.any(|each| self.queries.get(each.query).failure.is_none())
    }

    /// The receiver of the answer to a request.
    pub fn receiver(&mut self, id: RequestId) -> BatchReceiver<'_, 'a> {
        BatchReceiver { batch: self, id }
    }

    /// Ends a request that has failed for good. One of several queries is sent again for each alone, so that every one
    /// has the outcome of its own, unless nobody answers.
    pub fn fail(&mut self, id: RequestId, failure: &Failure) {
        self.spend(id, 0);
        let request = self.requests.get_mut(id);
        request.decoder = None;
        let is_nobody_there =
            matches!(failure, Failure::ConnectionFailed(_) | Failure::TimedOut(_));
        if !is_nobody_there && request.merged().is_some() {
            return self.ask_alone(id);
        }
        let grid = request.grid;
        for each in std::mem::take(&mut request.uses) {
            self.arrive(each, grid, Err(failure.clone()));
        }
    }

    /// The answers, in the order of the queries.
    pub fn results(self) -> impl Iterator<Item = Result<RangeResult, RangeFailure>> {
        self.queries.0.into_iter().map(|query| match query.failure {
            Some(failure) => Err(failure),
            None => Ok(query.assembly.result(query.range.plan.plan)),
        })
    }

    fn finish(&mut self, id: RequestId) -> Result<(), Failure> {
        let request = self.requests.get_mut(id);
        let decoder = request.decoder.take().ok_or_else(Failure::no_answer)?;
        let mut decoded = decoder.finish()?;
        // All queries of a call have the same options.
        let accepts_partial = |each: &Use| self.queries.get(each.query).range.partial;
        check_partial(&decoded, request.uses.iter().all(accepts_partial))?;
        // It is not told whose they are.
        if decoded.histograms > 0 && request.merged().is_some() {
            self.ask_alone(id);
            return Ok(());
        }
        let (grid, spent) = (request.grid, request.spent);
        let uses = std::mem::take(&mut request.uses);
        if let Some(merge) = request.merge.take_if(|merge| merge.names.len() > 1) {
            let series = std::mem::take(&mut decoded.series);
            // A server that does not group as told cannot be asked alone either: the sums would be those of something
            // else.
            let foreign = merge.check(&series).err();
            for each in uses {
                let name = self.queries.get(each.query).name();
                let part = match &foreign {
                    Some(failure) => Err(failure.clone()),
                    None => Ok((merge.part(&series, name, &decoded), spent)),
                };
                self.arrive(each, grid, part);
            }
        } else if let Some((&last, others)) = uses.split_last() {
            for &each in others {
                self.arrive(each, grid, Ok((decoded.clone(), spent)));
            }
            self.arrive(last, grid, Ok((decoded, spent)));
        }
        Ok(())
    }

    /// Replaces a merged request by one for each name.
    fn ask_alone(&mut self, id: RequestId) {
        self.spend(id, 0);
        let request = self.requests.get_mut(id);
        let (grid, uses) = (request.grid, std::mem::take(&mut request.uses));
        let mut alone: BTreeMap<Option<&str>, RequestId> = BTreeMap::new();
        for each in uses {
            let query = self.queries.get(each.query);
            let request = *alone
                .entry(query.name())
                .or_insert_with(|| self.requests.push(Request::new(&query.range, grid, None)));
            self.requests.get_mut(request).uses.push(each);
        }
    }

    /// Sets the cost of an answer until now, for all who use it.
    fn spend(&mut self, id: RequestId, spent: u64) {
        let request = self.requests.get_mut(id);
        for each in &request.uses {
            let query = self.queries.get_mut(each.query);
            query.held = (query.held + spent).saturating_sub(request.spent);
        }
        request.spent = spent;
    }

    fn arrive(&mut self, each: Use, grid: Grid, answer: Answer) {
        self.queries
            .get_mut(each.query)
            .arrive(each.chunk, grid, answer);
    }
}

/// Receives the answer to one request of a batch.
#[derive(Debug)]
pub struct BatchReceiver<'a, 'b> {
    batch: &'a mut Batch<'b>,
    id: RequestId,
}

impl Receiver for BatchReceiver<'_, '_> {
    fn begin(&mut self, status: u16) {
        self.batch.spend(self.id, 0);
        let budget = self.batch.config.budget();
        let request = self.batch.requests.get_mut(self.id);
        request.decoder = Some(RangeDecoder::new(status, budget).held_to(&request.grid));
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let request = self.batch.requests.get_mut(self.id);
        let decoder = request.decoder.as_mut().ok_or_else(Failure::no_answer)?;
        decoder.feed(piece)?;
        let spent = decoder.spent();
        self.batch.spend(self.id, spent);
        let maximum = self.batch.config.settings.max_result_bytes.get();
        let queries = &self.batch.queries;
        let mut uses = self.batch.requests.get(self.id).uses.iter();
        match uses.any(|each| queries.get(each.query).held > maximum) {
            false => Ok(()),
            true => Err(Failure::LimitExceeded {
                limit: Limit::MaxResultBytes.name(),
                maximum: Some(maximum),
                requested: None,
                message: None,
            }),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.batch.finish(self.id)
    }
}

impl Queries {
    #[allow(
        clippy::indexing_slicing,
        reason = "a number is given to a query that is there, and none is taken out"
    )]
    fn get(&self, id: QueryId) -> &Query {
        &self.0[id.0]
    }

    #[allow(clippy::indexing_slicing, reason = "as in `get`")]
    fn get_mut(&mut self, id: QueryId) -> &mut Query {
        &mut self.0[id.0]
    }
}

impl Query {
    fn new(range: QueryRange) -> Self {
        Self {
            range,
            early: BTreeMap::new(),
            assembled: 0,
            assembly: Assembly::default(),
            held: 0,
            failure: None,
        }
    }

    /// The metric's name, if the query may be merged with others.
    fn name(&self) -> Option<&str> {
        let member = self.range.plan.merge.as_ref()?;
        Some(&member.metric_name)
    }

    /// Takes the answer for a chunk, and assembles all that are next in the order of time.
    fn arrive(&mut self, chunk: ChunkId, grid: Grid, answer: Answer) {
        if let (Err(failure), false) = (&answer, self.range.partial) {
            self.failure.get_or_insert_with(|| RangeFailure {
                failure: failure.clone(),
                chunk: Some((grid.start(), grid.end())),
            });
        }
        self.early.insert(chunk, (grid, answer));
        while let Some((grid, answer)) = self.early.remove(&ChunkId(self.assembled)) {
            self.assembled += 1;
            self.assemble(&grid, answer);
        }
    }

    fn assemble(&mut self, grid: &Grid, answer: Answer) {
        let wanted = self.range.wanted(grid);
        match answer {
            Ok((decoded, spent)) => {
                self.held = self.held.saturating_sub(spent);
                self.held += self.assembly.add(decoded, &wanted);
            }
            Err(failure) => self.assembly.missing.push(Missing {
                span: (wanted.start(), wanted.end()),
                failure,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
