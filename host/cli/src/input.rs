//! The files that a command reads besides its flags: presets, ids, families.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// A file of presets, of ids or of families: more is no such file.
const MOST_BYTES: u64 = 4 << 20;

/// The whole of a file; of `-`, of stdin.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(stdin()),
        false => Box::new(File::open(file).map_err(unreadable)?),
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
