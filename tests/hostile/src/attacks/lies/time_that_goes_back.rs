//! A series whose times go back.

use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack =
    Attack::of_query(|_| Ok(result(vec![series(vec![0, 2, 1], vec![f64::NAN; 3])])));
