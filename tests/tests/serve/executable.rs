//! `metric-host serve`: its flags, its signals, its end.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use metric_serve::Listen;
use metric_tests::{Testbed, host_executable, plugin_file};
use serde_json::json;

use crate::client::{get, posting, send};
use crate::served::query;

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(host_executable());
    command
        .arg("serve")
        .args(args)
        .args(["--sample-interval", "30s"])
        .env(
            "METRIC_ADDRESS",
            Testbed::shared().unwrap().server.address(),
        )
        .env("METRIC_PLUGIN", plugin_file())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// A process that serves. Killed with the test.
struct Running {
    child: Child,
    place: Listen,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = command(args).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let place = line.trim_end().strip_prefix("listening at ").unwrap();
        let place = place.strip_prefix("http://").unwrap_or(place);
        Self {
            place: place.parse().unwrap(),
            child,
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metric.sock");
    let socket = format!("unix:{}", path.display());
    for (listen, signal) in [("127.0.0.1:0", "TERM"), (socket.as_str(), "INT")] {
        let mut running = Running::start(&["--listen", listen]);
        assert_eq!(get(&running.place, "/readyz").await.status, 200);
        let body = json!({ "query": query() });
        send(&running.place, posting("/v1/query", &[], &body))
            .await
            .result();
        running.signal(signal);
        assert_eq!(running.ended(), Some(0), "{listen}");
    }
    assert!(!path.exists());
}

#[test]
fn it_says_why_it_does_not_start() {
    for (args, code, word) in [
        (&["--listen", "0.0.0.0:0"][..], 2, "--access"),
        (
            &["--listen", "0.0.0.0:0", "--access", "/nowhere/access.toml"],
            2,
            "access file",
        ),
        (&["--listen", "metric.example.org:80"], 2, "unix:PATH"),
        (&["--socket-group"], 2, "unix:PATH"),
        (&["--timewindow", "bad"], 3, "timewindow"),
        (
            &["--listen", "192.0.2.1:0", "--access", "/nowhere"],
            2,
            "access file",
        ),
        (
            &["--listen", "unix:/nowhere/metric.sock"],
            1,
            "cannot listen",
        ),
    ] {
        let output = command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(word), "{args:?}: {said}");
    }
}

/// An access file with one operator, whose token's hash this is.
fn write_access(path: &Path, sha256: &str) {
    let text = format!("[[token]]\nname = \"one\"\nsha256 = \"{sha256}\"\nrole = \"operator\"\n");
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Of `first-token-of-an-operator` and `second-token-of-an-operator`.
const FIRST: &str = "7962a9a2d96f813858170f393405c72e99655469fbf34f6a0602d484f03cb96d";
const SECOND: &str = "4a2b6d348e789b8eba8c9e2222218a3f433e5b5d3a7b7bd762c81ca3cd7a9b11";

#[tokio::test]
async fn a_hangup_has_it_read_its_access_file_anew_and_keep_what_it_has_where_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.toml");
    write_access(&file, FIRST);
    let running = Running::start(&[
        "--listen",
        "127.0.0.1:0",
        "--access",
        file.to_str().unwrap(),
    ]);
    let status = async |token: &str| {
        let token = format!("Bearer {token}");
        let body = json!({ "query": query() });
        let headers = [("authorization", token.as_str())];
        send(&running.place, posting("/v1/query", &headers, &body))
            .await
            .status
    };
    let (first, second) = ("first-token-of-an-operator", "second-token-of-an-operator");
    assert_eq!((status(first).await, status(second).await), (200, 401));

    write_access(&file, SECOND);
    running.signal("HUP");
    let begun = Instant::now();
    while status(second).await != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it is not read anew"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(first).await, 401);

    std::fs::write(&file, "no access file").unwrap();
    running.signal("HUP");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((status(first).await, status(second).await), (401, 200));
}
