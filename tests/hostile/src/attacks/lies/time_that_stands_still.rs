//! Two samples of one instant.

use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack =
    Attack::of_query(|_| Ok(result(vec![series(vec![1, 1], vec![1.0, 2.0])])));
