//! The meaning of a failed exchange for a caller, in words for people.

use wasip2::http::types::ErrorCode;

use crate::codec::Failure;

/// The failure of an exchange in the contract's classes.
pub(super) fn transport_error(code: &ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied => {
            Failure::Denied("the host's policy does not let this request out".to_owned())
        }
        ErrorCode::DestinationIpProhibited => {
            Failure::Denied("the host's policy does not let requests go to this address".to_owned())
        }
        ErrorCode::HttpResponseBodySize(limit) => Failure::LimitExceeded {
            limit: "response-bytes",
            maximum: *limit,
            requested: None,
            message: None,
        },
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Failure::TimedOut(in_words(code).to_owned()),
        ErrorCode::HttpResponseIncomplete => Failure::Interrupted(in_words(code).to_owned()),
        ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpProtocolError => Failure::MalformedResponse(in_words(code).to_owned()),
        _ => Failure::ConnectionFailed(in_words(code).to_owned()),
    }
}

/// Written out: the codes' own `Debug` is not for people, and takes ten kilobytes of the plugin.
fn in_words(code: &ErrorCode) -> &str {
    match code {
        ErrorCode::DnsTimeout => "the name of the host was not resolved in time",
        ErrorCode::ConnectionTimeout => "no connection was made in time",
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            "the server did not answer in time"
        }
        ErrorCode::ConnectionWriteTimeout => "the server did not take the request in time",
        ErrorCode::HttpResponseIncomplete => "the answer stops half-way",
        ErrorCode::HttpResponseHeaderSectionSize(_) | ErrorCode::HttpResponseHeaderSize(_) => {
            "the head of the answer, or the length that it announces, is too large"
        }
        ErrorCode::HttpResponseTrailerSectionSize(_) | ErrorCode::HttpResponseTrailerSize(_) => {
            "the trailer of the answer is too large"
        }
        ErrorCode::HttpResponseTransferCoding(_) => {
            "the answer's transfer coding is not understood"
        }
        ErrorCode::HttpResponseContentCoding(_) => "the answer's compression is not understood",
        ErrorCode::HttpProtocolError => "what answers does not speak HTTP",
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            "the name of the host cannot be resolved"
        }
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            "the host cannot be reached"
        }
        ErrorCode::ConnectionRefused => "nothing listens there: the connection was refused",
        ErrorCode::ConnectionTerminated => "the connection was closed before an answer came",
        ErrorCode::ConnectionLimitReached => "too many connections are open",
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => {
            "no TLS session could be agreed on"
        }
        ErrorCode::TlsCertificateError => "the server's certificate is not trusted",
        ErrorCode::InternalError(Some(reason)) => reason,
        _ => "the request could not be sent",
    }
}
