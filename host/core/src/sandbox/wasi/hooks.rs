//! The requests of one call, on their way from `wasi:http` to the way out: the one file that knows both sides.

use std::{
    future::{self, Future},
    sync::Arc,
};

use http::{Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::{future_response::FutureResponse, in_flight::InFlight};
use crate::{
    config::limits::Limits,
    contract::deny_reason::DenyReason,
    egress::{Egress, budget::CallBudget, denial_log::DenialLog},
};

/// The hook of one call's store.
pub(crate) struct Hooks {
    egress: Arc<Egress>,
    budget: Arc<CallBudget>,
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
            in_flight: Requests::default(),
        }
    }

    /// The requests to poll while the plugin waits.
    pub(crate) fn in_flight(&self) -> &Requests {
        &self.in_flight
    }

    /// Sends a request.
    pub(crate) fn send(
        &self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> FutureResponse {
        let (egress, budget) = (Arc::clone(&self.egress), Arc::clone(&self.budget));
        let denial_log = Arc::clone(&self.denial_log);
        self.in_flight.start(async move {
            if !budget.take_request() {
                let asked = egress.asked(&request.into_parts().0);
                return Err(denial_log.deny(asked, DenyReason::Requests));
            }
            let options = options.unwrap_or_default();
            egress.send(request, options, &budget, &denial_log).await
        })
    }

    /// Returns true if nothing was sent, nor denied. For a way out of its own, before its requests have been moved on.
    pub(crate) fn is_unused(&self) -> bool {
        self.in_flight.is_empty() && self.egress.denials().total() == 0
    }

    /// Tells of the denied requests. The next ones are those of another call.
    pub(crate) fn end(&self) {
        self.denial_log.end();
    }

    /// Counts a request that did not become one.
    pub(crate) fn count_denial(&self, reason: DenyReason) {
        self.egress.denials().count(reason);
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.end();
    }
}

type Rest = dyn Future<Output = Result<()>> + Send;

impl WasiHttpHooks for Hooks {
    /// Called by wasmtime's own handler alone, which is not linked.
    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<Rest>,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Box<Rest>)>> + Send> {
        Box::new(future::ready(Err(Error::HttpRequestDenied)))
    }
}
