//! An answer that is held until it has said whether it is partial: another address may then be asked for a whole one.
//!
//! Sends nothing. The answer goes on as it came.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{Error, Result, WasiBody};

use super::cache::Coverage;

/// The most bytes of an answer that are held, where there is another address, until it has said whether it is partial;
/// one that is larger goes on as it comes. 4 MiB: 11,000 points of ten series are some 3 MB. Each request on its way
/// holds two at most.
pub(super) const MAXIMUM: usize = 4 << 20;

/// The answer again, and what it says of how much of the data is in it; nothing where it is too large to be held.
pub(super) async fn judged(response: Response<WasiBody>) -> (Response<WasiBody>, Coverage) {
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if response.status() != StatusCode::OK || is_encoded {
        return (response, Coverage::Unknown);
    }
    let (head, body) = response.into_parts();
    let held = HeldBody::of(body, MAXIMUM).await;
    let coverage = held.whole().map_or(Coverage::Unknown, Coverage::of);
    (Response::from_parts(head, held.boxed_unsync()), coverage)
}

/// A body that was held back, as far as it had come then.
struct HeldBody {
    /// Until it is handed on.
    begun: Option<Bytes>,
    rest: Rest,
}

/// The part of the body after that.
enum Rest {
    Nothing,
    Broken(Error),
    Coming(WasiBody),
}

impl HeldBody {
    /// Holds a body until all of it is there, it breaks off, or more than `maximum` bytes have come.
    async fn of(mut body: WasiBody, maximum: usize) -> Self {
        let mut begun = BytesMut::new();
        let rest = loop {
            if begun.len() > maximum {
                break Rest::Coming(body);
            }
            match body.frame().await {
                None => break Rest::Nothing,
                Some(Err(error)) => break Rest::Broken(error),
                Some(Ok(frame)) => {
                    begun.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
                }
            }
        };
        let begun = Some(begun.freeze()).filter(|begun| !begun.is_empty());
        Self { begun, rest }
    }

    /// All of it, where that has come.
    fn whole(&self) -> Option<&[u8]> {
        matches!(self.rest, Rest::Nothing).then(|| self.begun.as_deref().unwrap_or_default())
    }
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if let Some(begun) = this.begun.take() {
            return Poll::Ready(Some(Ok(Frame::data(begun))));
        }
        if let Rest::Coming(body) = &mut this.rest {
            return Pin::new(body).poll_frame(cx);
        }
        Poll::Ready(match mem::replace(&mut this.rest, Rest::Nothing) {
            Rest::Broken(error) => Some(Err(error)),
            _ => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_none()
            && match &self.rest {
                Rest::Nothing => true,
                Rest::Broken(_) => false,
                Rest::Coming(body) => body.is_end_stream(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let begun = self.begun.as_ref().map_or(0, Bytes::len) as u64;
        match &self.rest {
            Rest::Nothing => SizeHint::with_exact(begun),
            Rest::Broken(_) => SizeHint::default(),
            Rest::Coming(body) => {
                let mut hint = SizeHint::new();
                hint.set_lower(body.size_hint().lower().saturating_add(begun));
                hint
            }
        }
    }
}
