//! Hands the host a gigabyte of headers, all of one megabyte's value.

use wasip2::http::types::Fields;

use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let value = std::mem::ManuallyDrop::new(vec![b'x'; 1 << 20]);
    let fields: Vec<(String, Vec<u8>)> = (0..1024)
        .map(|_| {
            // SAFETY: there is none, see `gigabyte_list`.
            let value =
                unsafe { Vec::from_raw_parts(value.as_ptr().cast_mut(), value.len(), value.len()) };
            ("accept".to_owned(), value)
        })
        .collect();
    let made = Fields::from_list(&fields).is_ok();
    std::mem::forget(fields);
    match made {
        true => Ok(nothing()),
        false => Err(
            crate::bindings::exports::backendai::metric::types::Error::Denied(
                "the host does not take them".to_owned(),
            ),
        ),
    }
});
