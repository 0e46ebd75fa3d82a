//! A piece of a stream that is as large as what the stream is there to avoid.

use crate::bindings::exports::backendai::metric::range_service::Piece;
use crate::kit::{Attack, HARMLESS, series};

pub(crate) const ATTACK: Attack = Attack {
    piece: || {
        Some(Piece {
            series: vec![series((0..100_000).collect(), vec![0.0; 100_000])],
            warnings: Vec::new(),
            infos: Vec::new(),
            missing: Vec::new(),
        })
    },
    ..HARMLESS
};
