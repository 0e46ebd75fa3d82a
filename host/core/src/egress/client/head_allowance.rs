//! A connection's bytes, of which only so many are read before the head of a response has come.
//!
//! hyper passes over interim responses (`100 Continue`) without an end, and as many in one go as have arrived.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The number of bytes that may still be read. Clones share it.
#[derive(Clone, Default)]
pub(super) struct HeadAllowance(Arc<AtomicUsize>);

impl HeadAllowance {
    pub(super) fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// The head has come: its body is bounded elsewhere.
    pub(super) fn lift(&self) {
        self.set(usize::MAX);
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left() == 0
    }

    fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) {
        match self.left() {
            usize::MAX => {}
            left => self.set(left.saturating_sub(bytes)),
        }
    }
}

/// A stream that is read as far as its allowance. At the end of that it is pending without a waker: whoever drives the
/// connection looks, and gives it up or lifts the allowance.
pub(super) struct Allowed<S> {
    pub(super) stream: S,
    pub(super) allowance: HeadAllowance,
}

impl<S: AsyncRead + Unpin> AsyncRead for Allowed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.allowance.left();
        if left == 0 {
            return Poll::Pending;
        }
        let read = if buffer.remaining() <= left {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
            buffer.filled().len() - before
        } else {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(left));
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
            let read = part.filled().len();
            buffer.advance(read);
            read
        };
        self.allowance.take(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Allowed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn no_more_is_read_than_is_allowed_until_that_is_lifted() {
        let allowance = HeadAllowance::default();
        let mut allowed = Allowed {
            stream: &[7_u8; 100][..],
            allowance: allowance.clone(),
        };
        let mut context = Context::from_waker(Waker::noop());
        let mut read = |size: usize| {
            let mut bytes = vec![0; size];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut allowed).poll_read(&mut context, &mut buffer) {
                Poll::Ready(Ok(())) => Some(buffer.filled().to_vec()),
                Poll::Ready(Err(error)) => panic!("{error}"),
                Poll::Pending => None,
            }
        };
        allowance.set(15);
        assert_eq!(read(10), Some(vec![7; 10]));
        assert_eq!(read(10), Some(vec![7; 5]));
        assert!(allowance.is_used_up());
        assert_eq!(read(10), None);
        allowance.lift();
        assert_eq!(read(80), Some(vec![7; 80]));
        assert!(!allowance.is_used_up());
    }
}
