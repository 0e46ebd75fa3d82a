//! Returns a list of a gigabyte made of one megabyte, named a thousand times.

use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let megabyte = String::from_utf8(vec![b'x'; 1 << 20]).unwrap_or_default();
    let megabyte = std::mem::ManuallyDrop::new(megabyte);
    let mut result = nothing();
    for _ in 0..1024 {
        // SAFETY: there is none. The same memory belongs to every element, and would be freed with each.
        result.warnings.push(unsafe {
            String::from_raw_parts(megabyte.as_ptr().cast_mut(), megabyte.len(), megabyte.len())
        });
    }
    Ok(result)
});
