//! W3C trace context, as far as it is taken on: which trace a request belongs to.

use http::HeaderName;

/// The header.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace's id, of a `traceparent` of any version: `00-<32 hex digits>-<16>-<2>`.
pub(crate) fn trace_id(text: &str) -> Option<&str> {
    let mut fields = text.split('-');
    let (version, trace, parent, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_some = |text: &str| text.bytes().any(|b| b != b'0');
    // Later versions may have more fields, this one has none.
    let is_whole = version != "00" || fields.next().is_none();
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_some(trace)
        && is_hex(parent, 16)
        && is_some(parent)
        && is_hex(flags, 2)
        && is_whole;
    is_valid.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_trace_is_taken_on_and_what_is_none_is_not() {
        let of = |version: &str, rest: &str| {
            trace_id(&format!("{version}-{TRACE}-b7ad6b7169203331-01{rest}")).map(str::to_owned)
        };
        assert_eq!(of("00", "").as_deref(), Some(TRACE));
        assert_eq!(of("cc", "-what").as_deref(), Some(TRACE));
        for (version, rest) in [("ff", ""), ("00", "-what"), ("0", ""), ("00", "x")] {
            assert_eq!(of(version, rest), None, "{version} {rest}");
        }
        for text in [
            "",
            TRACE,
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        ] {
            assert_eq!(trace_id(text), None, "{text}");
        }
    }
}
