//! The failures of a request and of its answer under their names in `wasi:http`, which the plugin learns: by the
//! future's `get`, and by `http-error-code` for a body that broke off.
//!
//! wasmtime's own `http-error-code` looks for another type than the one that its bodies fail with (48.0.8), and so
//! never knows.

use wasmtime::{
    Result, StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::{
    Error, WasiHttpView,
    p2::bindings::http::types::{DnsErrorPayload, ErrorCode, TlsAlertReceivedPayload},
};

/// The interface by the name under which wasmtime links it.
const TYPES: &str = "wasi:http/types@0.2.12";

/// Puts ours in the place of wasmtime's.
pub(crate) fn add_to_linker<T: WasiHttpView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap(
        "http-error-code",
        |mut store: StoreContextMut<'_, T>, (error,): (Resource<IoError>,)| {
            let error = store.data_mut().http().table.get(&error)?;
            Ok((error.downcast_ref().map(of),))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The name of a failure. One that the way out does not produce is an internal error, in words.
pub(crate) fn of(error: &Error) -> ErrorCode {
    match error {
        Error::DnsTimeout => ErrorCode::DnsTimeout,
        Error::DnsError { rcode, info_code } => ErrorCode::DnsError(DnsErrorPayload {
            rcode: rcode.clone(),
            info_code: *info_code,
        }),
        Error::DestinationNotFound => ErrorCode::DestinationNotFound,
        Error::DestinationUnavailable => ErrorCode::DestinationUnavailable,
        Error::DestinationIpProhibited => ErrorCode::DestinationIpProhibited,
        Error::DestinationIpUnroutable => ErrorCode::DestinationIpUnroutable,
        Error::ConnectionRefused => ErrorCode::ConnectionRefused,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::ConnectionTimeout => ErrorCode::ConnectionTimeout,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionLimitReached => ErrorCode::ConnectionLimitReached,
        Error::TlsProtocolError => ErrorCode::TlsProtocolError,
        Error::TlsCertificateError => ErrorCode::TlsCertificateError,
        Error::TlsAlertReceived {
            alert_id,
            alert_message,
        } => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: *alert_id,
            alert_message: alert_message.clone(),
        }),
        Error::HttpRequestDenied => ErrorCode::HttpRequestDenied,
        Error::HttpRequestBodySize(size) => ErrorCode::HttpRequestBodySize(*size),
        Error::HttpRequestUriInvalid => ErrorCode::HttpRequestUriInvalid,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseHeaderSectionSize(size) => {
            ErrorCode::HttpResponseHeaderSectionSize(*size)
        }
        Error::HttpResponseBodySize(size) => ErrorCode::HttpResponseBodySize(*size),
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::HttpProtocolError => ErrorCode::HttpProtocolError,
        Error::InternalError(words) => ErrorCode::InternalError(words.clone()),
        other => ErrorCode::InternalError(Some(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_the_way_out_has_the_name_that_wasmtime_reads_as_that_failure() {
        let words = || Some("words".to_owned());
        for code in [
            ErrorCode::DnsTimeout,
            ErrorCode::DnsError(DnsErrorPayload {
                rcode: words(),
                info_code: Some(3),
            }),
            ErrorCode::DestinationNotFound,
            ErrorCode::DestinationUnavailable,
            ErrorCode::DestinationIpProhibited,
            ErrorCode::DestinationIpUnroutable,
            ErrorCode::ConnectionRefused,
            ErrorCode::ConnectionTerminated,
            ErrorCode::ConnectionTimeout,
            ErrorCode::ConnectionReadTimeout,
            ErrorCode::ConnectionLimitReached,
            ErrorCode::TlsProtocolError,
            ErrorCode::TlsCertificateError,
            ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
                alert_id: Some(42),
                alert_message: words(),
            }),
            ErrorCode::HttpRequestDenied,
            ErrorCode::HttpRequestBodySize(Some(1)),
            ErrorCode::HttpRequestUriInvalid,
            ErrorCode::HttpResponseIncomplete,
            ErrorCode::HttpResponseHeaderSectionSize(Some(1)),
            ErrorCode::HttpResponseBodySize(Some(1)),
            ErrorCode::HttpResponseTimeout,
            ErrorCode::HttpProtocolError,
            ErrorCode::InternalError(words()),
        ] {
            let name = format!("{code:?}");
            assert_eq!(format!("{:?}", of(&Error::from(code))), name);
        }
    }

    #[test]
    fn a_failure_without_a_name_is_told_in_words() {
        let code = of(&Error::LoopDetected);
        let words = Error::LoopDetected.to_string();
        assert!(matches!(code, ErrorCode::InternalError(Some(told)) if told == words));
    }
}
