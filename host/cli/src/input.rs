//! The files that a command reads besides its flags: presets, ids, families.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// A file of presets, of ids or of families: more is no such file.
const MOST_BYTES: u64 = 4 << 20;

/// Opens a regular file: a pipe with a name would be waited for until somebody writes to it. What the shell opens under `/dev`, such
/// as `/dev/stdin` and `/dev/fd/63`, is open already.
fn open(file: &Path) -> std::io::Result<File> {
    if !std::fs::metadata(file)?.is_file() && !file.starts_with("/dev") {
        return Err(std::io::Error::other(
            "it is no regular file; accepted are a file, and - for stdin",
        ));
    }
    File::open(file)
}

/// The whole of a file; of `-`, of stdin.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(stdin()),
        false => Box::new(open(file).map_err(unreadable)?),
    };
    let mut text = String::new();
    let read = source.take(MOST_BYTES + 1).read_to_string(&mut text);
    match read.map_err(unreadable)? as u64 > MOST_BYTES {
        false => Ok(text),
        true => {
            let message = format!("{}: more than {MOST_BYTES} bytes", file.display());
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_to_which_nobody_writes_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let refused = read(&pipe).unwrap_err().to_string();
        assert!(refused.contains("accepted are a file, and -"), "{refused}");
        let file = folder.path().join("file");
        std::fs::write(&file, "one").unwrap();
        assert_eq!(read(&file).unwrap(), "one");
    }
}
