//! The component: `wasi:http`'s request and response, the clock and the environment.

mod bindings {
    //! Generated from `wit/`, but for the export, which the crate `wasip2` has.
    #![allow(
        unsafe_code,
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated"
    )]

    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package backendai:metric-http;
            world front {
                import backendai:metric/json@0.2.0;
            }
        ",
        world: "backendai:metric-http/front",
        generate_all,
    });
}

use wasip2::cli::environment::get_environment;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::clocks::wall_clock;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::poll::poll;
use wasip2::io::streams::{OutputStream, StreamError};

use self::bindings::backendai::metric::json;
use crate::server::{BODY_SECONDS, BodyError, Head, LARGEST_BODY, Platform, Response, respond};

/// The most that one read asks for.
const PIECE: u64 = 64 * 1024;

struct Front;

#[allow(unsafe_code, reason = "generated: the function that a platform calls")]
mod entry_points {
    use super::Front;

    wasip2::http::proxy::export!(Front);
}

impl Guest for Front {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let response = respond(&head(&request), &Wasi { request });
        // A client that is gone is nobody to tell.
        let _ = send(&response, out);
    }
}

fn head(request: &IncomingRequest) -> Head {
    let headers = request.headers();
    let header = |name: &str| {
        let value = headers.get(name).into_iter().next()?;
        Some(String::from_utf8_lossy(&value).into_owned())
    };
    Head {
        method: method(request.method()),
        target: request.path_with_query().unwrap_or_default(),
        authority: request.authority(),
        origin: header("origin"),
        fetch_site: header("sec-fetch-site"),
        content_type: header("content-type"),
    }
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Other(name) => name,
        // No path has one of these.
        _ => String::new(),
    }
}

struct Wasi {
    request: IncomingRequest,
}

impl Platform for Wasi {
    fn environment(&self) -> Vec<(String, String)> {
        get_environment()
    }

    fn now(&self) -> i64 {
        let now = wall_clock::now();
        let millis = now
            .seconds
            .saturating_mul(1000)
            .saturating_add(u64::from(now.nanoseconds / 1_000_000));
        i64::try_from(millis).unwrap_or(i64::MAX)
    }

    fn body(&self) -> Result<Vec<u8>, BodyError> {
        let body = self.request.consume().map_err(|()| BodyError::Broken)?;
        let stream = body.stream().map_err(|()| BodyError::Broken)?;
        let ready = stream.subscribe();
        let late = subscribe_duration(BODY_SECONDS * 1_000_000_000);
        let mut whole = Vec::new();
        loop {
            match stream.read(PIECE) {
                Ok(piece) if whole.len() + piece.len() > LARGEST_BODY => {
                    return Err(BodyError::TooLarge);
                }
                Ok(piece) => whole.extend(piece),
                Err(StreamError::Closed) => return Ok(whole),
                Err(StreamError::LastOperationFailed(_)) => return Err(BodyError::Broken),
            }
            if poll(&[&ready, &late]).contains(&1) {
                return Err(BodyError::TooSlow);
            }
        }
    }

    fn call(&self, verb: &str, request: &str) -> String {
        json::call(verb, request)
    }
}

fn send(response: &Response, out: ResponseOutparam) -> Result<(), ()> {
    let head = match outgoing(response) {
        Ok(head) => head,
        Err(()) => {
            ResponseOutparam::set(out, Err(ErrorCode::InternalError(None)));
            return Err(());
        }
    };
    let body = head.body();
    ResponseOutparam::set(out, Ok(head));
    let body = body?;
    let stream = body.write()?;
    write(&stream, response.body.as_bytes()).map_err(|_| ())?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_| ())
}

fn outgoing(response: &Response) -> Result<OutgoingResponse, ()> {
    let length = response.body.len().to_string();
    let mut headers = vec![
        ("content-type", response.content_type),
        ("content-length", length.as_str()),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    headers.extend(&response.headers);
    let headers: Vec<(String, Vec<u8>)> = headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect();
    let head = OutgoingResponse::new(Fields::from_list(&headers).map_err(|_| ())?);
    head.set_status_code(response.status)?;
    Ok(head)
}

/// Writes all of it, as much at a time as is taken.
fn write(stream: &OutputStream, mut rest: &[u8]) -> Result<(), StreamError> {
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        let (piece, further) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        if piece.is_empty() {
            stream.subscribe().block();
        } else {
            stream.write(piece)?;
        }
        rest = further;
    }
    stream.blocking_flush()
}
