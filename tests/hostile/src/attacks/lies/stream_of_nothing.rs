//! A stream whose pieces are empty, and never the last one.

use crate::kit::{Attack, HARMLESS, piece_of};

pub(crate) const ATTACK: Attack = Attack {
    piece: || Some(piece_of(Vec::new())),
    ..HARMLESS
};
