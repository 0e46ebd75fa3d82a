//! Runs the command line with the plugin, and reads what it printed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use metric_test_server::TestServer;

/// `METRIC_PLUGIN`, or where a build leaves it.
fn plugin() -> PathBuf {
    if let Some(file) = std::env::var_os("METRIC_PLUGIN").filter(|file| !file.is_empty()) {
        return file.into();
    }
    // The program is in <target>/<profile>/.
    let target = Path::new(env!("CARGO_BIN_EXE_metric-host"))
        .ancestors()
        .nth(2)
        .unwrap();
    let file = target.join("wasm32-unknown-unknown/plugin/metric_service.wasm");
    assert!(
        file.is_file(),
        "no plugin at {}; `cargo xtask build` makes it",
        file.display()
    );
    file
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metric-host"));
    command
        .args(args)
        .stdin(Stdio::null())
        .env("METRIC_PLUGIN", plugin())
        .env("TZ", "Asia/Seoul");
    command.env_remove("METRIC_ADDRESS").env_remove("RUST_LOG");
    command
}

pub(crate) fn asks(server: &TestServer, args: &[&str]) -> Output {
    command(args)
        .env("METRIC_ADDRESS", &server.address)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Returns stdout, and checks that all went well.
pub(crate) fn data(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Returns stderr, and checks that the command ended with this code and without data.
pub(crate) fn said(output: &Output, code: i32) -> &str {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(
        output.stdout.is_empty(),
        "data on stdout: {}",
        text(&output.stdout)
    );
    assert!(said.starts_with("error: "), "{said}");
    said
}
