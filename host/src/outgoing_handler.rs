//! `wasi:http/outgoing-handler` for plugins: a request becomes a [`PendingResponse`] that sends it by the call's hook.

use std::pin::Pin;

use bytes::Bytes;
use http::{Request, header, uri::Scheme};
use http_body_util::{BodyExt as _, Empty};
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi_http::{
    RequestOptions, WasiBody, WasiHttpCtxView, WasiHttpView,
    p2::{
        bindings::http::types::{self, ErrorCode},
        http_request_error,
        types::HostOutgoingRequest,
    },
};

use crate::pending_response::PendingResponse;

/// The interface, of the version that every 0.2 is compatible with.
const INTERFACE: &str = "wasi:http/outgoing-handler@0.2.0";

type Answer = Result<Resource<PendingResponse>, ErrorCode>;

/// Links the interface.
pub(crate) fn add_to_linker<T: WasiHttpView + 'static>(
    linker: &mut Linker<T>,
) -> wasmtime::Result<()> {
    linker.instance(INTERFACE)?.func_wrap(
        "handle",
        |mut store: StoreContextMut<'_, T>,
         (request, options): (Resource<_>, Option<Resource<_>>)| {
            Ok((handle(store.data_mut().http(), request, options)?,))
        },
    )
}

/// The outer error is a handle that does not exist, which traps.
fn handle(
    http: WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> wasmtime::Result<Answer> {
    let WasiHttpCtxView { hooks, table, .. } = http;
    let options = options.map(|options| table.delete(options)).transpose()?;
    let request = match request_of(table.delete(request)?) {
        Ok(request) => request,
        Err(code) => return Ok(Err(code)),
    };
    let sending = hooks.send_request(request, options, Box::new(async { Ok(()) }));
    let pending = PendingResponse::new(async move {
        // The pool drives the connection, so nothing is left to do afterwards.
        let (response, _) = Pin::from(sending).await?;
        Ok(response)
    });
    Ok(Ok(table.push(pending)?))
}

fn request_of(request: HostOutgoingRequest) -> Result<Request<WasiBody>, ErrorCode> {
    let method: http::Method = request
        .method
        .try_into()
        .map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
    let scheme = match request.scheme {
        Some(types::Scheme::Http) => Scheme::HTTP,
        Some(types::Scheme::Https) | None => Scheme::HTTPS,
        // As far as the policy, so that a foreign one is denied rather than a fault.
        Some(types::Scheme::Other(other)) => {
            Scheme::try_from(other.as_str()).map_err(|_| ErrorCode::HttpProtocolError)?
        }
    };
    let authority = request.authority.unwrap_or_default();
    let uri = http::Uri::builder()
        .scheme(scheme)
        .authority(authority.as_str())
        .path_and_query(request.path_with_query.unwrap_or_default())
        .build()
        .map_err(http_request_error)?;
    let body = request.body.unwrap_or_else(|| {
        Empty::<Bytes>::new()
            .map_err(|never| match never {})
            .boxed_unsync()
    });
    let mut built = Request::new(body);
    *built.method_mut() = method;
    *built.uri_mut() = uri;
    *built.headers_mut() = request.headers.into();
    built.headers_mut().remove(header::HOST);
    Ok(built)
}
