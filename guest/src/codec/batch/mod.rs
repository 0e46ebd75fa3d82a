//! Many requests for one or more queries: what to send next, where each answer goes, and what it all comes to.
//! It sends nothing; whoever does tells it what came. Which queries are asked as one is `merge.rs`.

use super::cache_hint::CacheHint;
use super::call::check_partial;
use super::config::Config;
use super::failure::Failure;
use super::query_range::{Missing, QueryRange, RangeFailure, RangeResult};
use crate::domain::{Chunk, Grid, Limit};
use crate::prometheus::{Decoded, HttpRequest, RangeDecoder, ResponseDecoder as _, range_request};

pub(super) mod assemble;
mod merge;

use assemble::Joined;

/// The queries of a call and their requests.
#[derive(Debug)]
pub struct Batch<'a> {
    config: &'a Config,
    queries: Vec<Asked>,
    requests: Vec<Sent>,
    /// The first request that has not been given out.
    next: usize,
}

/// A query while its answers come in.
#[derive(Debug)]
struct Asked {
    query: QueryRange,
    /// By chunk. Answers are joined in the order of time, so an early one waits here.
    answers: Vec<Option<Result<Arrived, Failure>>>,
    /// How many chunks have been joined.
    joined_chunks: usize,
    joined: Joined,
    /// What all of it costs, of `max-result-bytes`.
    held: u64,
    failure: Option<RangeFailure>,
}

#[derive(Debug)]
struct Arrived {
    decoded: Decoded,
    /// What it cost, with the points that are not wanted and the labels of known series.
    spent: u64,
}

/// Query and chunk by their places.
type Use = (usize, usize);

/// A request, which may be that of several chunks.
#[derive(Debug)]
struct Sent {
    /// Of one query, or of several of a group.
    uses: Vec<Use>,
    answer: Option<RangeDecoder>,
    /// What the answer has cost so far.
    spent: u64,
}

/// The requests of all queries with one text and step.
struct Line {
    /// The first of these queries.
    query: usize,
    /// By their first and last point, sorted.
    requests: Vec<((i64, i64), usize)>,
}

impl<'a> Batch<'a> {
    /// Requests that are the same are found here, and sent once.
    pub fn new(config: &'a Config, queries: Vec<QueryRange>) -> Self {
        let mut batch = Self {
            config,
            queries: Vec::new(),
            requests: Vec::new(),
            next: 0,
        };
        let mut asked: Vec<Line> = Vec::new();
        for (place, query) in queries.into_iter().enumerate() {
            let chunks = query.plan.chunks.len();
            batch.queries.push(Asked {
                query,
                answers: (0..chunks).map(|_| None).collect(),
                joined_chunks: 0,
                joined: Joined::default(),
                held: 0,
                failure: None,
            });
            batch.add_requests(place, &mut asked);
        }
        batch.merge();
        batch
    }

    fn add_requests(&mut self, place: usize, asked: &mut Vec<Line>) {
        let text = |place: usize| {
            let plan = &self.queries.get(place)?.query.plan.plan;
            Some((plan.promql.as_str(), plan.grid.step()))
        };
        let same = asked
            .iter()
            .position(|line| text(line.query) == text(place));
        let line = same.unwrap_or_else(|| {
            asked.push(Line {
                query: place,
                requests: Vec::new(),
            });
            asked.len() - 1
        });
        let (Some(line), Some(query)) = (asked.get_mut(line), self.queries.get(place)) else {
            return;
        };
        for (number, chunk) in query.query.plan.chunks.iter().enumerate() {
            let grid = (chunk.grid.start(), chunk.grid.end());
            match line.requests.binary_search_by_key(&grid, |&(grid, _)| grid) {
                Ok(at) => {
                    let request = line.requests.get(at).map_or(0, |&(_, request)| request);
                    if let Some(sent) = self.requests.get_mut(request) {
                        sent.uses.push((place, number));
                    }
                }
                Err(at) => {
                    line.requests.insert(at, (grid, self.requests.len()));
                    self.requests.push(Sent {
                        uses: vec![(place, number)],
                        answer: None,
                        spent: 0,
                    });
                }
            }
        }
    }

    /// The next request to send, with its number; none: all have been given out.
    pub fn next_request(&mut self) -> Option<(usize, HttpRequest, CacheHint)> {
        loop {
            let number = self.next;
            let &(query, chunk) = self.requests.get(number)?.uses.first()?;
            self.next += 1;
            if self.is_wanted(number) {
                let names = self.names(&self.requests.get(number)?.uses);
                let query = &self.queries.get(query)?.query;
                let chunk = query.plan.chunks.get(chunk)?;
                let request = match (names, &query.plan.merge) {
                    (Some(names), Some(member)) => {
                        let promql = member.group.promql(&names);
                        range_request(&self.config.endpoint, &promql, &chunk.grid)
                    }
                    _ => query.request(self.config, chunk),
                };
                return Some((number, request, query.cache_hint(chunk)));
            }
        }
    }

    /// Whether any query still waits for a request.
    pub fn is_wanted(&self, request: usize) -> bool {
        let waits = |&(query, _): &(usize, usize)| {
            self.queries
                .get(query)
                .is_some_and(|query| query.failure.is_none())
        };
        self.requests
            .get(request)
            .is_some_and(|sent| sent.uses.iter().any(waits))
    }

    /// The head of an answer is there. What an earlier attempt left is dropped.
    pub fn begin(&mut self, request: usize, status: u16) {
        self.spend(request, 0);
        let asked = self.asked(request);
        if let Some(sent) = self.requests.get_mut(request) {
            let answer = RangeDecoder::new(status, self.config.budget());
            sent.answer = Some(match asked {
                Some(grid) => answer.held_to(&grid),
                None => answer,
            });
        }
    }

    /// The points that a request asks for.
    fn asked(&self, request: usize) -> Option<Grid> {
        let &(query, chunk) = self.requests.get(request)?.uses.first()?;
        Some(self.queries.get(query)?.query.plan.chunks.get(chunk)?.grid)
    }

    /// Takes the next piece of its body.
    ///
    /// # Errors
    /// As soon as it is clear that the body is no answer, or that the result becomes too large.
    pub fn feed(&mut self, request: usize, piece: &[u8]) -> Result<(), Failure> {
        let Some(answer) = self
            .requests
            .get_mut(request)
            .and_then(|sent| sent.answer.as_mut())
        else {
            return Ok(());
        };
        answer.feed(piece)?;
        let spent = answer.spent();
        self.spend(request, spent);
        let maximum = self.config.settings.max_result_bytes.get();
        let uses = self
            .requests
            .get(request)
            .map_or(&[][..], |sent| &sent.uses);
        let is_over = |&(query, _): &(usize, usize)| {
            self.queries
                .get(query)
                .is_some_and(|query| query.held > maximum)
        };
        match uses.iter().any(is_over) {
            false => Ok(()),
            true => Err(Failure::LimitExceeded {
                limit: Limit::MaxResultBytes.name(),
                maximum: Some(maximum),
                requested: None,
                message: None,
            }),
        }
    }

    /// Its body is over.
    ///
    /// # Errors
    /// Prometheus's refusal, what is wrong with the body, which another attempt may mend, or a partial answer that is
    /// not accepted.
    pub fn finish(&mut self, request: usize) -> Result<(), Failure> {
        let Some(sent) = self.requests.get_mut(request) else {
            return Ok(());
        };
        let Some(answer) = sent.answer.take() else {
            return Ok(());
        };
        let spent = sent.spent;
        let decoded = answer.finish()?;
        // All queries of a call have the same options.
        let first = sent
            .uses
            .first()
            .and_then(|&(query, _)| self.queries.get(query));
        check_partial(&decoded, first.is_some_and(|asked| asked.query.partial))?;
        let uses = std::mem::take(&mut sent.uses);
        if self.names(&uses).is_some() {
            self.take_apart(&uses, decoded, spent);
        } else if let Some((&(query, chunk), others)) = uses.split_last() {
            for &(query, chunk) in others {
                self.arrive(query, chunk, Ok((decoded.clone(), spent)));
            }
            self.arrive(query, chunk, Ok((decoded, spent)));
        }
        Ok(())
    }

    /// A request has failed for good. One of several queries is sent again for each alone, so that every one has the
    /// outcome of its own, unless nobody answers.
    pub fn fail(&mut self, request: usize, failure: &Failure) {
        self.spend(request, 0);
        let Some(sent) = self.requests.get_mut(request) else {
            return;
        };
        sent.answer = None;
        let uses = std::mem::take(&mut sent.uses);
        let is_nobody_there =
            matches!(failure, Failure::ConnectionFailed(_) | Failure::TimedOut(_));
        if !is_nobody_there && self.names(&uses).is_some() {
            return self.ask_alone(&uses);
        }
        for (query, chunk) in uses {
            self.arrive(query, chunk, Err(failure.clone()));
        }
    }

    /// The answers, in the order of the queries.
    pub fn results(self) -> impl Iterator<Item = Result<RangeResult, RangeFailure>> {
        self.queries.into_iter().map(|asked| match asked.failure {
            Some(failure) => Err(failure),
            None => Ok(asked.query.result(asked.joined)),
        })
    }

    /// What an answer has cost until now, to all who use it.
    fn spend(&mut self, request: usize, spent: u64) {
        let Some(sent) = self.requests.get_mut(request) else {
            return;
        };
        for &(query, _) in &sent.uses {
            if let Some(asked) = self.queries.get_mut(query) {
                asked.held = (asked.held + spent).saturating_sub(sent.spent);
            }
        }
        sent.spent = spent;
    }

    fn arrive(&mut self, query: usize, chunk: usize, answer: Result<(Decoded, u64), Failure>) {
        if let Some(asked) = self.queries.get_mut(query) {
            asked.arrive(
                chunk,
                answer.map(|(decoded, spent)| Arrived { decoded, spent }),
            );
        }
    }
}

impl Asked {
    fn arrive(&mut self, place: usize, answer: Result<Arrived, Failure>) {
        if let (Err(failure), false) = (&answer, self.query.partial) {
            let chunk = self.query.plan.chunks.get(place);
            self.failure.get_or_insert_with(|| RangeFailure {
                failure: failure.clone(),
                chunk: chunk.map(|chunk| (chunk.grid.start(), chunk.grid.end())),
            });
        }
        if let Some(slot) = self.answers.get_mut(place) {
            *slot = Some(answer);
        }
        while let Some(answer) = self
            .answers
            .get_mut(self.joined_chunks)
            .and_then(Option::take)
        {
            let Some(&chunk) = self.query.plan.chunks.get(self.joined_chunks) else {
                return;
            };
            self.joined_chunks += 1;
            self.join(&chunk, answer);
        }
    }

    fn join(&mut self, chunk: &Chunk, answer: Result<Arrived, Failure>) {
        let wanted = self.query.wanted(chunk);
        match answer {
            Ok(arrived) => {
                self.held = self.held.saturating_sub(arrived.spent);
                self.held += self.joined.add(arrived.decoded, &wanted);
            }
            Err(failure) => self.joined.missing.push(Missing {
                span: (wanted.start(), wanted.end()),
                failure,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
