//! A piece of a stream that is as large as what the stream is there to avoid.

use crate::kit::{Attack, HARMLESS, piece_of, series};

pub(crate) const ATTACK: Attack = Attack {
    piece: || {
        let everything = series((0..100_000).collect(), vec![0.0; 100_000]);
        Some(piece_of(vec![everything]))
    },
    ..HARMLESS
};
