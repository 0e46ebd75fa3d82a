//! A request and its answer through `wasi:http`, again where that may help, all inside one deadline. The answer is
//! fed on as it arrives.

use std::num::NonZeroU32;

use wasip2::clocks::monotonic_clock::{Instant, now, subscribe_duration, subscribe_instant};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
    http_error_code,
};
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{OutputStream, StreamError};

use crate::codec::{Attempts, Call, Failure};
use crate::prometheus::{self, Answer as _, HttpRequest};

/// The most that one read asks for. A host hands over what has arrived, at most this.
const PIECE: u64 = 256 * 1024;

/// Nanoseconds in a millisecond.
const NANOS: u64 = 1_000_000;

/// The statuses that come with `Retry-After`.
const TOO_MANY_REQUESTS: u16 = 429;
const SERVICE_UNAVAILABLE: u16 = 503;

/// Sends the request of a call, again where that may help, and gives the call's result.
pub(super) fn exchange<C: Call>(call: &C) -> Result<C::Result, Failure> {
    let deadline = Deadline::in_millis(call.configured().settings.timeout);
    let mut attempts = Attempts::new(deadline.end);
    loop {
        let mut retry_after = None;
        let failure = match attempt(call, &deadline, &mut retry_after) {
            Ok(result) => return Ok(result),
            Err(failure) => failure,
        };
        match attempts.next_after(&failure, retry_after) {
            Some(millis) if deadline.leaves(millis) => pause(millis),
            _ => return Err(failure),
        }
    }
}

/// One request and its answer.
fn attempt<C: Call>(
    call: &C,
    deadline: &Deadline,
    retry_after: &mut Option<NonZeroU32>,
) -> Result<C::Result, Failure> {
    let response = send(&call.request(), deadline)?;
    let status = response.status();
    if status == TOO_MANY_REQUESTS || status == SERVICE_UNAVAILABLE {
        *retry_after = seconds_to_wait(&response);
    }
    let mut answer = call.answer(status);
    receive(&response, deadline, |piece| {
        answer.feed(piece).map_err(Failure::from)
    })?;
    Ok(call.result(answer.finish()?))
}

/// `Retry-After` in seconds. A date would need the time of day, which a plugin is not given.
fn seconds_to_wait(response: &IncomingResponse) -> Option<NonZeroU32> {
    let values = response.headers().get("retry-after");
    std::str::from_utf8(values.first()?)
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The end of a call's time, as something that can be waited for.
struct Deadline {
    over: Pollable,
    /// Nanoseconds on the monotonic clock.
    end: Instant,
    millis: NonZeroU32,
}

impl Deadline {
    fn in_millis(millis: NonZeroU32) -> Self {
        let end = now().saturating_add(u64::from(millis.get()) * NANOS);
        Self {
            over: subscribe_instant(end),
            end,
            millis,
        }
    }

    /// Waits for something, or for the end.
    fn wait(&self, ready: &Pollable) -> Result<(), Failure> {
        match poll(&[ready, &self.over]).contains(&1) {
            false => Ok(()),
            true => Err(Failure::TimedOut(format!(
                "no complete answer within {} ms",
                self.millis
            ))),
        }
    }

    /// Whether there is more time than this.
    fn leaves(&self, millis: u64) -> bool {
        now().saturating_add(millis.saturating_mul(NANOS)) < self.end
    }
}

fn pause(millis: u64) {
    subscribe_duration(millis.saturating_mul(NANOS)).block();
}

fn send(request: &HttpRequest, deadline: &Deadline) -> Result<IncomingResponse, Failure> {
    let outgoing = outgoing_request(request).ok_or_else(|| {
        Failure::ConnectionFailed("the host does not take the request".to_owned())
    })?;
    let body = match request.body.is_empty() {
        true => None,
        // Fails only when it is taken twice.
        false => outgoing.body().ok(),
    };
    let pending = handle(outgoing, None).map_err(|code| transport_error(&code))?;
    if let Some(body) = body {
        // Where the body cannot be written the exchange has failed, and the response says why.
        if let Ok(stream) = body.write() {
            write_all(&stream, request.body.as_bytes(), deadline)?;
        }
        let _ = OutgoingBody::finish(body, None);
    }
    let ready = pending.subscribe();
    loop {
        deadline.wait(&ready)?;
        match pending.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(transport_error(&code)),
            Some(Err(())) => {
                return Err(Failure::ConnectionFailed(
                    "the response was taken twice".to_owned(),
                ));
            }
            None => {}
        }
    }
}

/// None where the host refuses a part of it.
fn outgoing_request(request: &HttpRequest) -> Option<OutgoingRequest> {
    let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut fields: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| field(name, value))
        .collect();
    if !request.body.is_empty() {
        fields.push(field("content-length", &request.body.len().to_string()));
    }
    let headers = Fields::from_list(&fields).ok()?;
    let outgoing = OutgoingRequest::new(headers);
    outgoing
        .set_method(match request.method {
            prometheus::Method::Get => &Method::Get,
            prometheus::Method::Post => &Method::Post,
        })
        .ok()?;
    outgoing
        .set_scheme(Some(match request.scheme {
            prometheus::Scheme::Http => &Scheme::Http,
            prometheus::Scheme::Https => &Scheme::Https,
        }))
        .ok()?;
    outgoing.set_authority(Some(&request.authority)).ok()?;
    outgoing
        .set_path_with_query(Some(&request.path_with_query))
        .ok()?;
    Some(outgoing)
}

/// Writes without blocking: a server that takes nothing must not outlast the deadline.
fn write_all(stream: &OutputStream, mut bytes: &[u8], deadline: &Deadline) -> Result<(), Failure> {
    while !bytes.is_empty() {
        let Ok(room) = stream.check_write() else {
            return Ok(());
        };
        if room == 0 {
            deadline.wait(&stream.subscribe())?;
            continue;
        }
        let (now, later) =
            bytes.split_at(bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        if stream.write(now).is_err() {
            return Ok(());
        }
        bytes = later;
    }
    Ok(())
}

fn receive(
    response: &IncomingResponse,
    deadline: &Deadline,
    mut feed: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let taken_twice = || Failure::ConnectionFailed("the body was taken twice".to_owned());
    let body = response.consume().map_err(|()| taken_twice())?;
    let stream = body.stream().map_err(|()| taken_twice())?;
    let ready = stream.subscribe();
    loop {
        match stream.read(PIECE) {
            Ok(piece) if piece.is_empty() => deadline.wait(&ready)?,
            Ok(piece) => feed(&piece)?,
            Err(StreamError::Closed) => return Ok(()),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(match http_error_code(&error) {
                    // It broke after the response had begun: what came is half an answer. The error's own
                    // words are the host's internals, in wasmtime a backtrace with them.
                    Some(ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete)
                    | None => Failure::Interrupted("the answer stops half-way".to_owned()),
                    Some(code) => transport_error(&code),
                });
            }
        }
    }
}

/// What a failed exchange means to the caller.
fn transport_error(code: &ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied => {
            Failure::Denied("the host's policy does not let this request out".to_owned())
        }
        ErrorCode::DestinationIpProhibited => {
            Failure::Denied("the host's policy does not let requests go to this address".to_owned())
        }
        ErrorCode::HttpResponseBodySize(limit) => Failure::LimitExceeded {
            limit: "response-bytes",
            maximum: limit.unwrap_or_default(),
            requested: None,
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
            "the head of the answer is too large"
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
