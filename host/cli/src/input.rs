//! The files that a command reads besides its flags: presets, ids, families.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// A file of presets or of ids: more is no such file.
const MOST_BYTES: usize = 4 << 20;

/// Opens a regular file: a pipe with a name would be waited for until somebody writes to it. What the shell opens under
/// `/dev`, such as `/dev/stdin` and `/dev/fd/63`, is open already.
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
    read_at_most(file, MOST_BYTES)
}

/// The same of a file that may have so many bytes.
pub(crate) fn read_at_most(file: &Path, most: usize) -> Result<String, Failure> {
    let most = most as u64;
    let unreadable =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(stdin()),
        false => Box::new(open(file).map_err(unreadable)?),
    };
    let mut text = String::new();
    let read = source.take(most + 1).read_to_string(&mut text);
    match read.map_err(unreadable)? as u64 > most {
        false => Ok(text),
        true => {
            let message = format!(
                "{}: too many bytes; accepted are at most {most}",
                file.display()
            );
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
