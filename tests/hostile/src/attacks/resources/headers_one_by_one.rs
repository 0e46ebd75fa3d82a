//! Adds one header after the other, for ever.

use wasip2::http::types::Fields;

use crate::bindings::exports::backendai::metric::types::Error;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let fields = Fields::new();
    let value = vec![b'x'; 32 << 10];
    loop {
        if let Err(no) = fields.append("accept", &value) {
            return Err(Error::Denied(format!("{no:?}")));
        }
    }
});
