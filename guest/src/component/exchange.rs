//! Exchanges of requests for answers through `wasi:http`, one or many side by side, within one deadline.

use super::deadline::Deadline;
use super::transfer::{Progress, Transfer};
use crate::codec::decisions::{Asks, Requests, SideBySide};
use crate::codec::{Call, CallReceiver, Failure, Receiver};

/// Sends the request of a call, again where that may help, and gives the call's result.
pub(super) fn exchange<C: Call>(call: &C) -> Result<C::Result, Failure> {
    let deadline = Deadline::new(&call.config().settings);
    let transfer = Transfer::new(call.request(), call.cache_hint(), deadline.seed());
    let mut receiver = CallReceiver::new(call);
    wait_for_answer(transfer, &mut receiver, &deadline)?;
    receiver.result()
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
pub(super) fn exchange_all<R: Requests>(batch: &mut R, concurrency: usize, deadline: &Deadline) {
    let mut transfers: Vec<(R::Id, Transfer)> = Vec::new();
    loop {
        while transfers.len() < concurrency {
            let Some((id, request, cache_hint)) = batch.next_request() else {
                break;
            };
            let seed = deadline.seed() ^ (R::number(id) as u64) << 32;
            let mut transfer = Transfer::new(request, cache_hint, seed);
            if !advance(batch, id, &mut transfer, deadline) {
                transfers.push((id, transfer));
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
                        && transfers
                            .get_mut(place)
                            .is_some_and(|(id, transfer)| advance(batch, *id, transfer, deadline));
                    if is_over {
                        transfers.swap_remove(place);
                    }
                }
                transfers.retain(|(id, _)| batch.is_wanted(*id));
            }
            Err(failure) => {
                for (id, _) in transfers {
                    batch.fail(id, &failure);
                }
                while let Some((id, ..)) = batch.next_request() {
                    batch.fail(id, &failure);
                }
                return;
            }
        }
    }
}

/// Advances a transfer; true: it is over, well or not.
fn advance<R: Requests>(
    batch: &mut R,
    id: R::Id,
    transfer: &mut Transfer,
    deadline: &Deadline,
) -> bool {
    let progress = transfer.advance(&mut batch.receiver(id), deadline);
    match progress {
        Ok(Progress::Over) => true,
        Ok(Progress::Waits | Progress::Full) => false,
        Err(failure) => {
            batch.fail(id, &failure);
            true
        }
    }
}
