//! Shows that something runs: a line that moves on a terminal, plain lines elsewhere. All of it on stderr.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two pictures of the line that moves.
const TICK: Duration = Duration::from_millis(100);

/// Something that takes a while.
pub(crate) struct Task {
    title: String,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Task {
    /// Begins, and says so.
    pub(crate) fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed:>4} {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(title.clone());
            bar.enable_steady_tick(TICK);
            bar
        });
        if bar.is_none() {
            eprintln!("{title} ...");
        }
        Self {
            title,
            started: Instant::now(),
            bar,
        }
    }

    /// What it is at just now. Only the line that moves shows it.
    pub(crate) fn at(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// How long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Done.
    pub(crate) fn done(self) {
        self.end("done");
    }

    /// Not done. The error is the caller's to show.
    pub(crate) fn failed(self) {
        self.end("failed");
    }

    fn end(self, outcome: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: {outcome} ({})", self.title, seconds(self.elapsed()));
    }
}

/// A duration for people.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    format!("{} min {:.0} s", duration.as_secs() / 60, seconds % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_seconds_and_minutes() {
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
