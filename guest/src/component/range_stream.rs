//! The exported resource `range-stream`, a range in bounded pieces: the current chunk's answer is read while somebody asks for pieces, and the next chunk's
//! request is already on its way. Its body waits at the host, so that memory stays bounded.

use std::cell::RefCell;

use super::bindings::exports::backendai::metric::range_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, MetricQuery};
use super::convert;
use super::convert_range::{piece, range_options, range_plan};
use super::deadline::Deadline;
use super::ranges::checked;
use super::transfer::{Progress, Transfer};
use crate::codec::{Failure, Piece, PieceStream, QueryRange, RangeFailure, Receiver};

/// The resource.
pub(super) struct Stream(RefCell<State>);

struct State {
    pieces: PieceStream,
    current: Option<Transfer>,
    /// True if the current transfer can advance without waiting.
    is_due: bool,
    prefetch: Option<Prefetch>,
    is_over: bool,
}

/// The transfer of the next chunk, as far as the head of its answer.
struct Prefetch {
    transfer: Transfer,
    head: Head,
    /// The failure it ended with, if it did.
    failure: Option<Failure>,
}

/// Receives the head of an answer, and nothing of its body.
struct Head(Option<u16>);

impl Receiver for Head {
    fn begin(&mut self, status: u16) {
        self.0 = Some(status);
    }

    fn feed(&mut self, _: &[u8]) -> Result<(), Failure> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn is_full(&self) -> bool {
        true
    }
}

impl outer::GuestRangeStream for Stream {
    fn open(
        config: Config,
        query: MetricQuery,
        options: outer::RangeOptions,
    ) -> Result<outer::RangeStream, outer::RangeError> {
        let (config, options) = checked(convert::config(config), range_options(options))?;
        let query = QueryRange::new(&config, &convert::metric_query(query), &options)?;
        query.check_piecewise()?;
        Ok(outer::RangeStream::new(Self(RefCell::new(State {
            pieces: PieceStream::new(config, query),
            current: None,
            is_due: false,
            prefetch: None,
            is_over: false,
        }))))
    }

    fn plan(&self) -> outer::RangePlan {
        range_plan(self.0.borrow().pieces.query().plan.clone())
    }

    fn next(&self) -> Result<Option<outer::Piece>, outer::RangeError> {
        let mut state = self.0.borrow_mut();
        let next = state.next();
        state.is_over |= !matches!(next, Ok(Some(_)));
        Ok(next?.map(piece))
    }
}

impl State {
    fn next(&mut self) -> Result<Option<Piece>, RangeFailure> {
        if self.is_over {
            return Ok(None);
        }
        let deadline = Deadline::new(&self.pieces.config().settings);
        loop {
            if let Some(piece) = self.pieces.piece() {
                return Ok(Some(piece));
            }
            if self.current.is_none() && !self.start_next(&deadline)? {
                return Ok(self.pieces.piece());
            }
            if let Err(failure) = self.advance(&deadline) {
                self.current = None;
                self.pieces.fail(failure)?;
            }
        }
    }

    /// Makes the prefetched transfer the current one, or sends the first; false: there are no more.
    fn start_next(&mut self, deadline: &Deadline) -> Result<bool, RangeFailure> {
        match self.prefetch.take() {
            Some(Prefetch {
                failure: Some(failure),
                ..
            }) => self.pieces.fail(failure)?,
            Some(prefetch) => {
                if let Some(status) = prefetch.head.0 {
                    self.pieces.begin(status);
                }
                self.current = Some(prefetch.transfer);
                self.is_due = prefetch.head.0.is_some();
            }
            None => {
                self.current = self.transfer(0, deadline);
                self.is_due = true;
            }
        }
        Ok(self.current.is_some())
    }

    fn transfer(&self, after: usize, deadline: &Deadline) -> Option<Transfer> {
        let (request, cache_hint) = self.pieces.request(after)?;
        Some(Transfer::new(request, cache_hint, deadline.seed()))
    }

    /// Waits for the current transfer or the prefetched one, and advances what is ready.
    fn advance(&mut self, deadline: &Deadline) -> Result<(), Failure> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if !self.is_due {
            let prefetch = self
                .prefetch
                .as_ref()
                .filter(|prefetch| prefetch.is_waited_for());
            let both = current.ready().into_iter();
            let ready = deadline.wait_any(both.chain(prefetch.and_then(|a| a.transfer.ready())))?;
            if let (true, Some(prefetch)) = (ready.contains(&1), &mut self.prefetch) {
                prefetch.advance(deadline);
            }
            if !ready.contains(&0) {
                return Ok(());
            }
        }
        let progress = current.advance(&mut self.pieces, deadline)?;
        self.is_due = progress == Progress::Full;
        if progress == Progress::Over {
            self.current = None;
        } else if self.prefetch.is_none() {
            self.prefetch = self.transfer(1, deadline).map(|transfer| Prefetch {
                transfer,
                head: Head(None),
                failure: None,
            });
            if let Some(prefetch) = &mut self.prefetch {
                prefetch.advance(deadline);
            }
        }
        Ok(())
    }
}

impl Prefetch {
    fn advance(&mut self, deadline: &Deadline) {
        if let Err(failure) = self.transfer.advance(&mut self.head, deadline) {
            self.failure = Some(failure);
        }
    }

    /// Once the head is there, the body waits for its turn.
    fn is_waited_for(&self) -> bool {
        self.head.0.is_none() && self.failure.is_none()
    }
}
