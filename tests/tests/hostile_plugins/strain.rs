//! The strain on the process while an attack goes on: how many descriptors it holds, how late the machine is, and how
//! often somebody else is answered. And the limit of descriptors that all attacks run under.

use std::future::Future;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use metric_host::MetricService;

use crate::tenants::ask;

/// Descriptors of the process, its servers' among them. Some systems grant no more (macOS).
pub(crate) const DESCRIPTORS: usize = 256;
/// Says that this process has the limit.
const LIMITED: &str = "METRIC_DESCRIPTORS_LIMITED";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// Between two questions of somebody who asks all the time.
const PAUSE: Duration = Duration::from_millis(50);

/// Begins again under the limit of descriptors, unless it is there.
pub(crate) fn under_limit() -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    if std::env::var_os(LIMITED).is_some() {
        return Ok(());
    }
    let error = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -S -n {DESCRIPTORS} && exec \"$0\" \"$@\""))
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(LIMITED, "yes")
        .exec();
    Err(error).context("the limit of descriptors cannot be set")
}

/// The strain that was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// The most descriptors that were open at once.
    pub(crate) descriptors: usize,
    /// The longest that a thread was late which had only slept: the machine's doing.
    pub(crate) late: Duration,
}

/// Looks until it is asked what it has seen.
pub(crate) struct Watch {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Watch {
    pub(crate) fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                std::thread::sleep(LOOK);
                seen.late = seen.late.max(begun.elapsed().saturating_sub(LOOK));
                // If it cannot be read there is no descriptor left to read it with.
                let open = std::fs::read_dir("/proc/self/fd").map_or(DESCRIPTORS, Iterator::count);
                seen.descriptors = seen.descriptors.max(open);
            }
            seen
        });
        Self { is_over, thread }
    }

    pub(crate) fn seen(self) -> Seen {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// Does the work, and gives its result and how often a second somebody who asks all the time is answered beside it.
pub(crate) async fn answered_beside<W: Future>(
    work: W,
    service: &MetricService,
) -> Result<(W::Output, f64)> {
    let mut work = std::pin::pin!(work);
    let (begun, mut answers) = (Instant::now(), 0_u32);
    loop {
        let next = async {
            ask(service).await?;
            tokio::time::sleep(PAUSE).await;
            anyhow::Ok(())
        };
        tokio::select! {
            output = &mut work => {
                return Ok((output, f64::from(answers) / begun.elapsed().as_secs_f64()));
            }
            answer = next => {
                answer.context("beside the attack")?;
                answers += 1;
            }
        }
    }
}
