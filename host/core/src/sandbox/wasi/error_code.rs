//! `wasi:http`'s `http-error-code`, which tells the plugin why a body broke off: too large, too slow, cut short.
//!
//! wasmtime's own looks for another type than the one that its bodies fail with (48.0.8), and so never knows.

use wasmtime::{
    Result, StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::{Error, WasiHttpView, p2::bindings::http::types::ErrorCode};

/// The interface by the name under which wasmtime links it.
const TYPES: &str = "wasi:http/types@0.2.12";

/// Puts ours in the place of wasmtime's.
pub(crate) fn add_to_linker<T: WasiHttpView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap(
        "http-error-code",
        |mut store: StoreContextMut<'_, T>, (error,): (Resource<IoError>,)| {
            let error = store.data_mut().http().table.get(&error)?;
            Ok((error.downcast_ref().and_then(code),))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The failures of [`ResponseBody`](crate::egress::body::ResponseBody), under their names in `wasi:http`.
fn code(error: &Error) -> Option<ErrorCode> {
    Some(match error {
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::HttpProtocolError => ErrorCode::HttpProtocolError,
        Error::HttpResponseBodySize(maximum) => ErrorCode::HttpResponseBodySize(*maximum),
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        other => ErrorCode::InternalError(Some(other.to_string())),
    })
}
