//! The most memory that a process has held, as the kernel counts it: with its libraries, its sandboxes, everything.

use std::fs;

use anyhow::{Context as _, Result};

/// Of a process that lives, in bytes.
pub(crate) fn peak_of(process: u32) -> Result<f64> {
    read(&format!("/proc/{process}/status"))
}

/// Of this process, in bytes.
pub(crate) fn peak_of_self() -> Result<f64> {
    read("/proc/self/status")
}

fn read(file: &str) -> Result<f64> {
    let status = fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"))
        .context("the kernel does not say how much memory a process has held")?;
    Ok(kibibytes.trim().parse::<f64>()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_counts_after_it_is_given_back() {
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        assert!(peak_of_self().unwrap() >= f64::from(64 << 20));
        assert!(peak_of(std::process::id()).unwrap() >= f64::from(64 << 20));
    }
}
