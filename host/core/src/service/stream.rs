//! A range in bounded pieces: one instance of the plugin that is asked again and again.
//!
//! The cost of keeping one, and its end, are decided here; what a piece is, in `range.rs`.

use std::{fmt, mem, sync::Arc, time::Duration};

use wasmtime::component::{ComponentExportIndex, ResourceAny};

use super::{MetricService, progress::Progress, range::RangeResult};
use crate::{
    contract::{
        bindings::exports::backendai::metric::range_service as wit,
        error::CallError,
        range::Piece,
        types::{MetricQuery, RangeOptions, RangePlan},
    },
    egress::Egress,
    observe::RequestId,
    sandbox::{Shared, instance::Instance},
};

/// A range that arrives piece by piece, for answers that are larger than memory.
///
/// It has an instance of the plugin to itself, with its memory and its connections, and holds one of the
/// [concurrent calls](crate::Limits::concurrent_calls) for as long as it lives, idle or not: read it to the end or
/// drop it. Both give everything back at once, as does a failure.
///
/// It comes to an end whatever the plugin does: its samples are points of its plan, none of a series comes twice, and
/// all its pieces together have the requests and the bytes of one call, and
/// [as many bytes](crate::Limits::stream_bytes) and [series](crate::Limits::stream_series) as a stream may give.
pub struct RangeStream {
    state: State,
    plan: RangePlan,
    progress: Progress,
    next: ComponentExportIndex,
    shared: Arc<Shared>,
    egress: Arc<Egress>,
    timeout: Duration,
    request_id: Option<RequestId>,
}

enum State {
    Open(Box<Instance>, ResourceAny),
    /// All pieces were given.
    Finished,
    /// A piece failed, or was given up half-way: the instance cannot be asked again.
    Broken,
}

impl MetricService {
    /// A range in bounded pieces, chunk after chunk. The first request goes out with the first
    /// [`RangeStream::next`]; what time it is is told when it is opened.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn stream(
        &self,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<RangeStream, CallError> {
        self.observed("range-stream.open", self.open(query, options))
            .await
    }

    async fn open(
        &self,
        query: &MetricQuery,
        options: &RangeOptions,
    ) -> Result<RangeStream, CallError> {
        let functions = self.ranges("range-stream")?;
        let sandbox = self.plugin.codec().sandbox();
        let open = async {
            let mut running = sandbox.enter(&self.egress).await?;
            let params = (&self.config_now(), query, &self.options(options));
            let (stream,): RangeResult<ResourceAny> =
                running.call(&functions.stream_open, params).await?;
            let stream = stream?;
            let (plan,): (RangePlan,) = running.call(&functions.stream_plan, (stream,)).await?;
            let (plan, grid) = self.checked_plan(plan)?;
            let limits = &sandbox.shared.limits;
            Ok(RangeStream {
                state: State::Open(Box::new(running), stream),
                progress: Progress::new(grid, plan.chunks.len(), limits),
                plan,
                next: functions.stream_next,
                shared: Arc::clone(&sandbox.shared),
                egress: Arc::clone(&self.egress),
                timeout: self.timeout,
                request_id: self.request_id.clone(),
            })
        };
        sandbox.shared.within(self.timeout, open).await
    }
}

impl RangeStream {
    /// The plan of the stream.
    pub fn plan(&self) -> &RangePlan {
        &self.plan
    }

    /// The next piece. None: the end. Each has the time of a call.
    ///
    /// A future of this that is dropped before it is ready ends the stream, as a failure does.
    ///
    /// # Errors
    /// [`CallError`]; from then on it is always [`CallError::StreamEnded`].
    pub async fn next(&mut self) -> Result<Option<Piece>, CallError> {
        let (shared, request_id) = (Arc::clone(&self.shared), self.request_id.clone());
        let egress = Arc::clone(&self.egress);
        let scarcities = egress.scarcities();
        let next = async {
            let piece = self.next_piece().await;
            piece.map_err(|error| egress.explained(error, scarcities))
        };
        let metrics = &shared.metrics;
        metrics
            .observe("range-stream.next", request_id.as_ref(), next)
            .await
    }

    async fn next_piece(&mut self) -> Result<Option<Piece>, CallError> {
        // Broken, until the piece has arrived.
        match mem::replace(&mut self.state, State::Broken) {
            State::Broken => Err(CallError::StreamEnded),
            State::Finished => {
                self.state = State::Finished;
                Ok(None)
            }
            State::Open(mut running, stream) => {
                let call = running.call(&self.next, (stream,));
                let (piece,): RangeResult<Option<wit::Piece>> =
                    self.shared.within(self.timeout, call).await?;
                let piece = piece?
                    .map(|piece| Piece::checked(piece, &self.shared.limits))
                    .transpose()?;
                self.state = match &piece {
                    Some(piece) => {
                        self.progress.take(piece)?;
                        State::Open(running, stream)
                    }
                    None => State::Finished,
                };
                Ok(piece)
            }
        }
    }
}

impl fmt::Debug for RangeStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Open(..) => "open",
            State::Finished => "finished",
            State::Broken => "broken",
        };
        f.debug_struct("RangeStream")
            .field("state", &state)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
