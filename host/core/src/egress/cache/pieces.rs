//! The part of a body that has come, held for all who wait for it, and read by one of them meanwhile.
//!
//! Held in blocks, so that what is held is bounded in memory and not only in payload: a server may send a byte at a
//! time, and a piece of its own costs some hundred bytes whatever is in it.

use bytes::Bytes;

/// From so many bytes on a piece is a block of its own. Connections are read in pieces of 8 KiB and more.
const LARGE: usize = 4 << 10;

/// Smaller ones are put together to blocks of this size.
const BLOCK: usize = 16 << 10;

/// The overhead of a block beside its bytes: its place in two lists that may be half full, its counter, and the allocator's
/// own. Counted twice: a large piece also ends the block of small ones before it.
const OVERHEAD: usize = 2 * 128;

/// The pieces of a body, and how far its reader has come.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    blocks: Vec<Bytes>,
    /// The small ones that came after the last block.
    tail: Vec<u8>,
    bytes: usize,
    cost: usize,
    /// The first block, or the tail, that the reader has not had all of.
    at: usize,
    /// The bytes of it that the reader has had.
    offset: usize,
    /// The bytes of all that the reader has had.
    read: usize,
}

impl Pieces {
    /// The most memory that holding a piece takes, in bytes.
    pub(super) fn cost_of(piece: &Bytes) -> usize {
        match piece.len() {
            large @ LARGE.. => large + OVERHEAD,
            // The tail grows by doubling.
            small => 2 * small,
        }
    }

    /// The size of all of them.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// The payload.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds the next piece. A copy of it: it may be a little part of a large buffer.
    pub(super) fn push(&mut self, piece: &Bytes) {
        self.bytes += piece.len();
        self.cost += Self::cost_of(piece);
        if piece.len() >= LARGE {
            self.end_block();
            self.blocks.push(Bytes::copy_from_slice(piece));
        } else {
            self.tail.extend_from_slice(piece);
            if self.tail.len() >= BLOCK {
                self.end_block();
            }
        }
    }

    fn end_block(&mut self) {
        if !self.tail.is_empty() {
            self.blocks.push(Bytes::copy_from_slice(&self.tail));
            self.tail.clear();
        }
    }

    /// For the reader: what it has not had of the next block. None: there is nothing more for now.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let rest = loop {
            let Some(block) = self.blocks.get(self.at) else {
                let rest = self.tail.get(self.offset..).unwrap_or_default();
                self.offset = self.tail.len();
                break Bytes::copy_from_slice(rest);
            };
            let rest = block.slice(self.offset..);
            self.at += 1;
            self.offset = 0;
            if !rest.is_empty() {
                break rest;
            }
        };
        self.read += rest.len();
        (!rest.is_empty()).then_some(rest)
    }

    /// Returns true if the reader has had everything.
    pub(super) fn are_read(&self) -> bool {
        self.read == self.bytes
    }

    /// The whole of what has come.
    pub(super) fn all(&self) -> impl Iterator<Item = Bytes> {
        let tail = (!self.tail.is_empty()).then(|| Bytes::copy_from_slice(&self.tail));
        self.blocks.iter().cloned().chain(tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(length: usize, of: u8) -> Bytes {
        Bytes::from(vec![of; length])
    }

    #[test]
    fn a_body_that_comes_byte_by_byte_takes_little_more_than_what_is_in_it() {
        const BODY: usize = 2_000_000;
        let mut pieces = Pieces::default();
        for at in 0..BODY {
            pieces.push(&piece(1, at as u8));
            // Whoever reads it has each byte at once.
            assert_eq!(pieces.next().unwrap(), [at as u8].as_slice());
        }
        let held: usize = pieces
            .blocks
            .iter()
            .map(|block| block.len() + OVERHEAD)
            .sum();
        let held = held + pieces.tail.capacity();
        assert!(held < BODY + BODY / 20, "{held} bytes are held");
        assert!(held <= pieces.cost());
        assert_eq!(pieces.all().map(|block| block.len()).sum::<usize>(), BODY);
    }

    #[test]
    fn pieces_of_every_size_are_read_whole_and_in_order_however_they_come() {
        let lengths = [
            1,
            LARGE,
            0,
            LARGE - 1,
            5,
            LARGE - 1,
            LARGE - 1,
            LARGE - 1,
            LARGE - 1,
            LARGE * 9,
            2,
        ];
        for every in 1..=lengths.len() {
            let (mut pieces, mut sent, mut read) = (Pieces::default(), Vec::new(), Vec::new());
            for (at, length) in lengths.into_iter().enumerate() {
                let piece = piece(length, at as u8);
                sent.extend_from_slice(&piece);
                pieces.push(&piece);
                if at % every == 0 {
                    read.extend(std::iter::from_fn(|| pieces.next()));
                    assert!(pieces.are_read());
                }
            }
            read.extend(std::iter::from_fn(|| pieces.next()));
            assert!(pieces.are_read() && pieces.next().is_none());
            assert_eq!(read.concat(), sent, "read after every {every} pieces");
            assert_eq!(pieces.all().collect::<Vec<_>>().concat(), sent);
            assert_eq!(pieces.bytes(), sent.len());
            assert!(pieces.blocks.iter().all(|block| !block.is_empty()));
        }
    }
}
