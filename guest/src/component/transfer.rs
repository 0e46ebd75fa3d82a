//! The transfer of one request and its answer, with further attempts. It never blocks: it advances as far as it can and
//! gives a pollable to wait on, so that many transfers can be in flight at once. The body is handed on as it arrives.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, Scheme, http_error_code,
};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use super::deadline::{Deadline, NANOS};
use super::transport_error::transport_error;
use crate::codec::{
    Attempts, CACHE_HINT_HEADER, CacheHint, Failure, Receiver, RetryAfter, redirected,
};
use crate::prometheus::{self, HttpRequest};

/// The most that one read asks for. A host hands over what has arrived, at most this.
const PIECE: u64 = 256 * 1024;

/// The statuses that come with `Retry-After`.
const TOO_MANY_REQUESTS: u16 = 429;
const SERVICE_UNAVAILABLE: u16 = 503;
/// The statuses by which a server says that it does not take POST: forbidden, not allowed, not implemented.
const NO_POST: [u16; 3] = [403, 405, 501];

/// Progress of a transfer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// [`ready`](Transfer::ready) has to be waited for.
    Waits,
    /// The receiver is full.
    Full,
    /// The answer is complete.
    Over,
}

/// A transfer in flight.
pub(super) struct Transfer {
    request: HttpRequest,
    cache_hint: CacheHint,
    attempts: Attempts,
    retry_after: Option<RetryAfter>,
    state: State,
}

/// The state of a transfer. Within each, fields that have to be dropped first stand first: wasi:io's children before
/// their parents. Data that are often there at once are subscribed to only when they have to be waited for.
enum State {
    /// No request is in flight.
    Idle,
    /// The body does not fit at once.
    Sending {
        ready: Pollable,
        stream: OutputStream,
        body: OutgoingBody,
        written: usize,
        pending: FutureIncomingResponse,
    },
    /// The head is to come.
    Waiting {
        ready: Option<Pollable>,
        pending: FutureIncomingResponse,
    },
    /// The body is coming in.
    Reading {
        ready: Option<Pollable>,
        stream: InputStream,
        #[allow(dead_code, reason = "the stream's parent, to be dropped after it")]
        body: IncomingBody,
        #[allow(dead_code, reason = "the body's parent, to be dropped after it")]
        response: IncomingResponse,
    },
    /// Another attempt follows.
    Pausing { ready: Pollable },
}

impl Transfer {
    /// Nothing is sent before [`advance`](Self::advance).
    pub(super) fn new(request: HttpRequest, cache_hint: CacheHint, seed: u64) -> Self {
        Self {
            request,
            cache_hint,
            attempts: Attempts::new(seed),
            retry_after: None,
            state: State::Idle,
        }
    }

    /// Pollable to wait on, if any.
    pub(super) fn ready(&self) -> Option<&Pollable> {
        match &self.state {
            State::Idle => None,
            State::Waiting { ready, .. } | State::Reading { ready, .. } => ready.as_ref(),
            State::Sending { ready, .. } | State::Pausing { ready } => Some(ready),
        }
    }

    /// Advances as far as it can without waiting. After the first time, only when [`ready`](Self::ready) is: a pause
    /// that has not been waited for would be none. A failure is final: where another attempt may help, and there is
    /// time for it, that is waited for.
    pub(super) fn advance(
        &mut self,
        receiver: &mut dyn Receiver,
        deadline: &Deadline,
    ) -> Result<Progress, Failure> {
        let failure = match self.step(receiver) {
            Ok(progress) => return Ok(progress),
            Err(failure) => failure,
        };
        self.state = State::Idle;
        let retry_after = self.retry_after.take();
        let asked_for = retry_after.and_then(|after| after.millis(deadline.time_of_day()));
        match self.attempts.next_after(&failure, asked_for) {
            Some(millis) if receiver.can_begin_again() && deadline.leaves(millis) => {
                self.state = State::Pausing {
                    ready: subscribe_duration(millis.saturating_mul(NANOS)),
                };
                Ok(Progress::Waits)
            }
            _ => Err(failure),
        }
    }

    fn step(&mut self, receiver: &mut dyn Receiver) -> Result<Progress, Failure> {
        loop {
            // Looked at in its place: taken apart, a state's parts would be dropped in the wrong order.
            let next = match &mut self.state {
                State::Idle => send(&self.request, self.cache_hint)?,
                State::Pausing { .. } => State::Idle,
                State::Sending {
                    stream, written, ..
                } => {
                    let rest = self.request.body.as_bytes().get(*written..);
                    if let Some(more) = write(stream, rest.unwrap_or_default()) {
                        *written += more;
                        return Ok(Progress::Waits);
                    }
                    std::mem::replace(&mut self.state, State::Idle).written()
                }
                State::Waiting { pending, ready } => match pending.get() {
                    None => {
                        ready.get_or_insert_with(|| pending.subscribe());
                        return Ok(Progress::Waits);
                    }
                    Some(Ok(Ok(response))) => {
                        let status = response.status();
                        if matches!(status, TOO_MANY_REQUESTS | SERVICE_UNAVAILABLE) {
                            let text = header(&response, "retry-after");
                            self.retry_after = text.and_then(|text| RetryAfter::parse(&text));
                        }
                        if let (true, Some(get)) =
                            (NO_POST.contains(&status), self.request.as_get())
                        {
                            drop(response);
                            self.request = get;
                            State::Idle
                        } else if (300..400).contains(&status) {
                            let location = header(&response, "location");
                            return Err(redirected(status, location.as_deref()));
                        } else {
                            receiver.begin(status);
                            read_body(response)?
                        }
                    }
                    Some(Ok(Err(code))) => return Err(transport_error(&code)),
                    Some(Err(())) => return Err(taken_twice()),
                },
                State::Reading { stream, ready, .. } => {
                    let progress = read(stream, receiver)?;
                    match progress {
                        Progress::Waits => {
                            ready.get_or_insert_with(|| stream.subscribe());
                        }
                        Progress::Full => {}
                        Progress::Over => {
                            self.state = State::Idle;
                            receiver.finish()?;
                        }
                    }
                    return Ok(progress);
                }
            };
            self.state = next;
        }
    }
}

impl State {
    /// The body has been written, or cannot be.
    fn written(self) -> Self {
        let Self::Sending {
            ready,
            stream,
            body,
            pending,
            ..
        } = self
        else {
            return self;
        };
        drop(ready);
        drop(stream);
        wait_for_head(body, pending)
    }
}

/// Sends the head, and of the body what fits.
fn send(request: &HttpRequest, cache_hint: CacheHint) -> Result<State, Failure> {
    let outgoing = outgoing_request(request, cache_hint).ok_or_else(|| {
        Failure::ConnectionFailed("the host does not take the request".to_owned())
    })?;
    let body = match request.body.is_empty() {
        true => None,
        // Fails only when it is taken twice.
        false => outgoing.body().ok(),
    };
    let pending = handle(outgoing, None).map_err(|code| transport_error(&code))?;
    let Some(body) = body else {
        return Ok(State::Waiting {
            ready: None,
            pending,
        });
    };
    // If the body cannot be written the exchange has failed, and the response says why.
    if let Ok(stream) = body.write()
        && let Some(written) = write(&stream, request.body.as_bytes())
    {
        return Ok(State::Sending {
            ready: stream.subscribe(),
            stream,
            body,
            written,
            pending,
        });
    }
    Ok(wait_for_head(body, pending))
}

/// Writes what there is room for; none: there is nothing more to write.
fn write(stream: &OutputStream, bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = stream.check_write().ok()?;
        if room == 0 {
            return Some(bytes.len() - rest.len());
        }
        let (now, later) =
            rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        stream.write(now).ok()?;
        rest = later;
    }
    None
}

fn wait_for_head(body: OutgoingBody, pending: FutureIncomingResponse) -> State {
    let _ = OutgoingBody::finish(body, None);
    State::Waiting {
        ready: None,
        pending,
    }
}

fn read_body(response: IncomingResponse) -> Result<State, Failure> {
    let body = response.consume().map_err(|()| taken_twice())?;
    let stream = body.stream().map_err(|()| taken_twice())?;
    Ok(State::Reading {
        ready: None,
        stream,
        body,
        response,
    })
}

/// Hands on what has arrived.
fn read(stream: &InputStream, receiver: &mut dyn Receiver) -> Result<Progress, Failure> {
    while !receiver.is_full() {
        match stream.read(PIECE) {
            Ok(piece) if piece.is_empty() => return Ok(Progress::Waits),
            Ok(piece) => receiver.feed(&piece)?,
            Err(StreamError::Closed) => return Ok(Progress::Over),
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
    Ok(Progress::Full)
}

/// The first value of a header.
fn header(response: &IncomingResponse, name: &str) -> Option<String> {
    let values = response.headers().get(name);
    Some(String::from_utf8_lossy(values.first()?).trim().to_owned())
}

fn taken_twice() -> Failure {
    Failure::ConnectionFailed("the response was taken twice".to_owned())
}

/// None where the host refuses a part of it.
fn outgoing_request(request: &HttpRequest, cache_hint: CacheHint) -> Option<OutgoingRequest> {
    let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut fields: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| field(name, value))
        .collect();
    fields.push(field(CACHE_HINT_HEADER, &cache_hint.header()));
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
