//! The files that a command reads besides its flags: presets, ids, families.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// A file of presets or of ids: more is no such file.
const MOST_BYTES: usize = 4 << 20;

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
        false => Box::new(File::open(file).map_err(unreadable)?),
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
