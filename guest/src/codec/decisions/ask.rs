//! A query as it stands, at an instant or on a grid, and several of them on their way side by side.

use crate::codec::{Batch, CacheHint, Config, Failure, Receiver, RequestId};
use crate::domain::{FRESHNESS, Grid};
use crate::prometheus::{
    Decoded, HttpRequest, RangeDecoder, ResponseDecoder as _, instant_request, range_request,
};

/// Seconds that an answer of the present may be kept: those who ask within them share it.
const SHARED: u32 = 5;

/// The time at which a query is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At an instant, Unix milliseconds; none: the server's present.
    Instant(Option<i64>),
    /// At the points of a grid.
    Range(Grid),
}

/// A query to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The query.
    pub promql: String,
    /// The time at which it is evaluated.
    pub when: When,
}

impl Ask {
    /// The request to send.
    pub fn request(&self, config: &Config) -> HttpRequest {
        match self.when {
            When::Instant(at) => instant_request(&config.endpoint, &self.promql, at),
            When::Range(grid) => range_request(&config.endpoint, &self.promql, &grid),
        }
    }

    /// The hint how long the answer may be kept.
    pub fn cache_hint(&self) -> CacheHint {
        match self.when {
            When::Instant(_) => CacheHint::MaxAge(SHARED),
            When::Range(grid) => CacheHint::when_final(&grid, FRESHNESS),
        }
    }

    /// The decoder of the response with this status.
    pub fn decoder(&self, config: &Config, status: u16) -> RangeDecoder {
        let decoder = RangeDecoder::new(status, config.budget());
        match self.when {
            When::Instant(_) => decoder,
            When::Range(grid) => decoder.held_to(&grid),
        }
    }
}

/// Requests that are sent side by side. Whoever sends them says what came.
pub trait Requests {
    /// One of them.
    type Id: Copy;

    /// Its number, which no other has.
    fn number(id: Self::Id) -> usize;

    /// The next request to send; none: all have been given out.
    fn next_request(&mut self) -> Option<(Self::Id, HttpRequest, CacheHint)>;

    /// Returns true if the answer to this request is still waited for.
    fn is_wanted(&self, id: Self::Id) -> bool;

    /// The receiver of its answer.
    fn receiver(&mut self, id: Self::Id) -> impl Receiver;

    /// A request has failed for good.
    fn fail(&mut self, id: Self::Id, failure: &Failure);
}

impl Requests for Batch<'_> {
    type Id = RequestId;

    fn number(id: RequestId) -> usize {
        id.number()
    }

    fn next_request(&mut self) -> Option<(RequestId, HttpRequest, CacheHint)> {
        Batch::next_request(self)
    }

    fn is_wanted(&self, id: RequestId) -> bool {
        Batch::is_wanted(self, id)
    }

    fn receiver(&mut self, id: RequestId) -> impl Receiver {
        Batch::receiver(self, id)
    }

    fn fail(&mut self, id: RequestId, failure: &Failure) {
        Batch::fail(self, id, failure);
    }
}

/// Several queries on their way. The first that fails fails all.
#[derive(Debug)]
pub struct Asks<'a> {
    config: &'a Config,
    asks: Vec<Ask>,
    next: usize,
    decoders: Vec<Option<RangeDecoder>>,
    answers: Vec<Option<Decoded>>,
    /// The cost of the answers received so far, in bytes of `max-result-bytes`, which holds for all of them together.
    spent: u64,
    failure: Option<Failure>,
}

impl<'a> Asks<'a> {
    /// Nothing is sent yet.
    pub fn new(config: &'a Config, asks: Vec<Ask>) -> Self {
        Self {
            config,
            next: 0,
            decoders: asks.iter().map(|_| None).collect(),
            answers: asks.iter().map(|_| None).collect(),
            asks,
            spent: 0,
            failure: None,
        }
    }

    /// The answers, in the order of the queries.
    ///
    /// # Errors
    /// The first failure.
    pub fn answers(self) -> Result<Vec<Decoded>, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.answers
            .into_iter()
            .map(|answer| answer.ok_or_else(Failure::no_answer))
            .collect()
    }

    fn check_budget(&self) -> Result<(), Failure> {
        let coming = self.decoders.iter().flatten().map(RangeDecoder::spent);
        let maximum = self.config.settings.max_result_bytes.get();
        match self.spent + coming.sum::<u64>() > maximum {
            false => Ok(()),
            true => Err(Failure::over_budget(maximum)),
        }
    }
}

impl Requests for Asks<'_> {
    type Id = usize;

    fn number(id: usize) -> usize {
        id
    }

    fn next_request(&mut self) -> Option<(usize, HttpRequest, CacheHint)> {
        if self.failure.is_some() {
            return None;
        }
        let number = self.next;
        let ask = self.asks.get(number)?;
        self.next += 1;
        Some((number, ask.request(self.config), ask.cache_hint()))
    }

    fn is_wanted(&self, _id: usize) -> bool {
        self.failure.is_none()
    }

    fn receiver(&mut self, id: usize) -> impl Receiver {
        AskReceiver { asks: self, id }
    }

    fn fail(&mut self, _id: usize, failure: &Failure) {
        self.failure.get_or_insert_with(|| failure.clone());
    }
}

/// Receives the answer to one query of several.
struct AskReceiver<'a, 'b> {
    asks: &'a mut Asks<'b>,
    id: usize,
}

impl Receiver for AskReceiver<'_, '_> {
    fn begin(&mut self, status: u16) {
        let asks = &mut *self.asks;
        if let (Some(ask), Some(decoder)) = (asks.asks.get(self.id), asks.decoders.get_mut(self.id))
        {
            *decoder = Some(ask.decoder(asks.config, status));
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if let Some(Some(decoder)) = self.asks.decoders.get_mut(self.id) {
            decoder.feed(piece)?;
        }
        self.asks.check_budget()
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let asks = &mut *self.asks;
        let decoder = asks.decoders.get_mut(self.id).and_then(Option::take);
        if let (Some(decoder), Some(answer)) = (decoder, asks.answers.get_mut(self.id)) {
            asks.spent += decoder.spent();
            *answer = Some(decoder.finish()?);
        }
        Ok(())
    }
}
