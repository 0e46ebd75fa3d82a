//! The command line where no plugin is needed: usage, help, completions, and what is said when
//! the plugin is missing or is none. Nothing here sends anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn metric_host(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metric-host"));
    // The developer's own settings must not decide.
    for variable in ["METRIC_PLUGIN", "METRIC_ADDRESS", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command.args(args).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Asserts the exit code and that nothing came as data; returns what was said.
fn fails_with(code: i32, output: &Output) -> String {
    let said = text(&output.stderr).to_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(
        output.stdout.is_empty(),
        "data on stdout: {}",
        text(&output.stdout)
    );
    said
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_wrong_usage_ends_with_2_and_says_what_is_accepted() {
    for (args, accepted) in [
        (&["query", "mem", "--last", "30"][..], "1h30m"),
        (&["query", "mem", "--start", "now-1x"], "now-30m"),
        (
            &["query", "mem", "--start", "now-1h", "--last", "1h"],
            "--last",
        ),
        (&["query", "mem", "--value-type", "used"], "capacity"),
        (
            &["query", "mem", "--group-by", "agent-id,nobody"],
            "kernel-id",
        ),
        (&["query", "mem", "--step", "500ms"], "whole seconds"),
        (&["query", "mem", "--label-schema", "new"], "documented"),
        (&["metrics", "--format", "xml"], "csv"),
        (&["completions", "cmd.exe"], "bash"),
        (&["query"], "METRIC"),
        (&["ask"], "metric-host"),
        (&[], "Usage"),
    ] {
        let said = fails_with(2, &metric_host(args));
        assert!(said.contains(accepted), "{args:?}\n{said}");
    }
}

#[test]
fn help_shows_examples_and_the_exit_codes_on_stdout() {
    let output = metric_host(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout);
    for part in [
        "Examples:",
        "Exit codes:",
        "METRIC_PLUGIN",
        "METRIC_ADDRESS",
        "--timewindow",
        "conformance",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
    for command in [
        "metrics",
        "type",
        "promql",
        "query",
        "conformance",
        "inspect",
        "serve",
        "completions",
    ] {
        let output = metric_host(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("Example"), "{command}");
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = metric_host(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output.stdout);
        assert!(
            script.contains("conformance") && script.contains("label-schema"),
            "{shell}"
        );
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let mut child = command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn without_a_plugin_it_says_where_it_looked() {
    // A copy on its own: beside the real one a plugin may have been put.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("metric-host");
    std::fs::copy(env!("CARGO_BIN_EXE_metric-host"), &alone).unwrap();
    for args in [
        &["metrics"][..],
        &["type", "mem"],
        &["promql", "mem"],
        &["query", "mem"],
        &["inspect"],
        &["conformance"],
    ] {
        let output = Command::new(&alone)
            .args(args)
            .env_remove("METRIC_PLUGIN")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = fails_with(8, &output);
        for place in [
            "--plugin",
            "METRIC_PLUGIN",
            "metric_service.wasm",
            "cargo xtask build",
        ] {
            assert!(said.contains(place), "{place}\n{said}");
        }
    }
}

#[test]
fn a_plugin_named_wrongly_is_named_in_the_error() {
    let by_flag = metric_host(&["metrics", "--plugin", "nowhere.wasm"]);
    assert!(fails_with(8, &by_flag).contains("nowhere.wasm"));
    let by_variable = command(&["metrics"])
        .env("METRIC_PLUGIN", "elsewhere.wasm")
        .output()
        .unwrap();
    assert!(fails_with(8, &by_variable).contains("elsewhere.wasm"));
}

#[test]
fn what_is_no_plugin_is_refused_as_broken() {
    let folder = tempfile::tempdir().unwrap();
    let inputs: [(&str, &[u8]); 4] = [
        ("empty.wasm", b""),
        ("text.wasm", b"hello"),
        // A core module, as a build without the component linker yields.
        ("module.wasm", b"\0asm\x01\0\0\0"),
        // A component without anything in it.
        ("component.wasm", b"\0asm\x0d\0\x01\0"),
    ];
    for (name, bytes) in inputs {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let said = fails_with(8, &metric_host(&["promql", "mem", "--plugin", path(&file)]));
        assert!(said.contains("plugin"), "{name}: {said}");
    }
}

#[test]
fn inspect_describes_a_component_that_the_host_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("component.wasm");
    std::fs::write(&file, b"\0asm\x0d\0\x01\0").unwrap();
    let output = metric_host(&["inspect", "--format", "json", "--plugin", path(&file)]);
    assert_eq!(output.status.code(), Some(8), "{}", text(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["size_bytes"], 8);
    assert_eq!(found["loads"], false);
    assert!(
        found["refused_because"]
            .as_str()
            .unwrap()
            .contains("metric-service"),
        "{found}"
    );

    let output = metric_host(&["inspect", "--plugin", path(&file)]);
    assert_eq!(output.status.code(), Some(8));
    let table = text(&output.stdout);
    assert!(
        table.contains("loads       no: ") && table.contains("exports     none"),
        "{table}"
    );
}

#[test]
fn conformance_judges_a_component_that_the_host_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("component.wasm");
    std::fs::write(&file, b"\0asm\x0d\0\x01\0").unwrap();
    let judge = |more: &[&str]| {
        let args = [&["conformance", "--plugin", path(&file)], more].concat();
        let output = metric_host(&args);
        (output.status.code(), text(&output.stdout).to_owned())
    };

    let (code, table) = judge(&[]);
    assert_eq!(code, Some(9), "{table}");
    let alone = format!(
        "alone: metric-host conformance --plugin {} --filter targets-",
        path(&file)
    );
    for part in [
        "FAIL  L1 component: targets-",
        &alone,
        "level  L0, L1 was asked for",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    // It imports nothing, which is all that L0 asks for.
    assert_eq!(judge(&["--level", "0"]).0, Some(0));
    let (code, report) = judge(&["--level", "L4", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((code, &report["level"]), (Some(9), &"L0".into()));
    let (code, xml) = judge(&["--format", "junit"]);
    assert_eq!(code, Some(9));
    assert!(
        xml.starts_with("<?xml") && xml.contains("<failure "),
        "{xml}"
    );
    assert_eq!(judge(&["--level", "5"]).0, Some(2));
}

#[test]
fn a_long_value_that_is_refused_is_repeated_by_its_head() {
    let long = "x".repeat(60_000);
    for args in [
        ["--value-type", &long],
        ["--group-by", &long],
        ["--last", &long],
        ["--kernel", &long],
    ] {
        let said = fails_with(2, &metric_host(&[&["query", "mem"], &args[..]].concat()));
        assert!(said.len() < 2_000, "{} of {} bytes", args[0], said.len());
    }
}

#[test]
fn a_file_that_is_too_large_is_read_by_no_command() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // Takes no room on the disk; read whole, it would in memory.
    file.as_file().set_len(6 << 30).unwrap();
    for command in [&["inspect"][..], &["conformance"], &["promql", "mem"]] {
        let args = [command, &["--plugin", path(file.path())]].concat();
        let said = fails_with(8, &metric_host(&args));
        assert!(
            said.contains("6442450944 bytes long; at most 67108864"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn what_is_no_component_is_a_broken_plugin_and_not_judged() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "<html>").unwrap();
    fails_with(
        8,
        &metric_host(&["conformance", "--plugin", path(file.path())]),
    );
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let output = metric_host(&["man", path(&pages)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (page, part) in [
        ("metric-host.1", "plugin\\-sha256"),
        ("metric-host-query.1", "statistic"),
        ("metric-host-preset-evaluate.1", "subject"),
    ] {
        let page = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(page.contains(".TH") && page.contains(part), "{page}");
    }
    // A file stands in the way.
    let file = pages.join("metric-host.1");
    assert!(fails_with(1, &metric_host(&["man", path(&file)])).contains("metric-host.1"));
}

#[test]
fn another_file_than_the_one_that_was_asked_for_is_loaded_by_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("component.wasm");
    std::fs::write(&file, b"\0asm\x0d\0\x01\0").unwrap();
    let found = "24eaf3439a60c96764c4f2c92a0a81b52bd4fe5d5b91f090184a0f6486b1bf29";
    let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for command in [
        &["inspect"][..],
        &["conformance"],
        &["promql", "mem"],
        &["query", "mem"],
    ] {
        let args = [command, &["--plugin", path(&file)]].concat();
        let pinned = [&args[..], &["--plugin-sha256", wanted]].concat();
        let by_variable = command_with_digest(&args, wanted);
        for output in [metric_host(&pinned), by_variable] {
            assert_eq!(output.status.code(), Some(8), "{command:?}");
            let said = [text(&output.stdout), text(&output.stderr)].concat();
            assert!(said.contains(wanted) && said.contains("SHA-256"), "{said}");
        }
    }
    // An empty variable asks for something too, and cannot be kept.
    let said = fails_with(
        2,
        &command_with_digest(&["inspect", "--plugin", path(&file)], ""),
    );
    assert!(said.contains("64 hexadecimal digits"), "{said}");
    let output = metric_host(&["inspect", "--plugin", path(&file)]);
    assert!(text(&output.stdout).contains(&format!("sha256      {found}\n")));
}

fn command_with_digest(args: &[&str], digest: &str) -> std::process::Output {
    let mut command = command(args);
    command
        .env("METRIC_PLUGIN_SHA256", digest)
        .output()
        .unwrap()
}
