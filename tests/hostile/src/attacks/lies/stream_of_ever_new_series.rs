//! A stream in which every sample is of another series.

use std::cell::Cell;

use crate::kit::{Attack, HARMLESS, labelled, piece_of, series};

/// Series of a piece.
const SERIES: u64 = 1000;

thread_local! {
    static PIECES: Cell<u64> = const { Cell::new(0) };
}

pub(crate) const ATTACK: Attack = Attack {
    piece: || {
        let first = PIECES.replace(PIECES.get() + 1) * SERIES;
        let one = |number| labelled(series(vec![0], vec![0.0]), "number", number);
        Some(piece_of((first..first + SERIES).map(one).collect()))
    },
    ..HARMLESS
};
