//! Exchanges of requests for answers through `wasi:http`, one or many side by side, within one deadline.

use super::deadline::Deadline;
use super::transfer::{Progress, Receiver, Transfer};
use crate::codec::decisions::{Asks, Requests, SideBySide};
use crate::codec::{Call, Failure};
use crate::prometheus::ResponseDecoder;

/// Sends the request of a call, again where that may help, and gives the call's result.
pub(super) fn exchange<C: Call>(call: &C) -> Result<C::Result, Failure> {
    let deadline = Deadline::new(&call.config().settings);
    let transfer = Transfer::new(call.request(), call.cache_hint(), deadline.seed());
    let mut receiver = CallReceiver {
        call,
        decoder: None,
        output: None,
    };
    wait_for_answer(transfer, &mut receiver, &deadline)?;
    match receiver.output {
        Some(output) => call.result(output),
        // A transfer that is over has finished its receiver.
        None => Err(Failure::Interrupted("no answer came".to_owned())),
    }
}

/// Waits for the answer to one request, with nothing that only many would need.
fn wait_for_answer(
    mut transfer: Transfer,
    receiver: &mut dyn Receiver,
    deadline: &Deadline,
) -> Result<(), Failure> {
    while transfer.advance(receiver, deadline)? != Progress::Over {
        if let Some(ready) = transfer.ready() {
            deadline.wait(ready)?;
        }
    }
    Ok(())
}

/// Receives the answer to a call.
struct CallReceiver<'a, C: Call> {
    call: &'a C,
    decoder: Option<C::Decoder>,
    output: Option<<C::Decoder as ResponseDecoder>::Output>,
}

impl<C: Call> Receiver for CallReceiver<'_, C> {
    fn begin(&mut self, status: u16) {
        self.decoder = Some(self.call.decoder(status));
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        match &mut self.decoder {
            Some(decoder) => Ok(decoder.feed(piece)?),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(decoder) = self.decoder.take() {
            self.output = Some(decoder.finish()?);
        }
        Ok(())
    }
}

/// Requests of one call under way at once: as many as a range has by default.
const CONCURRENCY: usize = 8;

/// Sends the requests of a verb side by side, and gives its result.
pub(super) fn exchange_side_by_side<V: SideBySide>(verb: &V) -> Result<V::Result, Failure> {
    let deadline = Deadline::new(&verb.config().settings);
    let mut asks = Asks::new(verb.config(), verb.asks());
    exchange_all(&mut asks, CONCURRENCY, &deadline);
    verb.result(asks.answers()?)
}

/// Sends the requests of a batch, at most so many at once.
pub(super) fn exchange_all(batch: &mut dyn Requests, concurrency: usize, deadline: &Deadline) {
    let mut transfers: Vec<(usize, Transfer)> = Vec::new();
    loop {
        while transfers.len() < concurrency {
            let Some((number, request, cache_hint)) = batch.next_request() else {
                break;
            };
            let seed = deadline.seed() ^ (number as u64) << 32;
            let mut transfer = Transfer::new(request, cache_hint, seed);
            if !advance(batch, number, &mut transfer, deadline) {
                transfers.push((number, transfer));
            }
        }
        if transfers.is_empty() {
            return;
        }
        match deadline.wait_any(
            transfers
                .iter()
                .filter_map(|(_, transfer)| transfer.ready()),
        ) {
            Ok(ready) => {
                // From the back, so that what is taken out moves none that comes later.
                for place in (0..transfers.len()).rev() {
                    let is_over = ready.contains(&u32::try_from(place).unwrap_or(u32::MAX))
                        && transfers.get_mut(place).is_some_and(|(number, transfer)| {
                            advance(batch, *number, transfer, deadline)
                        });
                    if is_over {
                        transfers.swap_remove(place);
                    }
                }
                transfers.retain(|(number, _)| batch.is_wanted(*number));
            }
            Err(failure) => {
                for (number, _) in transfers {
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

/// Advances a transfer; true: it is over, well or not.
fn advance(
    batch: &mut dyn Requests,
    number: usize,
    transfer: &mut Transfer,
    deadline: &Deadline,
) -> bool {
    let mut receiver = BatchReceiver { batch, number };
    match transfer.advance(&mut receiver, deadline) {
        Ok(Progress::Over) => true,
        Ok(Progress::Waits | Progress::Full) => false,
        Err(failure) => {
            batch.fail(number, &failure);
            true
        }
    }
}

/// Receives the answer to one request of a batch.
struct BatchReceiver<'a> {
    batch: &'a mut dyn Requests,
    number: usize,
}

impl Receiver for BatchReceiver<'_> {
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
