//! A secret in a file, or in an environment variable. Reads it; knows nothing of what it is for.

use std::{
    fmt,
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use secrecy::SecretBox;

/// The most that is read of a file: the largest bundles of certificates have some hundred kilobytes.
const MOST: u64 = 1 << 20;

/// A file that changed less than this before it was read may change again without its times showing it: clocks of
/// file systems tick as slowly as once in two seconds.
const SETTLES: Duration = Duration::from_secs(2);

/// The place where the host finds a secret. Holds the place only, never what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretSource {
    /// A file, read again when it has changed. Mounted secrets, which change by a symbolic link that is exchanged,
    /// are meant to be named by that link.
    File(PathBuf),
    /// An environment variable of this process, read once.
    Variable(String),
}

impl SecretSource {
    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// An environment variable.
    pub fn variable(name: impl Into<String>) -> Self {
        Self::Variable(name.into())
    }

    /// The present contents.
    pub(crate) fn read(&self) -> io::Result<Contents> {
        match self {
            Self::File(path) => read_file(path).map(Contents::new),
            Self::Variable(name) => std::env::var_os(name)
                .map(|value| Contents::new(value.into_encoded_bytes()))
                .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it is not set")),
        }
    }

    /// A stamp that differs once the contents have changed.
    pub(crate) fn stamp(&self) -> Stamp {
        match self {
            Self::File(path) => Stamp(fs::metadata(path).ok().map(|found| Times::of(&found))),
            Self::Variable(_) => Stamp(None),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        // A pipe would keep us waiting, and could be read only once.
        return Err(io::Error::other("it is no regular file"));
    }
    // In one piece: what a vector leaves behind as it grows is not wiped.
    let expected = usize::try_from(found.len().min(MOST)).unwrap_or(0);
    let mut contents = Vec::with_capacity(expected + 2);
    File::open(path)?
        .take(MOST + 1)
        .read_to_end(&mut contents)?;
    match contents.len() as u64 > MOST {
        true => Err(io::Error::other("it is longer than 1 MiB")),
        false => Ok(contents),
    }
}

/// The contents of a secret. Wiped when dropped, and never shown.
pub(crate) struct Contents(SecretBox<Vec<u8>>);

impl Contents {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }

    /// Without the blanks around it: files end with a line break.
    pub(crate) fn trimmed(&self) -> &[u8] {
        self.bytes().trim_ascii()
    }
}

impl PartialEq for Contents {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

/// The time of a file's last change, and its identity. None: it is not there, or is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(Option<Times>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    modified: Option<SystemTime>,
    length: u64,
    identity: [i64; 4],
}

impl Stamp {
    /// Returns true if any later change of a file with this stamp, which is read `now`, shows in its stamp.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        self.0.is_none_or(|times| {
            times
                .modified
                .is_some_and(|then| now.duration_since(then).is_ok_and(|age| age > SETTLES))
        })
    }
}

impl Times {
    fn of(found: &Metadata) -> Self {
        Self {
            modified: found.modified().ok(),
            length: found.len(),
            identity: identity(found),
        }
    }
}

/// Device, number, and the time that nobody can set back: a file that is moved here may be older than the one before.
#[cfg(unix)]
fn identity(found: &Metadata) -> [i64; 4] {
    use std::os::unix::fs::MetadataExt as _;
    [
        found.dev().cast_signed(),
        found.ino().cast_signed(),
        found.ctime(),
        found.ctime_nsec(),
    ]
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [i64; 4] {
    [0; 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_variable_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        fs::write(&path, " abc\r\n").unwrap();
        let contents = SecretSource::file(&path).read().unwrap();
        assert_eq!(contents.bytes(), b" abc\r\n");
        assert_eq!(contents.trimmed(), b"abc");
        // cargo sets it.
        let contents = SecretSource::variable("CARGO_PKG_NAME").read().unwrap();
        assert_eq!(contents.bytes(), b"metric-host");
    }

    #[test]
    fn what_is_not_there_is_no_file_or_is_too_long_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("long");
        fs::write(&long, vec![b'a'; MOST as usize + 1]).unwrap();
        let reason = |source: SecretSource| source.read().err().unwrap().to_string();
        let file = |name| SecretSource::file(directory.path().join(name));
        assert!(reason(file("none")).contains("No such file"));
        assert!(reason(file("")).contains("no regular file"));
        assert!(reason(file("long")).contains("longer than 1 MiB"));
        let unset = SecretSource::variable("METRIC_HOST_NO_SUCH_VARIABLE");
        assert!(reason(unset).contains("not set"));
        assert!(reason(SecretSource::file("/dev/null")).contains("no regular file"));
    }

    #[test]
    fn a_stamp_tells_a_file_that_took_another_ones_place_and_its_time() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&path, "1").unwrap();
        let source = SecretSource::file(&path);
        let before = source.stamp();
        assert_eq!(before, source.stamp());
        fs::write(&other, "2").unwrap();
        let then = fs::metadata(&path).unwrap().modified().unwrap();
        let file = File::options().write(true).open(&other).unwrap();
        file.set_modified(then).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(before, source.stamp());
    }

    #[test]
    fn a_stamp_is_believed_when_the_file_has_rested() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stamp = SecretSource::file(file.path()).stamp();
        let now = SystemTime::now();
        assert!(!stamp.is_settled(now));
        assert!(stamp.is_settled(now + 2 * SETTLES));
        assert!(SecretSource::variable("X").stamp().is_settled(now));
    }
}
