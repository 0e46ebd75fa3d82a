//! Reads a plugin's file: a regular one, and no more of it than may be. Knows nothing of what is in it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    path::Path,
};

use super::error::LoadError;

/// The bytes of a plugin's file, of which at most `maximum` are accepted.
///
/// Whatever the path leads to, this returns, and takes no more memory than `maximum`: a pipe or a device is refused
/// unread, and a file that grows is left where it grows too large.
///
/// # Errors
/// [`LoadError::Read`], [`LoadError::NotAFile`], [`LoadError::TooLarge`], [`LoadError::OutOfResources`].
pub fn read_plugin(path: impl AsRef<Path>, maximum: u64) -> Result<Vec<u8>, LoadError> {
    let path = path.as_ref();
    let unreadable = |error| LoadError::read(path, error);
    let file = open(path).map_err(unreadable)?;
    // Of the file that is open: another may have been put in its place.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::NotAFile {
            path: path.to_owned(),
        });
    }
    let too_large = |size| LoadError::TooLarge { size, maximum };
    if metadata.len() > maximum {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // One more tells that there is more.
    let read = file.take(maximum.saturating_add(1)).read_to_end(&mut bytes);
    let size = read.map_err(unreadable)? as u64;
    if size > maximum {
        return Err(too_large(size));
    }
    Ok(bytes)
}

/// Opens a file to be read, without waiting for the other end of what turns out to be a pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn folder_with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let (_folder, path) = folder_with("plugin.wasm", b"seven b");
        assert_eq!(read_plugin(&path, 7).unwrap(), b"seven b");
        assert!(matches!(
            read_plugin(&path, 6),
            Err(LoadError::TooLarge {
                size: 7,
                maximum: 6
            })
        ));
    }

    #[test]
    fn a_file_of_six_gigabytes_is_refused_unread() {
        let (_folder, path) = folder_with("sparse.wasm", b"");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        // Takes no room on the disk.
        file.set_len(6 << 30).unwrap();
        assert!(matches!(
            read_plugin(&path, 1 << 20),
            Err(LoadError::TooLarge { size, .. }) if size == 6 << 30
        ));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_has_more_in_it_than_its_size_says_is_left_at_the_limit() {
        // As one that grows after its size was read: this one says that it is empty.
        let path = "/proc/self/maps";
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
        assert!(matches!(
            read_plugin(path, 100),
            Err(LoadError::TooLarge {
                size: 101,
                maximum: 100
            })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_at_once_and_unread() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        // Nobody ever writes to it.
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [Path::new("/dev/zero"), folder.path(), &pipe] {
            let error = read_plugin(path, 1 << 20).unwrap_err();
            assert!(matches!(error, LoadError::NotAFile { .. }), "{error:?}");
        }
        // Cannot even be opened.
        let error = read_plugin(&socket, 1 << 20).unwrap_err();
        assert!(matches!(error, LoadError::Read { .. }), "{error:?}");
    }
}
