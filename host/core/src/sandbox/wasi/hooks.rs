//! The requests of one call, on their way from `wasi:http` to the way out: the one file that knows both sides.

use std::{future::Future, sync::Arc};

use http::{Request, Response};
use wasmtime_wasi_http::{RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::in_flight::InFlight;
use crate::{
    config::limits::Limits,
    contract::deny_reason::DenyReason,
    egress::{Egress, budget::CallBudget, denial_log::DenialLog, request_slots::CallSlots},
};

/// The hook of one call's store.
pub(crate) struct Hooks {
    egress: Arc<Egress>,
    budget: Arc<CallBudget>,
    request_slots: CallSlots,
    denial_log: Arc<DenialLog>,
    in_flight: Requests,
}

/// The requests of a call.
pub(crate) type Requests = InFlight<Result<Response<WasiBody>>>;

impl Hooks {
    pub(crate) fn new(egress: Arc<Egress>, limits: &Limits) -> Self {
        Self {
            denial_log: egress.denial_log(),
            egress,
            budget: Arc::new(CallBudget::of(limits)),
            request_slots: CallSlots::new(limits),
            in_flight: Requests::default(),
        }
    }

    /// The requests to poll while the plugin waits.
    pub(crate) fn in_flight(&self) -> &Requests {
        &self.in_flight
    }

    /// Counts a request that did not become one.
    pub(crate) fn count_denial(&self, reason: DenyReason) {
        self.egress.denials().count(reason);
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.denial_log.end();
    }
}

/// The future of `send_request`: the response, and the work that is left once it has arrived.
type Sending = dyn Future<Output = Result<(Response<WasiBody>, Box<Rest>)>> + Send;
type Rest = dyn Future<Output = Result<()>> + Send;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _request_body_read: Box<Rest>,
    ) -> Box<Sending> {
        let (egress, budget) = (Arc::clone(&self.egress), Arc::clone(&self.budget));
        let request_slots = self.request_slots.clone();
        let denial_log = Arc::clone(&self.denial_log);
        let arrival = self.in_flight.start(async move {
            if !budget.take_request() {
                let asked = egress.asked(&request.into_parts().0);
                return Err(denial_log.deny(asked, DenyReason::Requests));
            }
            let options = options.unwrap_or_default();
            let response = egress
                .send(request, options, &request_slots, &denial_log)
                .await?;
            Ok(response.map(|body| budget.counted(body)))
        });
        Box::new(async move {
            let response = arrival.await?;
            // The pool drives the connection, so nothing is left to do.
            let rest: Box<Rest> = Box::new(std::future::ready(Ok(())));
            Ok((response, rest))
        })
    }
}
