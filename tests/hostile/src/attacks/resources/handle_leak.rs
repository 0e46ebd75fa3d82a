//! Makes resources of the host's, and gives none back.

use wasip2::http::types::Fields;

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    loop {
        std::mem::forget(Fields::new());
    }
});
