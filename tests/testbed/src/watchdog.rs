//! Sees to it that a server does not outlive the process that started it, however that one ends:
//! a shell waits on a pipe that only we hold open, and tidies up when it breaks.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its standard input, ends the server, and removes its data. SIGINT is ignored:
/// Ctrl-C reaches the whole process group, and this shell has to see the end of it.
const SCRIPT: &str =
    r#"trap '' INT HUP; cat >/dev/null; kill -TERM "$0" 2>/dev/null; sleep 1; rm -rf -- "$1""#;

/// While it lives, the server does too; dropped, it does nothing more.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// Watches over the process `pid` and its folder `data`.
    pub(crate) fn over(pid: u32, data: &Path) -> std::io::Result<Self> {
        Command::new("sh")
            .arg("-c")
            .arg(SCRIPT)
            .arg(pid.to_string())
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
    }
}

impl Drop for Watchdog {
    /// The shell is ended before the pipe closes, so that it never signals a process id that is no longer ours.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_broken_pipe_ends_the_server_and_removes_its_data() {
        let data = tempfile::tempdir().unwrap().keep();
        let mut server = sleeper();
        let mut watchdog = Watchdog::over(server.id(), &data).unwrap();
        drop(watchdog.0.stdin.take());
        let status = server.wait().unwrap();
        assert!(!status.success());
        let started = Instant::now();
        while data.exists() && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(!data.exists());
    }

    #[test]
    fn a_watchdog_that_is_dropped_leaves_the_server_alone() {
        let data = tempfile::tempdir().unwrap();
        let mut server = sleeper();
        drop(Watchdog::over(server.id(), data.path()).unwrap());
        std::thread::sleep(Duration::from_millis(200));
        assert!(server.try_wait().unwrap().is_none());
        assert!(data.path().exists());
        server.kill().unwrap();
        server.wait().unwrap();
    }
}
