//! Shows that something runs: a line that moves on a terminal, a plain line now and then elsewhere. All of it on stderr.

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two pictures of the line that moves.
const TICK: Duration = Duration::from_millis(100);
/// Between two plain lines: often enough to see that it goes on, and few in the log of half an hour.
const PLAIN: Duration = Duration::from_secs(10);

/// Something that takes a while.
pub(crate) struct Task {
    title: String,
    started: Instant,
    picture: Picture,
}

enum Picture {
    /// The line that moves.
    Bar(ProgressBar),
    /// A line now and then.
    Plain(PlainLines),
}

impl Task {
    /// Begins, and says so.
    pub(crate) fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let picture = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed:>4} {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(title.clone());
            bar.enable_steady_tick(TICK);
            Picture::Bar(bar)
        } else {
            eprintln!("{title} ...");
            Picture::Plain(PlainLines::start(&title, PLAIN, |line| eprintln!("{line}")))
        };
        Self {
            title,
            started: Instant::now(),
            picture,
        }
    }

    /// Shows the present task.
    pub(crate) fn at(&self, what: &str) {
        match &self.picture {
            Picture::Bar(bar) => bar.set_message(what.to_owned()),
            Picture::Plain(lines) => lines.at(what),
        }
    }

    /// Returns the time it has run.
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
        let took = seconds(self.elapsed());
        match self.picture {
            Picture::Bar(bar) => bar.finish_and_clear(),
            Picture::Plain(lines) => lines.end(),
        }
        eprintln!("{}: {outcome} ({took})", self.title);
    }
}

/// A thread that says what a task is at, over and over until it is told to end or its task is gone.
struct PlainLines {
    at: Arc<Mutex<String>>,
    task: Sender<()>,
    thread: JoinHandle<()>,
}

impl PlainLines {
    fn start(title: &str, every: Duration, print: impl Fn(&str) + Send + 'static) -> Self {
        let at = Arc::new(Mutex::new(String::new()));
        let (task, gone) = mpsc::channel::<()>();
        let (title, shared) = (title.to_owned(), Arc::clone(&at));
        let started = Instant::now();
        let thread = thread::spawn(move || {
            while gone.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let at = shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                print(&format!("{title}: {}, {at}", seconds(started.elapsed())));
            }
        });
        Self { at, task, thread }
    }

    fn at(&self, what: &str) {
        what.clone_into(&mut self.at.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn end(self) {
        drop(self.task);
        // It prints, and so it panics only if stderr is closed. Then there is nobody to tell.
        let _ = self.thread.join();
    }
}

/// Reads the progress of a cargo from the line that it prints: `Building [==>  ] 12/345: syn, quote`.
pub(crate) fn of_cargo(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Building [")?;
    let (_, rest) = rest.split_once("] ")?;
    let (done, rest) = rest.split_once('/')?;
    let (all, names) = rest.split_once(':').unwrap_or((rest, ""));
    let count = |text: &str| text.trim().parse::<u32>().ok();
    let (done, all) = (count(done)?, count(all)?);
    Some(format!("{done} of {all} built; {}", names.trim()))
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

    #[test]
    fn cargo_tells_how_many_of_how_many_are_built() {
        let line = "    Building [=======>                  ] 137/437: wasmtime, ring(build)   ";
        let told = of_cargo(line).unwrap();
        assert_eq!(told, "137 of 437 built; wasmtime, ring(build)");
        for other in [
            "   Compiling ring v0.17.14",
            "Building [x] y/z",
            "Building [",
        ] {
            assert_eq!(of_cargo(other), None, "{other}");
        }
    }

    #[test]
    fn without_a_terminal_what_it_is_at_is_told_again_and_again() {
        let (sender, lines) = mpsc::channel();
        let print = move |line: &str| sender.send(line.to_owned()).unwrap();
        let plain = PlainLines::start("Building", Duration::from_millis(1), print);
        plain.at("1 of 2");
        let until = |end: &str| lines.iter().find(|line: &String| line.ends_with(end));
        assert!(until(", 1 of 2").unwrap().starts_with("Building: "));
        // Cargo is at one for minutes.
        until(", 1 of 2").unwrap();
        plain.at("2 of 2");
        until(", 2 of 2").unwrap();
        plain.end();
        assert_eq!(until("nothing more"), None);
    }
}
