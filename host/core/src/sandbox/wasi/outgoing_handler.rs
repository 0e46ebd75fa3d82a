//! `wasi:http/outgoing-handler` for plugins: a request becomes a [`FutureResponse`] that sends it.
//! A request that cannot be written is refused here, and counts as one that the policy refuses does.

use bytes::Bytes;
use http::{
    Request, header,
    uri::{Authority, Scheme},
};
use http_body_util::{BodyExt as _, Empty};
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi_http::{
    RequestOptions, WasiBody, WasiHttpView,
    p2::{
        bindings::http::types::{self, ErrorCode},
        http_request_error,
        types::HostOutgoingRequest,
    },
};

use super::future_response::FutureResponse;
use crate::contract::deny_reason::DenyReason;

/// The interface, of the version that every 0.2 is compatible with.
const INTERFACE: &str = "wasi:http/outgoing-handler@0.2.0";

/// The longest URI that can be written as one.
const URI_BYTES: usize = u16::MAX as usize - 1;

type Answer = Result<Resource<FutureResponse>, ErrorCode>;

/// The view of a call whose requests are handled.
pub(crate) trait HandlerView: WasiHttpView {
    /// Sends a request.
    fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> FutureResponse;

    /// Counts a request that is refused before it could be sent.
    fn count_denial(&self, reason: DenyReason);
}

/// Links the interface.
pub(crate) fn add_to_linker<T: HandlerView + 'static>(
    linker: &mut Linker<T>,
) -> wasmtime::Result<()> {
    linker.instance(INTERFACE)?.func_wrap(
        "handle",
        |mut store: StoreContextMut<'_, T>,
         (request, options): (Resource<_>, Option<Resource<_>>)| {
            Ok((handle(store.data_mut(), request, options)?,))
        },
    )
}

/// The outer error is a handle that does not exist, which traps.
fn handle(
    state: &mut impl HandlerView,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> wasmtime::Result<Answer> {
    let table = state.http().table;
    let options = options.map(|options| table.delete(options)).transpose()?;
    let request = match request_of(table.delete(request)?) {
        Ok(request) => request,
        Err((reason, code)) => {
            state.count_denial(reason);
            return Ok(Err(code));
        }
    };
    let response = state.send(request, options);
    Ok(Ok(state.http().table.push(response)?))
}

fn request_of(request: HostOutgoingRequest) -> Result<Request<WasiBody>, (DenyReason, ErrorCode)> {
    let method: http::Method = request
        .method
        .try_into()
        .map_err(|_| (DenyReason::Method, ErrorCode::HttpRequestMethodInvalid))?;
    let scheme = match request.scheme {
        Some(types::Scheme::Http) => Scheme::HTTP,
        Some(types::Scheme::Https) | None => Scheme::HTTPS,
        // As far as the policy, so that a foreign one is denied rather than a fault.
        Some(types::Scheme::Other(other)) => Scheme::try_from(other.as_str())
            .map_err(|_| (DenyReason::Origin, ErrorCode::HttpProtocolError))?,
    };
    let authority = request.authority.unwrap_or_default();
    let authority = Authority::try_from(authority)
        .map_err(|_| (DenyReason::Origin, ErrorCode::HttpRequestUriInvalid))?;
    let path = request.path_with_query.unwrap_or_default();
    let reason = match path.len() > URI_BYTES {
        true => DenyReason::Head,
        false => DenyReason::Path,
    };
    let uri = http::Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|error| (reason, http_request_error(error)))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::limits::Limits, egress::Egress, sandbox::store, timers::Timers};
    use std::sync::Arc;
    use wasmtime::{Config, Engine};
    use wasmtime_wasi_http::FieldMap;

    #[test]
    fn what_cannot_be_written_as_a_request_counts_under_its_reason() {
        let limits = Limits::default();
        let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
        let egress = Arc::new(Egress::denied());
        let mut store = store::store(&engine, &limits, &Timers::default(), Arc::clone(&egress));
        let good = || HostOutgoingRequest {
            method: types::Method::Get,
            scheme: Some(types::Scheme::Http),
            authority: Some("h:1".to_owned()),
            path_with_query: Some("/api/v1/query".to_owned()),
            headers: FieldMap::default(),
            body: None,
        };
        let long = format!("/api/v1/query?query={}", "x".repeat(1 << 16));
        let other = |text: &str| text.to_owned();
        for (reason, request) in [
            (None, good()),
            (
                Some(DenyReason::Method),
                HostOutgoingRequest {
                    method: types::Method::Other(other("GET /")),
                    ..good()
                },
            ),
            (
                Some(DenyReason::Origin),
                HostOutgoingRequest {
                    scheme: Some(types::Scheme::Other(other("h ttp"))),
                    ..good()
                },
            ),
            (
                Some(DenyReason::Origin),
                HostOutgoingRequest {
                    authority: None,
                    ..good()
                },
            ),
            (
                Some(DenyReason::Head),
                HostOutgoingRequest {
                    path_with_query: Some(long),
                    ..good()
                },
            ),
            (
                Some(DenyReason::Path),
                HostOutgoingRequest {
                    path_with_query: Some(other("/a b")),
                    ..good()
                },
            ),
        ] {
            let counted = |reason| egress.denials().of(reason);
            let before = (reason.map(counted), egress.denials().total());
            let state = store.data_mut();
            let request = state.http().table.push(request).unwrap();
            let handled = handle(state, request, None).unwrap();
            assert_eq!(handled.is_ok(), reason.is_none(), "{reason:?}");
            let after = (reason.map(counted), egress.denials().total());
            let more = u64::from(reason.is_some());
            assert_eq!(after, (before.0.map(|count| count + 1), before.1 + more));
        }
    }
}
