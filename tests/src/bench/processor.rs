//! The processor time of this process, over all its threads, those that have ended included, as the kernel counts it.

use std::time::Duration;

use anyhow::Result;
use cpu_time::ProcessTime;

/// The time that the process's threads have used so far.
pub(crate) fn used() -> Result<Duration> {
    Ok(ProcessTime::try_now()?.as_duration())
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
