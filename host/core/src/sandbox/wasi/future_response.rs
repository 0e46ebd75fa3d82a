//! `wasi:http`'s `future-incoming-response` for plugins: a request that is under way.
//!
//! wasmtime's own is a task that sends the request and then wakes the plugin's. Here the plugin's own task does the
//! work, as it does for the body: whenever the plugin waits, be it for the response (`in_flight.rs`), or asks whether it
//! is there. So no other thread is woken, neither to send a small request nor to hand over its answer. A request that is dropped is given
//! up at once.
//!
//! Knows nothing of what is sent, nor where to.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use http::Response;
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource, ResourceTable, ResourceType},
};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi_http::{
    Error, FieldMap, Result, WasiBody, WasiHttpCtxView, WasiHttpView,
    p2::{
        bindings::http::types::{ErrorCode, HostFutureIncomingResponse as _},
        body::HostIncomingBody,
        types::{HostFutureIncomingResponse, HostIncomingResponse},
    },
};

/// The interface by the name under which wasmtime links it.
const TYPES: &str = "wasi:http/types@0.2.12";

/// The result of `get`. None: the response is not there yet; the outer error: it was taken before.
type Got = Option<Result<Result<Resource<HostIncomingResponse>, ErrorCode>, ()>>;

type Sending = dyn Future<Output = Result<Response<WasiBody>>> + Send;

/// A request that is under way, and what becomes of it.
pub(crate) enum FutureResponse {
    InFlight(Pin<Box<Sending>>),
    Arrived(Result<Response<WasiBody>>),
    Taken,
}

impl FutureResponse {
    /// Nothing happens before it is waited for, or asked whether it is there.
    pub(crate) fn new(
        sending: impl Future<Output = Result<Response<WasiBody>>> + Send + 'static,
    ) -> Self {
        Self::InFlight(Box::pin(sending))
    }

    /// Goes on as far as is possible now, so that a plugin that only asks gets its response, too. Whoever waits
    /// afterwards brings a waker along.
    fn poll_now(&mut self) {
        if let Self::InFlight(sending) = self
            && let Poll::Ready(result) = sending
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        {
            *self = Self::Arrived(result);
        }
    }
}

#[async_trait::async_trait]
impl Pollable for FutureResponse {
    async fn ready(&mut self) {
        if let Self::InFlight(sending) = self {
            *self = Self::Arrived(sending.await);
        }
    }
}

/// Puts ours in the place of wasmtime's: the type, and all that there is to do with it.
pub(crate) fn add_to_linker<T: WasiHttpView + 'static>(
    linker: &mut Linker<T>,
) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.resource(
        "future-incoming-response",
        ResourceType::host::<FutureResponse>(),
        |mut store: StoreContextMut<'_, T>, id| {
            let table = store.data_mut().http().table;
            table.delete(Resource::<FutureResponse>::new_own(id))?;
            Ok(())
        },
    )?;
    types.func_wrap(
        "[method]future-incoming-response.subscribe",
        |mut store: StoreContextMut<'_, T>, (id,): (Resource<FutureResponse>,)| {
            let ready: Resource<DynPollable> = subscribe(store.data_mut().http().table, id)?;
            Ok((ready,))
        },
    )?;
    types.func_wrap(
        "[method]future-incoming-response.get",
        |mut store: StoreContextMut<'_, T>, (id,): (Resource<FutureResponse>,)| {
            Ok((get(store.data_mut().http(), &id)?,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The outer error is a handle that does not exist, which traps.
fn get(http: WasiHttpCtxView<'_>, id: &Resource<FutureResponse>) -> wasmtime::Result<Got> {
    let pending = http.table.get_mut(id)?;
    pending.poll_now();
    if let FutureResponse::InFlight(_) = pending {
        return Ok(None);
    }
    let FutureResponse::Arrived(result) = mem::replace(pending, FutureResponse::Taken) else {
        return Ok(Some(Err(())));
    };
    Ok(Some(Ok(match result {
        Ok(response) => Ok(taken_in(http, response)?),
        Err(error) => Err(code(http, error)?),
    })))
}

fn taken_in(
    http: WasiHttpCtxView<'_>,
    response: Response<WasiBody>,
) -> wasmtime::Result<Resource<HostIncomingResponse>> {
    let WasiHttpCtxView { hooks, table, .. } = http;
    let (head, body) = response.into_parts();
    Ok(table.push(HostIncomingResponse {
        status: head.status.as_u16(),
        headers: FieldMap::new_immutable(hooks, head.headers),
        body: Some(HostIncomingBody::new(body)),
    })?)
}

/// The name of a failure, which only wasmtime's own table knows, in a table that has no other use.
fn code(http: WasiHttpCtxView<'_>, error: Error) -> wasmtime::Result<ErrorCode> {
    let mut table = ResourceTable::new();
    let failed = table.push(HostFutureIncomingResponse::Ready(Err(error)))?;
    let WasiHttpCtxView { hooks, ctx, .. } = http;
    let mut http = WasiHttpCtxView {
        hooks: &mut *hooks,
        table: &mut table,
        ctx: &mut *ctx,
    };
    Ok(match http.get(failed)? {
        Some(Ok(Err(code))) => code,
        _ => ErrorCode::InternalError(None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use http_body_util::{BodyExt as _, Empty};
    use std::{future::poll_fn, sync::Arc};
    use wasmtime_wasi_http::{RequestOptions, WasiHttpCtx, WasiHttpHooks};

    /// Sends nothing.
    struct NoHooks;

    type Rest = dyn Future<Output = Result<()>> + Send;

    impl WasiHttpHooks for NoHooks {
        fn send_request(
            &mut self,
            _: Request<WasiBody>,
            _: Option<RequestOptions>,
            _: Box<Rest>,
        ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Box<Rest>)>> + Send> {
            Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
        }
    }

    /// What `get` gives, many times one after the other.
    fn asked(pending: FutureResponse, times: usize) -> Vec<Got> {
        let mut table = ResourceTable::new();
        let id = table.push(pending).unwrap();
        let (mut hooks, mut ctx) = (NoHooks, WasiHttpCtx::new());
        let mut ask = || {
            let http = WasiHttpCtxView {
                hooks: &mut hooks,
                table: &mut table,
                ctx: &mut ctx,
            };
            get(http, &id).unwrap()
        };
        (0..times).map(|_| ask()).collect()
    }

    fn after_polls(polls: usize, result: Result<()>) -> FutureResponse {
        let mut left = polls;
        let mut result = Some(result);
        FutureResponse::new(poll_fn(move |_| match left {
            0 => {
                let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
                Poll::Ready(result.take().unwrap().map(|()| Response::new(body)))
            }
            _ => {
                left -= 1;
                Poll::Pending
            }
        }))
    }

    #[test]
    fn a_plugin_that_only_asks_gets_its_response_once() {
        let got = asked(after_polls(2, Ok(())), 5);
        assert!(matches!(
            got.as_slice(),
            [None, None, Some(Ok(Ok(_))), Some(Err(())), Some(Err(()))]
        ));
    }

    #[test]
    fn a_failure_crosses_under_its_name() {
        let got = asked(after_polls(0, Err(Error::ConnectionTimeout)), 1);
        assert!(matches!(
            got.as_slice(),
            [Some(Ok(Err(ErrorCode::ConnectionTimeout)))]
        ));
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_leaves_the_request_under_way() {
        let mut pending = after_polls(1, Ok(()));
        {
            let mut context = Context::from_waker(Waker::noop());
            assert!(pending.ready().as_mut().poll(&mut context).is_pending());
        }
        assert!(matches!(pending, FutureResponse::InFlight(_)));
        pending.ready().await;
        pending.ready().await;
        assert!(matches!(pending, FutureResponse::Arrived(Ok(_))));
    }

    #[test]
    fn a_request_that_is_dropped_is_given_up() {
        let connection = Arc::new(());
        let held = Arc::clone(&connection);
        let mut pending = FutureResponse::new(async move {
            std::future::pending::<()>().await;
            drop(held);
            Err(Error::HttpRequestDenied)
        });
        pending.poll_now();
        assert_eq!(Arc::strong_count(&connection), 2);
        drop(pending);
        assert_eq!(Arc::strong_count(&connection), 1);
    }
}
