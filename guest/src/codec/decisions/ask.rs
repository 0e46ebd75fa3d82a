//! A query as it stands, at an instant or on a grid, and several of them on their way side by side.

use crate::codec::{Batch, CacheHint, Config, Failure};
use crate::domain::{FRESHNESS, Grid};
use crate::prometheus::{
    Decoded, HttpRequest, RangeDecoder, ResponseDecoder as _, instant_request, range_request,
};

/// Seconds that an answer of the present may be kept: those who ask within them share it.
const SHARED: u32 = 5;

/// When a query is evaluated.
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
    /// When it is evaluated.
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

    fn cache_hint(&self) -> CacheHint {
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

/// Requests that are sent side by side, by their numbers. Whoever sends them says what came.
pub trait Requests {
    /// The next request to send, with its number; none: all have been given out.
    fn next_request(&mut self) -> Option<(usize, HttpRequest, CacheHint)>;

    /// Whether its answer is still waited for.
    fn is_wanted(&self, request: usize) -> bool;

    /// The head of an answer is there. An earlier attempt's is void.
    fn begin(&mut self, request: usize, status: u16);

    /// Takes the next piece of its body.
    ///
    /// # Errors
    /// As soon as it is clear that the body is no answer, or that the result becomes too large.
    fn feed(&mut self, request: usize, piece: &[u8]) -> Result<(), Failure>;

    /// Its body is over.
    ///
    /// # Errors
    /// Prometheus's refusal, or what is wrong with the body.
    fn finish(&mut self, request: usize) -> Result<(), Failure>;

    /// A request has failed for good.
    fn fail(&mut self, request: usize, failure: &Failure);
}

impl Requests for Batch<'_> {
    fn next_request(&mut self) -> Option<(usize, HttpRequest, CacheHint)> {
        Batch::next_request(self)
    }

    fn is_wanted(&self, request: usize) -> bool {
        Batch::is_wanted(self, request)
    }

    fn begin(&mut self, request: usize, status: u16) {
        Batch::begin(self, request, status);
    }

    fn feed(&mut self, request: usize, piece: &[u8]) -> Result<(), Failure> {
        Batch::feed(self, request, piece)
    }

    fn finish(&mut self, request: usize) -> Result<(), Failure> {
        Batch::finish(self, request)
    }

    fn fail(&mut self, request: usize, failure: &Failure) {
        Batch::fail(self, request, failure);
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
    /// What the answers that are there have cost, of `max-result-bytes`, which holds for all of them.
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
        let none = || Failure::Interrupted("no answer came".to_owned());
        self.answers
            .into_iter()
            .map(|answer| answer.ok_or_else(none))
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
    fn next_request(&mut self) -> Option<(usize, HttpRequest, CacheHint)> {
        if self.failure.is_some() {
            return None;
        }
        let number = self.next;
        let ask = self.asks.get(number)?;
        self.next += 1;
        Some((number, ask.request(self.config), ask.cache_hint()))
    }

    fn is_wanted(&self, _request: usize) -> bool {
        self.failure.is_none()
    }

    fn begin(&mut self, request: usize, status: u16) {
        if let (Some(ask), Some(decoder)) = (self.asks.get(request), self.decoders.get_mut(request))
        {
            *decoder = Some(ask.decoder(self.config, status));
        }
    }

    fn feed(&mut self, request: usize, piece: &[u8]) -> Result<(), Failure> {
        if let Some(Some(decoder)) = self.decoders.get_mut(request) {
            decoder.feed(piece)?;
        }
        self.check_budget()
    }

    fn finish(&mut self, request: usize) -> Result<(), Failure> {
        let decoder = self.decoders.get_mut(request).and_then(Option::take);
        if let (Some(decoder), Some(answer)) = (decoder, self.answers.get_mut(request)) {
            self.spent += decoder.spent();
            *answer = Some(decoder.finish()?);
        }
        Ok(())
    }

    fn fail(&mut self, _request: usize, failure: &Failure) {
        self.failure.get_or_insert_with(|| failure.clone());
    }
}
