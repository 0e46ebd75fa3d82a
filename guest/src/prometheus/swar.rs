//! Eight digits at a time: a word of eight bytes as they stand in a text, the first one lowest, and arithmetic on
//! all of them at once.

/// The digits `0` to `9`, eight times.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// Powers of ten, for as many digits as a word holds.
const POWERS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

/// The word that begins there, if there are eight bytes.
#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of digits that a word begins with.
#[inline(always)]
pub(super) fn leading_digits(word: u64) -> usize {
    // `0` to `9` become 0 to 9, to which 0x76 may be added without reaching the highest bit of the byte.
    let values = word ^ ZEROS;
    let sevenths = values & u64::from_le_bytes([0x7f; 8]);
    let others =
        ((sevenths + u64::from_le_bytes([0x76; 8])) | values) & u64::from_le_bytes([0x80; 8]);
    (others.trailing_zeros() / 8) as usize
}

/// The value of eight digits.
#[inline(always)]
pub(super) fn eight_digits(word: u64) -> u64 {
    combined(word ^ ZEROS)
}

/// Reads a run of digits, appended to the digits of `before`; and gives where it ends. The value is right as far as a
/// `u64` holds it. None where fewer than eight bytes are left.
#[inline(always)]
pub(super) fn digits(bytes: &[u8], mut at: usize, before: u64) -> Option<(u64, usize)> {
    let mut value = before;
    loop {
        let word = word(bytes, at)?;
        let count = leading_digits(word);
        if count == 8 {
            value = value
                .wrapping_mul(100_000_000)
                .wrapping_add(eight_digits(word));
            at += 8;
            continue;
        }
        if count > 0 {
            // Pushed to the end of the word, with noughts before them.
            let pushed = (word ^ ZEROS) << (8 * (8 - count));
            value = value
                .wrapping_mul(*POWERS.get(count)?)
                .wrapping_add(combined(pushed));
        }
        return Some((value, at + count));
    }
}

/// Eight decimal places, the first one lowest, to what they say: in twos, then in fours, then all of them.
#[inline(always)]
fn combined(places: u64) -> u64 {
    let twos = places.wrapping_mul(10).wrapping_add(places >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_that_is_no_digit_ends_a_run_of_them() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"90909090";
                text[place] = byte;
                let expected = if byte.is_ascii_digit() { 8 } else { place };
                let found = leading_digits(u64::from_le_bytes(text));
                assert_eq!(found, expected, "{byte} in place {place}");
            }
        }
    }

    #[test]
    fn a_text_that_may_go_on_where_the_bytes_end_is_not_read() {
        assert_eq!(digits(b"1234567", 0, 0), None);
        assert_eq!(digits(b"123456789012345", 0, 0), None);
        assert_eq!(digits(b"1234567,", 0, 0), Some((1_234_567, 7)));
        assert_eq!(digits(b"1234567,", 9, 0), None);
    }

    proptest! {
        #[test]
        fn digits_of_any_number_say_what_the_standard_library_reads(text in "[0-9]{0,19}", before in 0..10_u64) {
            let bytes = format!("x{text}\"],[17695");
            let value = format!("{before}{text}").parse::<u128>().unwrap();
            let expected = (u64::try_from(value & u128::from(u64::MAX)).unwrap(), 1 + text.len());
            prop_assert_eq!(digits(bytes.as_bytes(), 1, before), Some(expected));
        }
    }
}
