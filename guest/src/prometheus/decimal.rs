//! The `f64` nearest to a decimal with up to nineteen digits: most of those that `rate()` gives have sixteen or
//! seventeen, more than an `f64` holds exactly.

/// Digits that a `u64` holds whatever they are.
pub(super) const SAFE_DIGITS: usize = 19;

/// Powers of ten that an `f64` holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers up to here are exact in an `f64`.
const EXACT_INTEGERS: u64 = 1 << 53;

/// The powers of five by which a decimal is divided.
const FIVES: [Five; 23] = fives();

/// `5^n`.
#[derive(Clone, Copy)]
struct Five {
    /// 2 to the power of (63 + the bits of `5^n`), divided by `5^n` and rounded down: 64 bits, the highest set.
    reciprocal: u64,
    /// The bits of `5^n`, and `n` more.
    bits: u64,
}

/// `digits / 10^decimals`, rounded to the nearest `f64`. None where that is too close to the middle between two of
/// them to be told in 64 bits, or where there are more than 22 decimals: leave it to others then.
#[inline(always)]
pub(super) fn nearest(digits: u64, decimals: usize) -> Option<f64> {
    if decimals == 0 {
        #[allow(
            clippy::cast_precision_loss,
            reason = "rounded to the nearest, as wanted"
        )]
        return Some(digits as f64);
    }
    let power = EXACT_POWERS.get(decimals)?;
    if digits <= EXACT_INTEGERS {
        // Clinger's fast path: an exact integer over an exact power of ten, one correctly rounded division.
        #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        return Some(digits as f64 / power);
    }
    by_reciprocal(digits, decimals)
}

/// The first 64 bits of the quotient, as in Lemire's algorithm, are less than 2 too small. Only the side to which it is
/// rounded is left to decide.
#[inline(always)]
fn by_reciprocal(digits: u64, decimals: usize) -> Option<f64> {
    let five = FIVES.get(decimals)?;
    let zeros = digits.leading_zeros();
    let quotient = high_half(digits << zeros, five.reciprocal);
    // 53 bits are kept, from the highest that is set: bit 63, or 62.
    let dropped = 10 + (quotient >> 63);
    let (rest, half) = (quotient & ((1 << dropped) - 1), 1 << (dropped - 1));
    if rest == half || rest == half - 1 {
        return None;
    }
    let kept = (quotient >> dropped) + u64::from(rest > half);
    // From 2^-136 to 2^1: far from what an `f64` cannot hold, so that this is exact.
    let scale = 1024 + dropped - u64::from(zeros) - five.bits;
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    Some(kept as f64 * f64::from_bits(scale << 52))
}

/// The upper half of a product. In WebAssembly, 128 bits would be a call.
#[inline(always)]
fn high_half(a: u64, b: u64) -> u64 {
    const LOW: u64 = 0xffff_ffff;
    let (a_high, a_low, b_high, b_low) = (a >> 32, a & LOW, b >> 32, b & LOW);
    let middle = a_high * b_low + ((a_low * b_low) >> 32);
    let other_middle = a_low * b_high + (middle & LOW);
    a_high * b_high + (middle >> 32) + (other_middle >> 32)
}

#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "done, and seen to fit, when it is compiled"
)]
const fn fives() -> [Five; 23] {
    let mut fives = [Five {
        reciprocal: 0,
        bits: 0,
    }; 23];
    let mut n = 1;
    while n < fives.len() {
        let five = 5_u128.pow(n as u32);
        let bits = 128 - five.leading_zeros();
        let reciprocal = (1 << (63 + bits)) / five;
        assert!(reciprocal >> 63 == 1);
        fives[n] = Five {
            reciprocal: reciprocal as u64,
            bits: bits as u64 + n as u64,
        };
        n += 1;
    }
    fives
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(digits: u64, decimals: usize) -> f64 {
        format!("{digits}e-{decimals}").parse().unwrap()
    }

    /// Returns true if a value is given, and checks that it is right.
    fn is_given(digits: u64, decimals: usize) -> bool {
        let Some(value) = nearest(digits, decimals) else {
            return false;
        };
        let expected = reference(digits, decimals);
        assert_eq!(value.to_bits(), expected.to_bits(), "{digits}e-{decimals}");
        true
    }

    #[test]
    fn nearly_all_are_given() {
        let mut random = 1_u64;
        let mut given = 0;
        for round in 0..100_000 {
            // Knuth's generator.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            given += usize::from(is_given(random >> (round % 64), round % 23));
        }
        assert!(given > 99_000, "{given}");
        assert!(!is_given(1, 23));
    }

    #[test]
    fn the_middle_between_two_is_not_guessed() {
        // Odd multiples of half the distance between two neighbours, and those next to them.
        for odd in 0..1000_u64 {
            for decimals in 1..=10 {
                let middle = ((1 << 53) + 2 * odd + 1) as u128 * 10_u128.pow(decimals) / 2;
                if let Ok(digits) = u64::try_from(middle) {
                    for digits in digits - 2..=digits + 2 {
                        is_given(digits, decimals as usize);
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_given_is_the_nearest(digits in any::<u64>(), shift in 0..64_u32, decimals in 0..30_usize) {
            is_given(digits >> shift, decimals);
        }

        #[test]
        fn upper_halves_are_those_of_the_product(a in any::<u64>(), b in any::<u64>()) {
            prop_assert_eq!(u128::from(high_half(a, b)), (u128::from(a) * u128::from(b)) >> 64);
        }
    }
}
