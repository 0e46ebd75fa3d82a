//! A range in bounded pieces, chunk after chunk: what is to be asked next, and what of the answer can be given on.
//! It sends nothing, and holds no more than a piece and what one read of the body adds to it.

use super::cache_hint::CacheHint;
use super::call::check_partial;
use super::complete::{add_new, histogram_warning, trim, without_left_out};
use super::config::Config;
use super::failure::Failure;
use super::query_range::{Missing, QueryRange, RangeFailure};
use super::receiver::Receiver;
use crate::prometheus::{Budget, HttpRequest, RangeDecoder, ResponseDecoder as _, Series};

/// The most samples of a piece, from the contract: a megabyte, which any host lifts from a call.
const MOST_SAMPLES: usize = 65_536;

/// A part of an answer that is given on at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// At most 65,536 samples in all.
    pub series: Vec<Series>,
    /// Warnings that no earlier piece had.
    pub warnings: Vec<String>,
    /// Likewise.
    pub infos: Vec<String>,
    /// Chunks that failed since the last piece.
    pub missing: Vec<Missing>,
    /// True if a server said since the last piece that it did not see all data.
    pub partial: bool,
}

/// A range on its way through.
#[derive(Debug)]
pub struct PieceStream {
    config: Config,
    query: QueryRange,
    /// The chunk that is coming in.
    chunk: usize,
    decoder: Option<RangeDecoder>,
    /// Of this chunk, trimmed, and not given on yet.
    waiting: Vec<Series>,
    /// The number of samples that wait.
    samples: usize,
    /// True if something of this chunk has been given on: it cannot begin again then.
    is_begun: bool,
    said: Piece,
    to_say: Piece,
}

impl PieceStream {
    /// At the start of the range.
    pub fn new(config: Config, query: QueryRange) -> Self {
        let to_say = Piece {
            warnings: query.plan.plan.warnings.clone(),
            infos: query.plan.plan.infos.clone(),
            ..Piece::default()
        };
        Self {
            config,
            query,
            chunk: 0,
            decoder: None,
            waiting: Vec::new(),
            samples: 0,
            is_begun: false,
            said: Piece::default(),
            to_say,
        }
    }

    /// The query.
    pub fn query(&self) -> &QueryRange {
        &self.query
    }

    /// The configuration it is asked under.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The request of the chunk that is coming in, or of one after it; none: there is none.
    pub fn request(&self, after: usize) -> Option<(HttpRequest, CacheHint)> {
        let chunk = self.query.plan.chunks.get(self.chunk + after)?;
        Some((
            self.query.request(&self.config, &chunk.grid),
            self.query.cache_hint(&chunk.grid),
        ))
    }

    /// The chunk has failed for good.
    ///
    /// # Errors
    /// Returns that failure, unless the chunk may be missing.
    pub fn fail(&mut self, failure: Failure) -> Result<(), RangeFailure> {
        self.decoder = None;
        let Some(&chunk) = self.query.plan.chunks.get(self.chunk) else {
            return Ok(());
        };
        if !self.query.partial {
            return Err(RangeFailure {
                failure,
                chunk: Some((chunk.grid.start(), chunk.grid.end())),
            });
        }
        let wanted = self.query.wanted(&chunk.grid);
        self.to_say.missing.push(Missing {
            span: (wanted.start(), wanted.end()),
            failure,
        });
        self.turn();
        Ok(())
    }

    /// A piece, if there is enough for one, or what there is at the end of a chunk.
    pub fn piece(&mut self) -> Option<Piece> {
        let at_an_end = self.decoder.is_none() && (self.samples > 0 || self.has_news());
        if !self.is_full() && !at_an_end {
            return None;
        }
        // Something of the chunk goes out while the rest is still to come.
        self.is_begun = self.decoder.is_some();
        let mut piece = std::mem::take(&mut self.to_say);
        self.said.warnings.extend_from_slice(&piece.warnings);
        self.said.infos.extend_from_slice(&piece.infos);
        let mut room = MOST_SAMPLES;
        let mut rest = Vec::new();
        for mut series in std::mem::take(&mut self.waiting) {
            let fits = series.timestamps.len().min(room);
            room -= fits;
            if fits < series.timestamps.len() {
                rest.push(Series {
                    labels: series.labels.clone(),
                    timestamps: series.timestamps.split_off(fits),
                    values: series.values.split_off(fits),
                });
            }
            if fits > 0 {
                piece.series.push(series);
            }
        }
        self.samples -= MOST_SAMPLES - room;
        self.waiting = rest;
        Some(piece)
    }

    fn has_news(&self) -> bool {
        !(self.to_say.warnings.is_empty()
            && self.to_say.infos.is_empty()
            && self.to_say.missing.is_empty()
            && !self.to_say.partial)
    }

    fn wait(&mut self, series: Vec<Series>) {
        let Some(chunk) = self.query.plan.chunks.get(self.chunk) else {
            return;
        };
        let wanted = self.query.wanted(&chunk.grid);
        let (series, left_out) = without_left_out(&self.query.plan.plan, series);
        add_new(&mut self.to_say.warnings, left_out);
        for mut series in series {
            trim(&mut series, &wanted);
            if !series.timestamps.is_empty() {
                self.samples += series.timestamps.len();
                self.waiting.push(series);
            }
        }
    }

    fn turn(&mut self) {
        self.chunk += 1;
        self.is_begun = false;
    }
}

/// Receives the answer for the chunk that is coming in. It is full where a piece has to be given on before more is
/// taken; once something of the chunk has been given on, the chunk cannot begin again.
impl Receiver for PieceStream {
    fn begin(&mut self, status: u16) {
        self.waiting.clear();
        self.samples = 0;
        let decoder = RangeDecoder::new(status, self.config.budget());
        self.decoder = Some(match self.query.plan.chunks.get(self.chunk) {
            Some(chunk) => decoder.held_to(&chunk.grid),
            None => decoder,
        });
    }

    fn feed(&mut self, body: &[u8]) -> Result<(), Failure> {
        let decoder = self.decoder.as_mut().ok_or_else(Failure::no_answer)?;
        decoder.feed(body)?;
        if decoder.spent() >= Budget::cost_of_samples(MOST_SAMPLES) {
            let series = decoder.take()?;
            self.wait(series);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let decoder = self.decoder.take().ok_or_else(Failure::no_answer)?;
        let decoded = decoder.finish()?;
        check_partial(&decoded, self.query.partial)?;
        self.to_say.partial |= decoded.partial;
        self.wait(decoded.series);
        let mut warnings = decoded.warnings;
        warnings.extend(histogram_warning(decoded.histograms));
        let is_new = |said: &[String], text: &String| !said.contains(text);
        warnings.retain(|text| is_new(&self.said.warnings, text));
        let mut infos = decoded.infos;
        infos.retain(|text| is_new(&self.said.infos, text));
        add_new(&mut self.to_say.warnings, warnings);
        add_new(&mut self.to_say.infos, infos);
        self.turn();
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.samples >= MOST_SAMPLES
    }

    fn can_begin_again(&self) -> bool {
        !self.is_begun
    }
}
