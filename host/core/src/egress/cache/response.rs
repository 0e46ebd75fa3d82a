//! A whole answer, and its body as it is handed out again: in the pieces in which it came, none of them copied.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Response, header::CONTENT_TYPE, response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::{Error, Result, WasiBody};

/// An answer whose body has come to its end. Clones are cheap.
#[derive(Debug, Clone)]
pub(super) struct StoredResponse(Arc<Whole>);

#[derive(Debug)]
struct Whole {
    head: response::Parts,
    pieces: Box<[Bytes]>,
    bytes: usize,
}

impl StoredResponse {
    pub(super) fn new(head: response::Parts, pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces: Box<[Bytes]> = pieces.into_iter().collect();
        let bytes = pieces.iter().map(Bytes::len).sum();
        Self(Arc::new(Whole {
            head,
            pieces,
            bytes,
        }))
    }

    /// The same with a head that says nothing of when and how it came.
    pub(super) fn to_keep(&self) -> Self {
        let mut response = Response::new(());
        *response.status_mut() = self.0.head.status;
        if let Some(value) = self.0.head.headers.get(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, value.clone());
        }
        Self::new(response.into_parts().0, self.0.pieces.iter().cloned())
    }

    /// Of its body.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// Its approximate size in bytes.
    pub(super) fn weight(&self) -> usize {
        const HEAD: usize = 512;
        HEAD + self.0.bytes + self.0.pieces.len() * 2 * size_of::<Bytes>()
    }

    pub(super) fn response(&self) -> Response<WasiBody> {
        let body = ReplayBody {
            answer: self.clone(),
            next: 0,
            left: self.0.bytes,
        };
        Response::from_parts(self.0.head.clone(), body.boxed_unsync())
    }
}

struct ReplayBody {
    answer: StoredResponse,
    next: usize,
    left: usize,
}

impl Body for ReplayBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let piece = self.answer.0.pieces.get(self.next).cloned();
        self.next += 1;
        self.left -= piece.as_ref().map_or(0, Bytes::len);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_handed_out_again_and_again_without_a_copy() {
        let head = Response::builder()
            .status(200)
            .header("content-type", "application/json")
            .header("date", "Thu, 01 Jan 1970 00:00:00 GMT")
            .body(())
            .unwrap();
        let pieces = [Bytes::from(vec![b'a'; 10]), Bytes::from(vec![b'b'; 5])];
        let answer = StoredResponse::new(head.into_parts().0, pieces.clone());
        assert_eq!(answer.bytes(), 15);
        assert!(answer.weight() > 15);
        for _ in 0..2 {
            let response = answer.response();
            assert!(response.headers().contains_key("date"));
            let mut body = response.into_body();
            assert_eq!(body.size_hint().exact(), Some(15));
            for piece in &pieces {
                assert!(!body.is_end_stream());
                let frame = body.frame().await.unwrap().unwrap();
                assert_eq!(frame.into_data().unwrap().as_ptr(), piece.as_ptr());
            }
            assert!(body.is_end_stream());
            assert!(body.frame().await.is_none());
        }
        let kept = answer.to_keep().response();
        assert_eq!(kept.headers().len(), 1);
        assert_eq!(
            kept.into_body().collect().await.unwrap().to_bytes().len(),
            15
        );
    }
}
