//! A connection, driven by whoever uses it: its request, its response and its bytes move when the response is
//! polled. There is no task of its own to wake, and a response that is dropped closes the connection.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Weak,
    task::{Context, Poll, Waker, ready},
    time::Instant,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;

use wasmtime_wasi_http::Error;

use super::{
    connect::Stream,
    head_allowance::{Allowed, HeadAllowance},
    http_error,
    pool::Pool,
    reload::CredentialsGeneration,
};

/// The largest piece of a body that is read at once. Reading begins at 8 KiB and grows to this as long as the
/// pieces come in full; larger ones no longer pay.
const READ_BYTES: usize = 1 << 20;

/// The longest head of a response. Prometheus's has some 200 bytes, with a proxy's additions a few kilobytes.
const HEAD_BYTES: usize = 64 << 10;

/// The most that is read before the head of a response has come: as much again for interim responses before it, of which
/// a proxy sends one or two.
const BYTES_TO_HEAD: usize = 2 * HEAD_BYTES;

/// The most fields of a head (hyper's default).
const FIELDS: usize = 100;

type Requests = SendRequest<Full<Bytes>>;
type Driver = http1::Connection<TokioIo<Allowed<Stream>>, Full<Bytes>>;

/// A connection that waits for a request.
pub(super) struct Connection {
    requests: Requests,
    driver: Pin<Box<Driver>>,
    allowance: HeadAllowance,
    /// The time since which it has lain idle.
    pub(super) since: Instant,
    /// The generation of the certificates it was made with.
    pub(super) identity: CredentialsGeneration,
}

impl Connection {
    pub(super) async fn over(
        stream: Stream,
        identity: CredentialsGeneration,
    ) -> hyper::Result<Self> {
        let allowance = HeadAllowance::default();
        allowance.lift();
        let stream = Allowed {
            stream,
            allowance: allowance.clone(),
        };
        let (requests, driver) = http1::Builder::new()
            .max_buf_size(READ_BYTES)
            .max_header_size(HEAD_BYTES)
            .max_headers(FIELDS)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self {
            requests,
            driver: Box::pin(driver),
            allowance,
            since: Instant::now(),
            identity,
        })
    }

    /// Returns true if it can take a request: the server has not closed it, nor sent what nobody asked for.
    pub(super) fn is_open(&mut self) -> bool {
        // Whoever uses it next brings a waker along.
        let mut context = Context::from_waker(Waker::noop());
        self.driver.as_mut().poll(&mut context).is_pending() && self.requests.is_ready()
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        mut self,
        request: Request<Full<Bytes>>,
        pool: Weak<Pool>,
    ) -> Result<Response<Receiving>, Error> {
        self.allowance.set(BYTES_TO_HEAD);
        let mut answer = pin!(self.requests.send_request(request));
        let mut driver = Some(self.driver);
        let response = poll_fn(|cx| {
            drive(&mut driver, cx);
            match answer.as_mut().poll(cx) {
                Poll::Pending if self.allowance.is_used_up() => {
                    Poll::Ready(Err(Error::HttpResponseHeaderSectionSize(None)))
                }
                answer => answer.map_err(|error| http_error::of(&error)),
            }
        })
        .await?;
        self.allowance.lift();
        let (head, incoming) = response.into_parts();
        let connection = driver.map(|driver| (self.requests, driver));
        let mut body = Receiving {
            incoming,
            connection,
            allowance: self.allowance,
            identity: self.identity,
            pool,
        };
        body.give_back_at_end();
        Ok(Response::from_parts(head, body))
    }
}

/// Lets the connection work. One that has ended has told its request why.
fn drive(driver: &mut Option<Pin<Box<Driver>>>, cx: &mut Context<'_>) {
    if driver
        .as_mut()
        .is_some_and(|driver| driver.as_mut().poll(cx).is_ready())
    {
        *driver = None;
    }
}

/// The body of a response, with the connection that it comes over.
pub(crate) struct Receiving {
    incoming: Incoming,
    /// Until it has ended or was given back.
    connection: Option<(Requests, Pin<Box<Driver>>)>,
    allowance: HeadAllowance,
    identity: CredentialsGeneration,
    pool: Weak<Pool>,
}

impl Receiving {
    fn give_back_at_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let (Some((requests, driver)), Some(pool)) =
            (self.connection.take(), self.pool.upgrade())
        {
            pool.put(Connection {
                requests,
                driver,
                allowance: self.allowance.clone(),
                since: Instant::now(),
                identity: self.identity,
            });
        }
    }
}

impl Body for Receiving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        // Asked first, for the connection to know that more is wanted; it may have some already.
        let mut frame = Pin::new(&mut this.incoming).poll_frame(cx);
        if frame.is_pending()
            && let Some((_, driver)) = &mut this.connection
        {
            if driver.as_mut().poll(cx).is_ready() {
                this.connection = None;
            }
            frame = Pin::new(&mut this.incoming).poll_frame(cx);
        }
        let frame = ready!(frame);
        match &frame {
            Some(Ok(_)) => this.give_back_at_end(),
            Some(Err(_)) => this.connection = None,
            None => this.give_back(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
