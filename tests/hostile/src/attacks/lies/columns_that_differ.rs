//! A series of three times and two values.

use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack =
    Attack::of_query(|_| Ok(result(vec![series(vec![0, 1, 2], vec![1.0, 2.0])])));
