//! A range in bounded pieces: the present chunk's answer is read while somebody asks for pieces, and the next chunk's
//! request is already on its way. Its body waits at the host, so that memory stays bounded.

use std::cell::RefCell;

use super::bindings::exports::backendai::metric::range_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, MetricQuery};
use super::convert;
use super::convert_range::{piece, range_options, range_plan};
use super::deadline::Deadline;
use super::range_service::checked;
use super::transfer::{Flight, Progress, Receiver};
use crate::codec::{Failure, Piece, Pieces, QueryRange, RangeFailure};

/// A range that is given in pieces.
pub(super) struct Stream(RefCell<Going>);

struct Going {
    pieces: Pieces,
    present: Option<Flight>,
    /// Whether the present can go on without being waited for.
    is_due: bool,
    ahead: Option<Ahead>,
    is_over: bool,
}

/// The request of the next chunk.
struct Ahead {
    flight: Flight,
    head: Head,
    /// How it ended, if it did.
    failure: Option<Failure>,
}

/// Takes the head of an answer, and nothing of its body.
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

impl Receiver for Pieces {
    fn begin(&mut self, status: u16) {
        Pieces::begin(self, status);
    }

    fn feed(&mut self, body: &[u8]) -> Result<(), Failure> {
        Pieces::feed(self, body)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        Pieces::finish(self)
    }

    fn is_full(&self) -> bool {
        Pieces::is_full(self)
    }

    fn can_begin_again(&self) -> bool {
        Pieces::can_begin_again(self)
    }
}

impl outer::GuestRangeStream for Stream {
    fn open(
        config: Config,
        query: MetricQuery,
        options: outer::RangeOptions,
    ) -> Result<outer::RangeStream, outer::RangeError> {
        let (configured, options) = checked(convert::config(config), range_options(options))?;
        let query = QueryRange::new(&configured, &convert::metric_query(query), &options)?;
        query.check_piecewise()?;
        Ok(outer::RangeStream::new(Self(RefCell::new(Going {
            pieces: Pieces::new(configured, query),
            present: None,
            is_due: false,
            ahead: None,
            is_over: false,
        }))))
    }

    fn plan(&self) -> outer::RangePlan {
        range_plan(self.0.borrow().pieces.query().plan.clone())
    }

    fn next(&self) -> Result<Option<outer::Piece>, outer::RangeError> {
        let mut going = self.0.borrow_mut();
        let next = going.next();
        going.is_over |= !matches!(next, Ok(Some(_)));
        Ok(next?.map(piece))
    }
}

impl Going {
    fn next(&mut self) -> Result<Option<Piece>, RangeFailure> {
        if self.is_over {
            return Ok(None);
        }
        let deadline = Deadline::new(&self.pieces.configured().settings);
        loop {
            if let Some(piece) = self.pieces.piece() {
                return Ok(Some(piece));
            }
            if self.present.is_none() && !self.depart(&deadline)? {
                return Ok(self.pieces.piece());
            }
            if let Err(failure) = self.go_on(&deadline) {
                self.present = None;
                self.pieces.fail(failure)?;
            }
        }
    }

    /// Makes the request that is ahead the present one, or sends the first; false: there are no more.
    fn depart(&mut self, deadline: &Deadline) -> Result<bool, RangeFailure> {
        match self.ahead.take() {
            Some(Ahead {
                failure: Some(failure),
                ..
            }) => self.pieces.fail(failure)?,
            Some(ahead) => {
                if let Some(status) = ahead.head.0 {
                    self.pieces.begin(status);
                }
                self.present = Some(ahead.flight);
                self.is_due = ahead.head.0.is_some();
            }
            None => {
                self.present = self.flight(0, deadline);
                self.is_due = true;
            }
        }
        Ok(self.present.is_some())
    }

    fn flight(&self, after: usize, deadline: &Deadline) -> Option<Flight> {
        let (request, keep) = self.pieces.request(after)?;
        Some(Flight::new(request, keep, deadline.seed()))
    }

    /// Waits for the present request, and goes on with it and with the one ahead.
    fn go_on(&mut self, deadline: &Deadline) -> Result<(), Failure> {
        let Some(present) = &mut self.present else {
            return Ok(());
        };
        if !self.is_due {
            let ahead = self.ahead.as_ref().filter(|ahead| ahead.is_waited_for());
            let both = present.ready().into_iter();
            let ready = deadline.wait_any(both.chain(ahead.and_then(|a| a.flight.ready())))?;
            if let (true, Some(ahead)) = (ready.contains(&1), &mut self.ahead) {
                ahead.go_on(deadline);
            }
            if !ready.contains(&0) {
                return Ok(());
            }
        }
        let progress = present.advance(&mut self.pieces, deadline)?;
        self.is_due = progress == Progress::Full;
        if progress == Progress::Over {
            self.present = None;
        } else if self.ahead.is_none() {
            self.ahead = self.flight(1, deadline).map(|flight| Ahead {
                flight,
                head: Head(None),
                failure: None,
            });
            if let Some(ahead) = &mut self.ahead {
                ahead.go_on(deadline);
            }
        }
        Ok(())
    }
}

impl Ahead {
    fn go_on(&mut self, deadline: &Deadline) {
        if let Err(failure) = self.flight.advance(&mut self.head, deadline) {
            self.failure = Some(failure);
        }
    }

    /// Once the head is there, the body waits for its turn.
    fn is_waited_for(&self) -> bool {
        self.head.0.is_none() && self.failure.is_none()
    }
}
