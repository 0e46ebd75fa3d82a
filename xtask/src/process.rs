//! Runs programs in the ways there are here: shown as they go, quietly behind a progress line with the output kept for
//! the case of failure or without one, and for what they print.

use std::io::{self, BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::progress::{self, Task};

/// Runs it with our own stdout and stderr.
pub(crate) fn shown(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| cannot_run(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs it with our own stderr, and shows stdout line by line as it comes; `see` sees each line, too.
pub(crate) fn watched(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_run(command))?;
    if let Some(stdout) = child.stdout.take() {
        let mut out = std::io::stdout();
        for bytes in BufReader::new(stdout).split(b'\n') {
            let text = String::from_utf8_lossy(&bytes?).into_owned();
            // Nobody reads on: then the program's own outcome is all that is left to know.
            let _ = writeln!(out, "{text}");
            see(&text);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs it behind a progress line. If it fails, the error carries all that it printed.
pub(crate) fn quiet(title: &str, command: &mut Command) -> Result<()> {
    let task = Task::start(title);
    let mut counted = false;
    // Cargo then tells how far it is though its output is a pipe. To others it means nothing.
    command
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "120");
    let outcome = collected(command, |line| {
        let how_far = progress::of_cargo(line);
        counted |= how_far.is_some();
        match &how_far {
            Some(how_far) => task.at(how_far),
            None if counted => {}
            None => task.at(line.trim()),
        }
        how_far.is_none()
    });
    match outcome {
        Ok(_) => task.done(),
        Err(_) => task.failed(),
    }
    outcome.map(drop)
}

/// Runs it, and shows nothing. The text that it printed is the outcome, or is in the error.
pub(crate) fn kept(command: &mut Command) -> Result<String> {
    collected(command, |_| true)
}

/// Runs it; `keep` sees each line, and says whether it is kept.
fn collected(command: &mut Command, mut keep: impl FnMut(&str) -> bool) -> Result<String> {
    // One pipe for both streams: their lines stay in order.
    let (reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .with_context(|| cannot_run(command))?;
    // The command still holds the ends for writing; with them open, reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut output = String::new();
    for text in lines(BufReader::new(reader)) {
        let text = text?;
        if keep(&text) {
            output.push_str(&text);
            output.push('\n');
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!(
            "`{}` failed ({status}):\n{}",
            line(command),
            output.trim_end()
        );
    }
    Ok(output)
}

/// Lines, and what is written over by what follows on its line, such as cargo's progress.
fn lines(reader: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    let mut bytes = reader.bytes();
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        loop {
            match bytes.next() {
                Some(Ok(b'\n' | b'\r')) => break,
                Some(Ok(byte)) => line.push(byte),
                Some(Err(error)) => return Some(Err(error)),
                None if line.is_empty() => return None,
                None => break,
            }
        }
        Some(Ok(String::from_utf8_lossy(&line).into_owned()))
    })
}

/// Runs it for what it prints. If it fails, the error is its last complaint.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| cannot_run(command))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed: {}", line(command), complaint.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The folder where a rustc keeps its libraries.
pub(crate) fn sysroot(rustc: &mut Command) -> Result<PathBuf> {
    let printed = output(rustc.args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(printed.trim()))
}

/// The command line, as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    std::iter::once(name)
        .chain(
            command
                .get_args()
                .map(|argument| argument.to_string_lossy()),
        )
        .collect::<Vec<_>>()
        .join(" ")
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run {}", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_quiet_failure_shows_both_streams_in_order() {
        let error = quiet(
            "test",
            &mut shell("echo one; echo two >&2; echo three; exit 3"),
        )
        .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3"), "{text}");
        assert!(text.ends_with("one\ntwo\nthree"), "{text}");
    }

    #[test]
    fn progress_is_told_and_is_no_part_of_what_a_program_complained_of() {
        let script = "printf '  Building [=> ] 1/2: a   \\r   Compiling b\\nerror'; exit 1";
        let text = quiet("test", &mut shell(script)).unwrap_err().to_string();
        assert!(
            text.ends_with("(exit status: 1):\n   Compiling b\nerror"),
            "{text}"
        );
    }

    #[test]
    fn a_line_ends_where_the_next_is_written_over_it() {
        let read = lines(io::Cursor::new("one\rtwo\n\nend"));
        let read: Vec<String> = read.map(Result::unwrap).collect();
        assert_eq!(read, ["one", "two", "", "end"]);
    }

    #[test]
    fn watched_lines_are_seen() {
        let mut lines = Vec::new();
        watched(&mut shell("echo 'test result: ok'; printf end"), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(lines, ["test result: ok", "end"]);
    }

    #[test]
    fn the_error_of_a_program_for_its_output_is_what_it_complained_of() {
        let error = output(&mut shell("echo no such thing >&2; exit 1")).unwrap_err();
        assert!(error.to_string().ends_with("no such thing"), "{error}");
    }
}
