//! The fast path over a run of samples in the form in which Prometheus writes nearly all of them,
//! `[1769851800,"123.5"],`, read a word at a time. A sample in another form, or near the end of a piece, is left to
//! [`number`](super::number), which reads every form byte by byte. Both read a sample alike.

use super::decimal::{SAFE_DIGITS, nearest};
use super::swar::{digits, eight_digits, leading_digits, word};

/// The longest sample that is read here, and a word more: what follows it is looked at, too.
const WINDOW: usize = 64;

/// `[` and the first seven digits of a timestamp's ten: they are the same for a thousand seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimestampPrefix {
    word: u64,
    /// Their value, in milliseconds.
    millis: i64,
}

impl Default for TimestampPrefix {
    fn default() -> Self {
        Self {
            word: u64::from_le_bytes(*b"[0000000"),
            millis: 0,
        }
    }
}

/// A sample, and where it ends: behind the `]`.
#[inline(always)]
pub(super) fn sample(rest: &[u8], prefix: &mut TimestampPrefix) -> Option<(i64, f64, usize)> {
    let window: &[u8; WINDOW] = rest.first_chunk()?;
    let window = window.as_slice();
    let millis = timestamp(window, prefix)?;
    let (value, end) = value(window, 13)?;
    Some((millis, value, end))
}

/// `[1769851800,"`: thirteen bytes.
#[inline(always)]
fn timestamp(window: &[u8], prefix: &mut TimestampPrefix) -> Option<i64> {
    let (first, second) = (word(window, 0)?, word(window, 8)?);
    if first != prefix.word {
        // The `[` makes way for a nought behind the seven.
        let seven = first >> 8 | u64::from(b'0') << 56;
        if first & 0xff != u64::from(b'[') || leading_digits(seven) != 8 {
            return None;
        }
        prefix.word = first;
        prefix.millis = i64::try_from(eight_digits(seven)).ok()? * 100 * 1000;
    }
    let [hundreds, tens, ones, b',', b'"', ..] = second.to_le_bytes() else {
        return None;
    };
    let [hundreds, tens, ones] =
        [hundreds, tens, ones].map(|digit| i64::from(digit.wrapping_sub(b'0')));
    if hundreds > 9 || tens > 9 || ones > 9 {
        return None;
    }
    Some(prefix.millis + (hundreds * 100 + tens * 10 + ones) * 1000)
}

/// `123.5"]`, from its first byte.
#[inline(always)]
fn value(window: &[u8], start: usize) -> Option<(f64, usize)> {
    let is_negative = *window.get(start)? == b'-';
    let start = start + usize::from(is_negative);
    let (mut mantissa, mut end) = digits(window, start, 0)?;
    let mut length = end - start;
    if length == 0 {
        return None;
    }
    let mut decimals = 0;
    if *window.get(end)? == b'.' {
        let whole = end + 1;
        (mantissa, end) = digits(window, whole, mantissa)?;
        decimals = end - whole;
        length += decimals;
    }
    if length > SAFE_DIGITS || window.get(end..end + 2)? != b"\"]" {
        return None;
    }
    let magnitude = nearest(mantissa, decimals)?;
    Some((if is_negative { -magnitude } else { magnitude }, end + 2))
}

#[cfg(test)]
mod tests {
    use super::super::cursor::Cursor;
    use super::super::number;
    use super::*;
    use proptest::prelude::*;

    /// Returns true if the sample is read here, and checks that it is read as it is byte by byte.
    fn is_read(sample_: &[u8], prefix: &mut TimestampPrefix) -> bool {
        let bytes = [sample_, b",[1769851860,\"12345678\"]", &[b' '; WINDOW]].concat();
        let Some((millis, value, end)) = sample(&bytes, prefix) else {
            return false;
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut cursor = Cursor::new(&bytes);
        let (slow_millis, slow_value) = number::sample(&mut cursor).expect(&text);
        assert_eq!(
            (millis, value.to_bits(), end),
            (
                slow_millis,
                slow_value.to_bits(),
                bytes.len() - cursor.rest().len()
            ),
            "{text}"
        );
        true
    }

    #[test]
    fn the_usual_samples_are_read() {
        let mut prefix = TimestampPrefix::default();
        for sample in [
            r#"[1769851800,"0"]"#,
            r#"[1769851800,"-0"]"#,
            r#"[1769851860,"1234567"]"#,
            r#"[1769851860,"12345678"]"#,
            r#"[1769851860,"123456789"]"#,
            r#"[1769852999,"-12345678.9"]"#,
            r#"[1769851800,"0.03333333333333333"]"#,
            r#"[1769851800,"123456.78901234567"]"#,
            r#"[9999999999,"1234567890123456789"]"#,
            r#"[0000000000,"0000000001.500"]"#,
        ] {
            assert!(is_read(sample.as_bytes(), &mut prefix), "{sample}");
        }
    }

    #[test]
    fn unusual_ones_are_left_to_others() {
        let mut prefix = TimestampPrefix::default();
        for sample in [
            r#"[1769851800.5,"1"]"#,
            r#"[176985180,"1"]"#,
            r#"[17698518000,"1"]"#,
            r#"[-769851800,"1"]"#,
            r#"[ 1769851800,"1"]"#,
            r#"[1769851800, "1"]"#,
            r#"[1769851800,"1" ]"#,
            r#"[1769851800,""]"#,
            r#"[1769851800,"-"]"#,
            r#"[1769851800,".5"]"#,
            r#"[1769851800,"NaN"]"#,
            r#"[1769851800,"+Inf"]"#,
            r#"[1769851800,"-Inf"]"#,
            r#"[1769851800,"1e+21"]"#,
            r#"[1769851800,"1.5e-7"]"#,
            r#"[1769851800,"12345678901234567890"]"#,
            r#"[1769851800,"1.2345678901234567890"]"#,
            r#"[1769851800,"1.2.3"]"#,
        ] {
            assert!(!is_read(sample.as_bytes(), &mut prefix), "{sample}");
        }
        assert_eq!(sample(&[0; WINDOW], &mut prefix), None);
        assert_eq!(sample(br#"[1769851800,"1"],"#, &mut prefix), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_as_it_is_byte_by_byte(
            seconds in 0_i64..10_000_000_000,
            value in "-?[0-9]{1,20}(\\.[0-9]{0,20})?",
            earlier in 0_i64..10_000_000_000,
        ) {
            // The prefix is that of another sample.
            let mut prefix = TimestampPrefix::default();
            is_read(format!("[{earlier:010},\"1\"]").as_bytes(), &mut prefix);
            is_read(format!("[{seconds:010},\"{value}\"]").as_bytes(), &mut prefix);
        }

        #[test]
        fn no_damage_makes_it_read_what_is_not_there(
            value in "-?[0-9]{1,17}(\\.[0-9]{1,17})?",
            at in any::<prop::sample::Index>(),
            byte in prop_oneof![any::<u8>(), proptest::sample::select(&b"0123456789.,-+eE[]\" "[..])],
        ) {
            let mut bytes = format!("[1769851800,\"{value}\"]").into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let mut prefix = TimestampPrefix::default();
            is_read(br#"[1769851740,"1"]"#, &mut prefix);
            is_read(&bytes, &mut prefix);
        }
    }
}
