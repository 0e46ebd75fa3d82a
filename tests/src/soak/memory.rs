//! The memory of this process over time, and the test that it does not grow.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Readings over the whole time.
const READINGS: u32 = 40;
/// The growth that caches, pools and the allocator may still have once everything has been used: a quarter, and so many
/// bytes.
const SLACK_BYTES: u64 = 32 << 20;

pub(super) async fn memory_until(end: Instant) -> Result<Vec<u64>> {
    let pause = end.saturating_duration_since(Instant::now()) / READINGS;
    let pause = pause.max(Duration::from_millis(10));
    let mut readings = Vec::new();
    while Instant::now() < end {
        readings.push(resident_bytes()?);
        tokio::time::sleep(pause).await;
    }
    readings.push(resident_bytes()?);
    Ok(readings)
}

/// Returns the resident memory of this process, in bytes. From `/proc`, so on Linux alone.
///
/// # Errors
/// Fails if there is no such file.
pub fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .context("no VmRSS")?;
    Ok(kib.trim().parse::<u64>()? << 10)
}

/// Returns true if the last quarter of the readings lies no higher than the second, but for a quarter of that and
/// [`SLACK_BYTES`]: in the first, pools and caches fill.
pub(super) fn is_flat(readings: &[u64]) -> bool {
    let quarter = readings.len() / 4;
    let median = |from: usize| {
        let mut some: Vec<u64> = readings
            .iter()
            .copied()
            .skip(from)
            .take(quarter.max(1))
            .collect();
        some.sort_unstable();
        some.get(some.len() / 2).copied().unwrap_or_default()
    };
    let (early, late) = (median(quarter), median(readings.len() - quarter));
    late <= early + early / 4 + SLACK_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(of: impl Fn(u64) -> u64) -> Vec<u64> {
        (0..40).map(|i| of(i) << 20).collect()
    }

    #[test]
    fn what_fills_at_first_and_then_stays_is_flat() {
        assert!(is_flat(&readings(|i| 300 - 250 / (i + 1))));
        assert!(is_flat(&readings(|i| 200 + i % 7 * 5)));
    }

    #[test]
    fn what_grows_is_not_flat() {
        assert!(!is_flat(&readings(|i| 100 + 4 * i)));
        assert!(!is_flat(&readings(|i| if i < 25 { 100 } else { 400 })));
    }
}
