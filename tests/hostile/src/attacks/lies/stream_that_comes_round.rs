//! A stream that gives the same piece again and again.

use crate::kit::{Attack, HARMLESS, piece_of, series};

pub(crate) const ATTACK: Attack = Attack {
    piece: || Some(piece_of(vec![series(vec![0, 60_000], vec![0.0; 2])])),
    ..HARMLESS
};
