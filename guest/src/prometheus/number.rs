//! Numbers as Prometheus writes them: timestamps in seconds to integer milliseconds without a float,
//! and sample values to the nearest `f64`.

use super::cursor::{Cursor, Stop};
use super::decimal::{SAFE_DIGITS, nearest};

/// The longest number that is still one: an exact decimal of an `f64` has at most 767 significant digits.
const LONGEST: usize = 1_100;

const TIMESTAMP: &str = "a timestamp in Unix seconds";
const VALUE: &str = "a sample value in quotes";

/// `[timestamp,"value"]`, taken as a whole or not at all.
#[inline]
pub(super) fn sample(cursor: &mut Cursor<'_>) -> Result<(i64, f64), Stop> {
    let mut ahead = *cursor;
    ahead.byte(b'[', "a sample, `[timestamp,\"value\"]`")?;
    let sample = pair(&mut ahead)?;
    *cursor = ahead;
    Ok(sample)
}

/// `timestamp,"value"]`, the rest of a sample.
#[inline]
pub(super) fn pair(ahead: &mut Cursor<'_>) -> Result<(i64, f64), Stop> {
    let millis = timestamp(ahead)?;
    ahead.byte(b',', "a comma after the timestamp")?;
    let value = value(ahead)?;
    ahead.byte(b']', "the end of the sample")?;
    Ok((millis, value))
}

/// A run of digits: their value as far as a `u64` holds it, how many there are, and what follows.
#[inline]
fn digits(bytes: &[u8], mut value: u64) -> (u64, usize, &[u8]) {
    let mut rest = bytes;
    let mut count = 0;
    while let [byte @ b'0'..=b'9', after @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        count += 1;
        rest = after;
    }
    (value, count, rest)
}

/// Unix seconds with any number of decimals, cut off after the third.
#[inline]
fn timestamp(cursor: &mut Cursor<'_>) -> Result<i64, Stop> {
    cursor.peek(TIMESTAMP)?;
    let all = cursor.rest();
    let (negative, unsigned) = match all {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (seconds, count, mut rest) = digits(unsigned, 0);
    if count == 0 && !rest.is_empty() {
        return Err(Stop::Unexpected(TIMESTAMP));
    }
    let mut millis = 0_i64;
    if let [b'.', fraction @ ..] = rest {
        let mut weight = 100;
        rest = fraction;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            millis += i64::from(digit - b'0') * weight;
            weight /= 10;
            rest = after;
        }
    }
    match rest {
        // A number ends only where something else begins.
        [] if all.len() < LONGEST => return Err(Stop::Incomplete(TIMESTAMP)),
        [b',' | b' ' | b'\n' | b'\t' | b'\r', ..] if count <= 15 => {}
        _ => return Err(Stop::Unexpected(TIMESTAMP)),
    }
    let magnitude =
        i64::try_from(seconds).map_err(|_| Stop::Unexpected(TIMESTAMP))? * 1000 + millis;
    cursor.advance(all.len() - rest.len());
    Ok(if negative { -magnitude } else { magnitude })
}

/// `"1.5"`, `"NaN"`, `"+Inf"`, `"-Inf"`, with as many digits as it likes or an exponent.
#[inline]
fn value(cursor: &mut Cursor<'_>) -> Result<f64, Stop> {
    if cursor.peek(VALUE)? != b'"' {
        return Err(Stop::Unexpected(VALUE));
    }
    let text = cursor.rest().get(1..).unwrap_or_default();
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, whole_digits, mut rest) = digits(unsigned, 0);
    let (mut mantissa, mut decimals) = (whole, 0);
    if let [b'.', fraction @ ..] = rest {
        (mantissa, decimals, rest) = digits(fraction, whole);
    }
    if let [b'"', after @ ..] = rest
        && whole_digits > 0
        && whole_digits + decimals <= SAFE_DIGITS
        && let Some(magnitude) = nearest(mantissa, decimals)
    {
        *cursor = Cursor::new(after);
        return Ok(if negative { -magnitude } else { magnitude });
    }
    let Some(length) = text.iter().take(LONGEST).position(|&b| b == b'"') else {
        return Err(match text.len() < LONGEST {
            true => Stop::Incomplete(VALUE),
            false => Stop::Unexpected(VALUE),
        });
    };
    let value = any_value(text.get(..length).unwrap_or_default()).ok_or(Stop::Unexpected(VALUE))?;
    cursor.advance(length + 2);
    Ok(value)
}

/// Every other value, by the standard library, which rounds correctly but takes words that Prometheus never writes.
#[cold]
fn any_value(text: &[u8]) -> Option<f64> {
    match text {
        b"NaN" => return Some(f64::NAN),
        b"+Inf" | b"Inf" => return Some(f64::INFINITY),
        b"-Inf" => return Some(f64::NEG_INFINITY),
        // A gateway may have written `+Inf` as `\u002BInf`.
        _ if text.contains(&b'\\') => {
            let quoted = [b"\"", text, b"\""].concat();
            let unescaped: String = serde_json::from_slice(&quoted).ok()?;
            return match unescaped.contains('\\') {
                true => None,
                false => any_value(unescaped.as_bytes()),
            };
        }
        _ => {}
    }
    let of_a_number = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.iter().all(of_a_number) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(i64, f64), Stop> {
        sample(&mut Cursor::new(text.as_bytes()))
    }

    #[test]
    fn timestamps_are_read_to_the_millisecond_without_a_float() {
        for (text, millis) in [
            ("1769851800", 1_769_851_800_000),
            ("1769851800.1", 1_769_851_800_100),
            ("1769851800.123", 1_769_851_800_123),
            ("1769851800.007", 1_769_851_800_007),
            ("1769851800.1239", 1_769_851_800_123),
            ("0", 0),
            ("-1.5", -1_500),
        ] {
            assert_eq!(
                read(&format!("[{text},\"1\"]")).unwrap().0,
                millis,
                "{text}"
            );
        }
    }

    #[test]
    fn words_stand_for_the_values_that_have_no_digits() {
        assert!(read(r#"[1,"NaN"]"#).unwrap().1.is_nan());
        assert_eq!(read(r#"[1,"+Inf"]"#).unwrap().1, f64::INFINITY);
        assert_eq!(read(r#"[1,"-Inf"]"#).unwrap().1, f64::NEG_INFINITY);
        assert!(read(r#"[1,"-0"]"#).unwrap().1.is_sign_negative());
    }

    #[test]
    fn an_escaped_character_is_the_character() {
        assert_eq!(read(r#"[1,"\u002BInf"]"#).unwrap().1, f64::INFINITY);
        assert_eq!(read(r#"[1,"\u0031.5"]"#).unwrap().1, 1.5);
        assert!(read(r#"[1,"\\u002BInf"]"#).is_err());
    }

    #[test]
    fn white_space_between_tokens_is_passed_over() {
        assert_eq!(read(" [ 1.5 ,\n \"2\" \t]"), Ok((1500, 2.0)));
    }

    #[test]
    fn what_prometheus_never_writes_is_refused() {
        for text in [
            r#"[1,2]"#,
            r#"[1,""]"#,
            r#"[1,"nan"]"#,
            r#"[1,"infinity"]"#,
            r#"[1,"1x"]"#,
            r#"[1,"--1"]"#,
            r#"[1,"0x10"]"#,
            r#"["1","1"]"#,
            r#"[x,"1"]"#,
            r#"[1,"1",2]"#,
            r#"[1e9,"1"]"#,
            r#"[1"1"]"#,
            r#"[9999999999999999999,"1"]"#,
            r#"{1,"1"]"#,
            r#"[null,"1"]"#,
        ] {
            assert!(matches!(read(text), Err(Stop::Unexpected(_))), "{text}");
        }
        assert!(matches!(
            read(&format!("[1,\"{}\"]", "1".repeat(5000))),
            Err(Stop::Unexpected(_))
        ));
        assert!(matches!(
            read(&format!("[{}", "1".repeat(5000))),
            Err(Stop::Unexpected(_))
        ));
    }

    #[test]
    fn a_sample_that_is_cut_anywhere_is_not_taken() {
        let text = br#"[1769851800.123,"-12.5e-3"]"#;
        for cut in 0..text.len() {
            let mut cursor = Cursor::new(&text[..cut]);
            assert!(
                matches!(sample(&mut cursor), Err(Stop::Incomplete(_))),
                "cut at {cut}"
            );
            assert_eq!(cursor.rest().len(), cut);
        }
    }

    proptest! {
        #[test]
        fn every_value_is_read_to_the_last_bit(bits in any::<u64>()) {
            let expected = f64::from_bits(bits);
            for text in [format!("{expected}"), format!("{expected:e}"), format!("{expected:.25}")] {
                let text = text.replace("inf", "Inf").replace("+Inf", "Inf");
                let got = read(&format!("[1,\"{text}\"]")).unwrap().1;
                let reference: f64 = text.parse().unwrap();
                prop_assert!(got.to_bits() == reference.to_bits() || (got.is_nan() && reference.is_nan()), "{}", text);
            }
        }

        #[test]
        fn short_decimals_are_read_to_the_last_bit(whole in 0_u64..u64::MAX, decimals in 0_usize..25) {
            let digits = format!("{whole:025}");
            let (a, b) = digits.split_at(25 - decimals);
            let text = if decimals == 0 { a.to_owned() } else { format!("{a}.{b}") };
            let got = read(&format!("[1,\"{text}\"]")).unwrap().1;
            prop_assert_eq!(got.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{}", text);
        }
    }
}
