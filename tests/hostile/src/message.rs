//! A request through `wasi:http` whose every part may be wrong, and what became of it.

use std::fmt;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::{OutputStream, StreamError};

/// A piece of a body.
const PIECE: u64 = 64 << 10;
/// An answer is read up to here. Prometheus says less.
const READ: usize = 16 << 20;

/// A request to be.
pub(crate) struct Message {
    method: Method,
    scheme: Option<Scheme>,
    authority: String,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Message {
    pub(crate) fn get(authority: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            scheme: Some(Scheme::Http),
            authority: authority.into(),
            target: target.into(),
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With a form, which is announced as one.
    pub(crate) fn post(
        authority: impl Into<String>,
        target: impl Into<String>,
        form: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            method: Method::Post,
            body: form.into(),
            ..Self::get(authority, target)
        }
        .field("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn scheme(self, scheme: Option<Scheme>) -> Self {
        Self { scheme, ..self }
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    pub(crate) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Another type of body than that of a form.
    pub(crate) fn content_type(mut self, value: &str) -> Self {
        self.fields.retain(|(name, _)| name != "content-type");
        self.field("content-type", value)
    }

    /// The request as `wasi:http` takes it.
    pub(crate) fn outgoing(&self) -> Result<OutgoingRequest, Fate> {
        let refused = |what: &str| Fate::NotTaken(what.to_owned());
        let fields = Fields::from_list(&self.fields).map_err(|e| refused(&format!("{e:?}")))?;
        let request = OutgoingRequest::new(fields);
        request
            .set_method(&self.method)
            .map_err(|()| refused("the method"))?;
        request
            .set_scheme(self.scheme.as_ref())
            .map_err(|()| refused("the scheme"))?;
        request
            .set_authority(Some(&self.authority))
            .map_err(|()| refused("the authority"))?;
        request
            .set_path_with_query(Some(&self.target))
            .map_err(|()| refused("the target"))?;
        Ok(request)
    }

    /// Sends it, and reads what comes.
    pub(crate) fn send(&self) -> Fate {
        let request = match self.outgoing() {
            Ok(request) => request,
            Err(fate) => return fate,
        };
        let body = (!self.body.is_empty())
            .then(|| request.body().ok())
            .flatten();
        let pending = match handle(request, None) {
            Ok(pending) => pending,
            Err(code) => return Fate::of(&code),
        };
        if let Some(body) = body {
            if let Ok(stream) = body.write() {
                // The answer tells if it could be written.
                let _ = write(&stream, &self.body);
                drop(stream);
            }
            let _ = OutgoingBody::finish(body, None);
        }
        answer(&pending)
    }
}

/// Writes as a stream wants it: no more than there is room for.
pub(crate) fn write(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        stream.subscribe().block();
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    Ok(())
}

/// Waits for an answer, and reads it.
pub(crate) fn answer(pending: &FutureIncomingResponse) -> Fate {
    pending.subscribe().block();
    let response = match pending.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Fate::of(&code),
        other => return Fate::Failed(format!("{other:?}")),
    };
    let status = response.status();
    let mut all = Vec::new();
    if let Ok(body) = response.consume() {
        if let Ok(stream) = body.stream() {
            while all.len() < READ {
                match stream.blocking_read(PIECE) {
                    Ok(piece) => all.extend_from_slice(&piece),
                    Err(StreamError::Closed) => break,
                    Err(StreamError::LastOperationFailed(error)) => {
                        let code = wasip2::http::types::http_error_code(&error);
                        return Fate::Failed(format!("{code:?}"));
                    }
                }
            }
        }
        drop(body);
    }
    Fate::Answered(status, String::from_utf8_lossy(&all).into_owned())
}

/// The fate of a request.
pub(crate) enum Fate {
    /// The status and the body.
    Answered(u16, String),
    /// The host's policy.
    Denied,
    /// It was let out, or might have been, and no answer came.
    Failed(String),
    /// `wasi:http` does not take it.
    NotTaken(String),
}

impl Fate {
    pub(crate) fn of(code: &ErrorCode) -> Self {
        match code {
            ErrorCode::HttpRequestDenied | ErrorCode::HttpRequestBodySize(_) => Self::Denied,
            // A request that cannot be written never was one.
            ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestMethodInvalid => {
                Self::NotTaken(format!("{code:?}"))
            }
            other => Self::Failed(format!("{other:?}")),
        }
    }

    /// Returns true if it never left.
    pub(crate) fn was_kept_in(&self) -> bool {
        matches!(self, Self::Denied | Self::NotTaken(_))
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status, body) => write!(f, "{status} {body}"),
            Self::Denied => f.write_str("denied"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::NotTaken(what) => write!(f, "not taken: {what}"),
        }
    }
}
