//! Gives each failure of the HTTP client its name in `wasi:http`, so that the plugin can type it.
//!
//! Knows the errors of hyper, rustls and the system, and nothing else of them.

use std::{error::Error as StdError, io};

use tokio_rustls::rustls::{AlertDescription, CertificateError};
use wasmtime_wasi_http::Error;

/// The name of a failure, from the whole chain of its causes: the innermost one that says something wins.
pub(crate) fn of(error: &(dyn StdError + 'static)) -> Error {
    let mut name = None;
    let mut cause = Some(error);
    while let Some(this) = cause {
        name = named(this).or(name);
        cause = inner(this);
    }
    name.unwrap_or_else(|| Error::InternalError(Some(chain(error))))
}

/// The cause of an error. An `io::Error` made from another error hides it from `source`.
fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(custom) = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        return Some(custom);
    }
    error.source()
}

fn named(error: &(dyn StdError + 'static)) -> Option<Error> {
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return of_hyper(error);
    }
    if let Some(error) = error.downcast_ref::<tokio_rustls::rustls::Error>() {
        return Some(of_tls(error));
    }
    error.downcast_ref::<io::Error>().and_then(of_io)
}

fn of_hyper(error: &hyper::Error) -> Option<Error> {
    if error.is_parse_too_large() {
        Some(Error::HttpResponseHeaderSectionSize(None))
    } else if error.is_parse() {
        Some(Error::HttpProtocolError)
    } else if error.is_incomplete_message() {
        Some(Error::HttpResponseIncomplete)
    } else if error.is_canceled() || error.is_closed() {
        Some(Error::ConnectionTerminated)
    } else if error.is_timeout() {
        Some(Error::HttpResponseTimeout)
    } else {
        None // its cause says more
    }
}

fn of_tls(error: &tokio_rustls::rustls::Error) -> Error {
    match error {
        tokio_rustls::rustls::Error::InvalidCertificate(reason) => certificate(reason),
        tokio_rustls::rustls::Error::NoCertificatesPresented => Error::TlsCertificateError,
        tokio_rustls::rustls::Error::AlertReceived(alert) => received(*alert),
        _ => Error::TlsProtocolError,
    }
}

/// `wasi:http` has one name for all that can be wrong with a certificate. An operator who has to mend it needs to know
/// more, and gets it in words.
fn certificate(reason: &CertificateError) -> Error {
    use CertificateError as E;
    in_words(match reason {
        E::Expired | E::ExpiredContext { .. } => "the server's certificate has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet"
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the server's certificate is for another name"
        }
        E::UnknownIssuer => {
            "the server's certificate is issued by an authority that is not trusted"
        }
        E::Revoked => "the server's certificate is revoked",
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the server's certificate is not one for servers"
        }
        _ => return Error::TlsCertificateError,
    })
}

/// The TLS alert of the server.
fn received(alert: AlertDescription) -> Error {
    use AlertDescription as A;
    in_words(match alert {
        A::CertificateRequired | A::NoCertificate => "the server requires a client certificate",
        A::CertificateExpired => "the server refuses the client certificate: it has expired",
        A::UnknownCA => {
            "the server refuses the client certificate: it does not trust its authority"
        }
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateUnknown
        | A::AccessDenied => "the server refuses the client certificate",
        _ => {
            return Error::TlsAlertReceived {
                alert_id: Some(u8::from(alert)),
                alert_message: Some(format!("{alert:?}")),
            };
        }
    })
}

fn in_words(words: &str) -> Error {
    Error::InternalError(Some(words.to_owned()))
}

fn of_io(error: &io::Error) -> Option<Error> {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => Some(Error::ConnectionRefused),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::NotConnected => {
            Some(Error::ConnectionTerminated)
        }
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => {
            Some(Error::DestinationIpUnroutable)
        }
        Kind::AddrNotAvailable => Some(Error::DestinationUnavailable),
        Kind::TimedOut => Some(Error::ConnectionTimeout),
        Kind::UnexpectedEof => Some(Error::HttpResponseIncomplete),
        // hyper's, for chunks that cannot be read.
        Kind::InvalidData | Kind::InvalidInput => Some(Error::HttpProtocolError),
        _ => None,
    }
}

/// The error and its causes, in a line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        text = format!("{text}: {this}");
        cause = this.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: io::ErrorKind) -> String {
        format!("{:?}", of(&io::Error::from(kind)))
    }

    #[test]
    fn failures_of_the_system_have_names() {
        assert_eq!(name(io::ErrorKind::ConnectionRefused), "ConnectionRefused");
        assert_eq!(name(io::ErrorKind::ConnectionReset), "ConnectionTerminated");
        assert_eq!(
            name(io::ErrorKind::NetworkUnreachable),
            "DestinationIpUnroutable"
        );
        assert_eq!(name(io::ErrorKind::UnexpectedEof), "HttpResponseIncomplete");
    }

    #[test]
    fn a_tls_failure_inside_an_io_error_is_found() {
        let inside = tokio_rustls::rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
        let error = io::Error::new(io::ErrorKind::InvalidData, inside);
        assert!(matches!(of(&error), Error::TlsCertificateError));
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_words() {
        let alert = tokio_rustls::rustls::Error::AlertReceived;
        for (error, expected) in [
            (CertificateError::Expired.into(), "has expired"),
            (CertificateError::NotValidYet.into(), "not valid yet"),
            (CertificateError::NotValidForName.into(), "another name"),
            (CertificateError::UnknownIssuer.into(), "not trusted"),
            (
                alert(AlertDescription::CertificateRequired),
                "requires a client certificate",
            ),
            (
                alert(AlertDescription::UnknownCA),
                "does not trust its authority",
            ),
            (
                alert(AlertDescription::BadCertificate),
                "refuses the client certificate",
            ),
        ] {
            match of_tls(&error) {
                Error::InternalError(Some(words)) => assert!(words.contains(expected), "{words}"),
                other => panic!("{other:?}"),
            }
        }
        let other = of_tls(&alert(AlertDescription::ProtocolVersion));
        assert!(matches!(
            other,
            Error::TlsAlertReceived {
                alert_id: Some(70),
                ..
            }
        ));
    }

    #[test]
    fn an_unknown_failure_keeps_its_words() {
        match of(&io::Error::other("the cat sat on it")) {
            Error::InternalError(Some(words)) => assert!(words.contains("the cat sat on it")),
            other => panic!("{other:?}"),
        }
    }
}
