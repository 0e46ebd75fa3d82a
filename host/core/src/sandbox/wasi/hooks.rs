//! The requests of one call, on their way from `wasi:http` to the way out: the one file that knows both sides.

use std::{future::Future, sync::Arc};

use http::{Request, Response};
use wasmtime_wasi_http::{RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::in_flight::UnderWay;
use crate::{
    config::limits::Limits,
    contract::deny_reason::Refusal,
    egress::{Outgoing, budget::Allowance, denial_log::Denials, request_slots::CallSlots},
};

/// The hook of one call's store.
pub(crate) struct Hooks {
    outgoing: Arc<Outgoing>,
    allowance: Arc<Allowance>,
    request_slots: CallSlots,
    denials: Arc<Denials>,
    under_way: Requests,
}

/// The requests of a call.
pub(crate) type Requests = UnderWay<Result<Response<WasiBody>>>;

impl Hooks {
    pub(crate) fn new(outgoing: Arc<Outgoing>, limits: &Limits) -> Self {
        Self {
            denials: outgoing.denials(),
            outgoing,
            allowance: Arc::new(Allowance::of(limits)),
            request_slots: CallSlots::new(limits),
            under_way: Requests::default(),
        }
    }

    /// What is to be moved on while the plugin waits.
    pub(crate) fn under_way(&self) -> &Requests {
        &self.under_way
    }

    /// Counts a request that did not become one.
    pub(crate) fn count_refusal(&self, reason: Refusal) {
        self.outgoing.refusals().count(reason);
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.denials.end();
    }
}

/// What `send_request` promises: the response, and the work that is left once it has arrived.
type Sending = dyn Future<Output = Result<(Response<WasiBody>, Box<Rest>)>> + Send;
type Rest = dyn Future<Output = Result<()>> + Send;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _request_body_read: Box<Rest>,
    ) -> Box<Sending> {
        let (outgoing, allowance) = (Arc::clone(&self.outgoing), Arc::clone(&self.allowance));
        let request_slots = self.request_slots.clone();
        let denials = Arc::clone(&self.denials);
        let arrival = self.under_way.start(async move {
            if !allowance.request() {
                let asked = outgoing.asked(&request.into_parts().0);
                return Err(denials.deny(asked, Refusal::Requests));
            }
            let options = options.unwrap_or_default();
            let response = outgoing
                .send(request, options, &request_slots, &denials)
                .await?;
            Ok(response.map(|body| allowance.counted(body)))
        });
        Box::new(async move {
            let response = arrival.await?;
            // The pool drives the connection, so nothing is left to do.
            let rest: Box<Rest> = Box::new(std::future::ready(Ok(())));
            Ok((response, rest))
        })
    }
}
