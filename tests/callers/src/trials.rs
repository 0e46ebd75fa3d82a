//! Drawn values by the thousand, which can be drawn again.

use std::env;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

/// Draws these values again.
const SEED: &str = "METRIC_SEED";
/// The variable for the number of cases, instead of the usual one.
const CASES: &str = "METRIC_CASES";
/// Each attempt to make a failing value simpler runs the test again, which may ask a server.
const ATTEMPTS_TO_SIMPLIFY: u32 = 2_000;

/// Runs a test on that many drawn values.
///
/// # Panics
/// Panics if the test fails for one, with the simplest that was found and the seed that draws the same values again.
#[allow(
    clippy::panic,
    reason = "a failing test panics, and no one but tests calls this"
)]
pub fn trials<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let seed = number(SEED).unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let cases = number(CASES).map_or(cases, |cases| u32::try_from(cases).unwrap_or(u32::MAX));
    let mut runner = TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: ATTEMPTS_TO_SIMPLIFY,
        ..Config::default()
    });
    match runner.run(&strategy, test) {
        Ok(()) => println!("{cases} values, {SEED}={seed}"),
        Err(TestError::Fail(reason, value)) => {
            let (reason, value) = (reason.to_string(), format!("{value:#?}"));
            let (reason, value) = (head(&reason), head(&value));
            panic!("{reason}\nfor {value}\n{SEED}={seed} {CASES}={cases} tries the same again")
        }
        Err(TestError::Abort(reason)) => {
            panic!("{reason}\n{SEED}={seed} {CASES}={cases} tries the same again")
        }
    }
}

/// A text of thousands of characters says no more than its beginning.
fn head(text: &str) -> String {
    const SHOWN: usize = 4_000;
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.trim().parse().ok()
}
