//! The processor time of this process, over all its threads, as the kernel counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// What its threads have used so far.
pub(crate) fn used() -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // One may have ended.
        let Ok(statistics) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        nanoseconds += statistics
            .split(' ')
            .next()
            .and_then(|first| first.parse::<u64>().ok())
            .context("the kernel does not say how long a thread has run")?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_another_thread_computes_counts() {
        let before = used().unwrap();
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while used().unwrap() - before < Duration::from_millis(50) {
                    assert!(started.elapsed() < Duration::from_secs(60));
                }
            });
        });
        // On no more processors than there are.
        let processors = std::thread::available_parallelism().unwrap().get();
        let most = started.elapsed() * u32::try_from(processors).unwrap();
        assert!(used().unwrap() - before <= most + Duration::from_millis(50));
    }
}
