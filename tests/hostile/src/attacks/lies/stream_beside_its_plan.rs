//! A stream with samples at instants that its plan has no points for.

use crate::kit::{Attack, HARMLESS, piece_of, series};

pub(crate) const ATTACK: Attack = Attack {
    piece: || Some(piece_of(vec![series(vec![1], vec![0.0])])),
    ..HARMLESS
};
