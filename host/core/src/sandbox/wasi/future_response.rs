//! `wasi:http`'s `future-incoming-response` for plugins: a request that is under way.
//!
//! wasmtime's own is a task that sends the request and then wakes the plugin's. Here the plugin's own task does the
//! work, as it does for the body: whenever the plugin waits, be it for the response (`in_flight.rs`), or asks whether it
//! is there. So no other thread is woken, neither to send a small request nor to hand over its answer. A request that is dropped is given
//! up at once.
//!
//! Knows nothing of what is sent, nor where to.

use std::task::Poll;

use http::Response;
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource, ResourceType},
};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi_http::{
    FieldMap, Result, WasiBody, WasiHttpCtxView, WasiHttpView,
    p2::{bindings::http::types::ErrorCode, body::HostIncomingBody, types::HostIncomingResponse},
};

use super::{error_code, in_flight::Request};

/// The interface by the name under which wasmtime links it.
const TYPES: &str = "wasi:http/types@0.2.12";

/// The result of `get`. None: the response is not there yet; the outer error: it was taken before.
type Got = Option<Result<Result<Resource<HostIncomingResponse>, ErrorCode>, ()>>;

/// A request in flight, and then its response.
pub(crate) type FutureResponse = Request<Result<Response<WasiBody>>>;

#[async_trait::async_trait]
impl Pollable for FutureResponse {
    async fn ready(&mut self) {
        self.arrived().await;
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
    Ok(match http.table.get(id)?.take() {
        Poll::Pending => None,
        Poll::Ready(None) => Some(Err(())),
        Poll::Ready(Some(Err(error))) => Some(Ok(Err(error_code::of(&error)))),
        Poll::Ready(Some(Ok(response))) => Some(Ok(Ok(taken_in(http, response)?))),
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Empty};
    use std::{
        future::{Future, poll_fn},
        sync::Arc,
        task::{Context, Waker},
    };
    use wasmtime::component::ResourceTable;
    use wasmtime_wasi_http::{Error, RequestOptions, WasiHttpCtx, WasiHttpHooks};

    /// Sends nothing.
    struct NoHooks;

    type Rest = dyn Future<Output = Result<()>> + Send;

    impl WasiHttpHooks for NoHooks {
        fn send_request(
            &mut self,
            _: http::Request<WasiBody>,
            _: Option<RequestOptions>,
            _: Box<Rest>,
        ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Box<Rest>)>> + Send> {
            Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
        }
    }

    /// The results of `get`, called many times one after the other.
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
        assert!(pending.is_in_flight());
        pending.ready().await;
        pending.ready().await;
        assert!(matches!(pending.take(), Poll::Ready(Some(Ok(_)))));
    }

    #[test]
    fn a_request_that_is_dropped_is_given_up() {
        let connection = Arc::new(());
        let held = Arc::clone(&connection);
        let pending = FutureResponse::new(async move {
            std::future::pending::<()>().await;
            drop(held);
            Err(Error::HttpRequestDenied)
        });
        assert!(pending.take().is_pending());
        assert_eq!(Arc::strong_count(&connection), 2);
        drop(pending);
        assert_eq!(Arc::strong_count(&connection), 1);
    }
}
