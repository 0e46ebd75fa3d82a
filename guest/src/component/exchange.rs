//! Requests through `wasi:http`, one or many side by side, all inside one deadline.

use super::deadline::Deadline;
use super::transfer::{Flight, Progress, Receiver};
use crate::codec::{Batch, Call, Failure};
use crate::prometheus::Answer;

/// Sends the request of a call, again where that may help, and gives the call's result.
pub(super) fn exchange<C: Call>(call: &C) -> Result<C::Result, Failure> {
    let deadline = Deadline::new(&call.configured().settings);
    let flight = Flight::new(call.request(), call.keep(), deadline.seed());
    let mut reply = Reply {
        call,
        answer: None,
        output: None,
    };
    complete(flight, &mut reply, &deadline)?;
    match reply.output {
        Some(output) => call.result(output),
        // A flight that is over has finished its receiver.
        None => Err(Failure::Interrupted("no answer came".to_owned())),
    }
}

/// Waits for one request, with nothing that only many would need.
fn complete(
    mut flight: Flight,
    receiver: &mut dyn Receiver,
    deadline: &Deadline,
) -> Result<(), Failure> {
    while flight.advance(receiver, deadline)? != Progress::Over {
        if let Some(ready) = flight.ready() {
            deadline.wait(ready)?;
        }
    }
    Ok(())
}

/// The answer to a call.
struct Reply<'a, C: Call> {
    call: &'a C,
    answer: Option<C::Answer>,
    output: Option<<C::Answer as Answer>::Output>,
}

impl<C: Call> Receiver for Reply<'_, C> {
    fn begin(&mut self, status: u16) {
        self.answer = Some(self.call.answer(status));
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        match &mut self.answer {
            Some(answer) => Ok(answer.feed(piece)?),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(answer) = self.answer.take() {
            self.output = Some(answer.finish()?);
        }
        Ok(())
    }
}

/// Sends the requests of a batch, at most so many at once.
pub(super) fn exchange_all(batch: &mut Batch<'_>, concurrency: usize, deadline: &Deadline) {
    let mut flights: Vec<(usize, Flight)> = Vec::new();
    loop {
        while flights.len() < concurrency {
            let Some((number, request, keep)) = batch.next_request() else {
                break;
            };
            let seed = deadline.seed() ^ (number as u64) << 32;
            let mut flight = Flight::new(request, keep, seed);
            if !settle(batch, number, &mut flight, deadline) {
                flights.push((number, flight));
            }
        }
        if flights.is_empty() {
            return;
        }
        match deadline.wait_any(flights.iter().filter_map(|(_, flight)| flight.ready())) {
            Ok(ready) => {
                // From the back, so that what is taken out moves none that comes later.
                for place in (0..flights.len()).rev() {
                    let is_over = ready.contains(&u32::try_from(place).unwrap_or(u32::MAX))
                        && flights.get_mut(place).is_some_and(|(number, flight)| {
                            settle(batch, *number, flight, deadline)
                        });
                    if is_over {
                        flights.swap_remove(place);
                    }
                }
                flights.retain(|(number, _)| batch.is_wanted(*number));
            }
            Err(failure) => {
                for (number, _) in flights {
                    batch.fail(number, &failure);
                }
                while let Some((number, ..)) = batch.next_request() {
                    batch.fail(number, &failure);
                }
                return;
            }
        }
    }
}

/// Goes on with a request; whether it is over, well or not.
fn settle(batch: &mut Batch<'_>, number: usize, flight: &mut Flight, deadline: &Deadline) -> bool {
    let mut part = Part { batch, number };
    match flight.advance(&mut part, deadline) {
        Ok(Progress::Over) => true,
        Ok(Progress::Waits | Progress::Full) => false,
        Err(failure) => {
            batch.fail(number, &failure);
            true
        }
    }
}

/// The answer to one request of a batch.
struct Part<'a, 'b> {
    batch: &'a mut Batch<'b>,
    number: usize,
}

impl Receiver for Part<'_, '_> {
    fn begin(&mut self, status: u16) {
        self.batch.begin(self.number, status);
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.batch.feed(self.number, piece)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.batch.finish(self.number)
    }
}
