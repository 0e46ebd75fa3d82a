//! A file that decides who may ask: read only where nobody else could have written it.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::Path,
};

/// The most that is read: ten thousand tokens take some two million bytes.
const MOST: u64 = 4 << 20;

/// The access that a file is guarded from, beside others' writing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarded {
    /// From nothing more: what is in it is no secret.
    Integrity,
    /// From everybody's reading it. A group's may: that is how secrets are mounted for a user who is not root.
    Secret,
}

/// The contents of a regular file.
///
/// # Errors
/// Also where others than its owner may write to it, or may read a secret.
pub(super) fn read(path: &Path, guarded: Guarded) -> io::Result<Vec<u8>> {
    // Before it is opened: a pipe would keep us waiting.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let file = File::open(path)?;
    let found = file.metadata()?;
    if may_be_written_by_others(&found) {
        return Err(io::Error::other(
            "others than its owner may write to it, and so decide who may ask; accepted is a file after `chmod go-w`",
        ));
    }
    if guarded == Guarded::Secret && may_be_read_by_all(&found) {
        return Err(io::Error::other(
            "everybody may read it, and so make tokens; accepted is a file after `chmod o-r`",
        ));
    }
    let mut contents = Vec::new();
    file.take(MOST + 1).read_to_end(&mut contents)?;
    match contents.len() as u64 > MOST {
        true => Err(io::Error::other("it is longer than 4 MiB")),
        false => Ok(contents),
    }
}

/// Returns true if everybody may read this file.
pub(super) fn is_read_by_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| may_be_read_by_all(&found))
}

#[cfg(unix)]
fn mode(found: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions())
}

/// Elsewhere a file's mode says nothing of who may do what.
#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}

fn may_be_written_by_others(found: &Metadata) -> bool {
    mode(found) & 0o022 != 0
}

fn may_be_read_by_all(found: &Metadata) -> bool {
    mode(found) & 0o004 != 0
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read_with(mode: u32, guarded: Guarded) -> io::Result<Vec<u8>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        read(file.path(), guarded)
    }

    #[test]
    fn a_file_that_others_may_write_to_is_not_read() {
        for guarded in [Guarded::Integrity, Guarded::Secret] {
            for mode in [0o620, 0o602, 0o666] {
                let reason = read_with(mode, guarded).unwrap_err().to_string();
                assert!(reason.contains("chmod go-w"), "{mode:o} {reason}");
            }
            assert!(read_with(0o640, guarded).is_ok());
        }
    }

    #[test]
    fn a_secret_that_everybody_may_read_is_not_read() {
        let reason = read_with(0o644, Guarded::Secret).unwrap_err().to_string();
        assert!(reason.contains("chmod o-r"), "{reason}");
        assert!(read_with(0o644, Guarded::Integrity).is_ok());
    }

    #[test]
    fn what_is_no_file_or_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long");
        File::create(&long).unwrap().set_len(MOST + 1).unwrap();
        fs::set_permissions(&long, fs::Permissions::from_mode(0o600)).unwrap();
        let reason = |path: &Path| read(path, Guarded::Integrity).unwrap_err().to_string();
        assert!(reason(&long).contains("longer than"));
        assert!(reason(folder.path()).contains("no regular file"));
        assert!(reason(Path::new("/dev/zero")).contains("no regular file"));
    }
}
