//! A value that is made of secrets, and made anew when one of their files has changed.
//!
//! Looked for when the value is used: a `stat` for each file, and no thread that watches. The contents of the value are
//! for others to know.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use crate::config::{
    error::ConfigError,
    secret::{Contents, SecretSource, Stamp},
};

/// The generation of some secrets: another number after each change, and never the same for two. Says nothing of the
/// secrets themselves. Zero: there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct CredentialsGeneration(u64);

impl CredentialsGeneration {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

type Make<T> = dyn Fn(&[Contents]) -> Result<T, ConfigError> + Send + Sync;

pub(crate) struct Reloading<T> {
    /// The name of the secrets, for errors and the log.
    what: &'static str,
    sources: Vec<SecretSource>,
    make: Box<Make<T>>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: T,
    identity: CredentialsGeneration,
    /// The contents that the value was made of.
    contents: Vec<Contents>,
    /// The stamps of the files when they were looked at last, with success or without.
    seen: Vec<Stamp>,
    is_settled: bool,
    /// The failure that the log knows of.
    failure: Option<String>,
}

impl<T: Clone> Reloading<T> {
    /// Reads the secrets for the first time. `make` gets their contents in the order of `sources`.
    pub(crate) fn new(
        what: &'static str,
        sources: Vec<SecretSource>,
        make: impl Fn(&[Contents]) -> Result<T, ConfigError> + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        let (seen, is_settled) = look(&sources);
        let contents = read(what, &sources)?;
        Ok(Self {
            state: Mutex::new(State {
                value: make(&contents)?,
                identity: match sources.is_empty() {
                    true => CredentialsGeneration::default(),
                    false => CredentialsGeneration::next(),
                },
                contents,
                seen,
                is_settled,
                failure: None,
            }),
            what,
            sources,
            make: Box::new(make),
        })
    }

    /// The value of now; the last good one, where what is there now is none.
    pub(crate) fn current(&self) -> (T, CredentialsGeneration) {
        // Nothing panics while it is held, or what panicked is done again.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unchanged = || {
            let stamps = self.sources.iter().map(SecretSource::stamp);
            stamps.eq(state.seen.iter().copied())
        };
        if !(state.is_settled && is_unchanged()) {
            self.reload(&mut state);
        }
        (state.value.clone(), state.identity)
    }

    fn reload(&self, state: &mut State<T>) {
        // Before they are read: whoever changes them meanwhile changes their stamps too.
        (state.seen, state.is_settled) = look(&self.sources);
        let outcome = read(self.what, &self.sources).and_then(|contents| {
            if contents == state.contents {
                return Ok(None);
            }
            (self.make)(&contents).map(|value| Some((value, contents)))
        });
        match outcome {
            Ok(changed) => {
                state.failure = None;
                if let Some((value, contents)) = changed {
                    state.value = value;
                    state.contents = contents;
                    state.identity = CredentialsGeneration::next();
                    tracing::info!(what = self.what, "changed, and read again");
                }
            }
            Err(error) => {
                let text = error.to_string();
                if state.failure.as_ref() != Some(&text) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "what was read before stays in use"
                    );
                    state.failure = Some(text);
                }
            }
        }
    }
}

/// The stamps, and whether they can be believed.
fn look(sources: &[SecretSource]) -> (Vec<Stamp>, bool) {
    let now = SystemTime::now();
    let seen: Vec<_> = sources.iter().map(SecretSource::stamp).collect();
    let is_settled = seen.iter().all(|stamp| stamp.is_settled(now));
    (seen, is_settled)
}

fn read(what: &'static str, sources: &[SecretSource]) -> Result<Vec<Contents>, ConfigError> {
    let read = |place: &SecretSource| {
        place
            .read()
            .map_err(|source| ConfigError::SecretUnreadable {
                what,
                place: place.clone(),
                source,
            })
    };
    sources.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path, time::Duration};

    /// The text in the files, if there is any.
    fn reloading(files: &[&Path]) -> Reloading<String> {
        let sources = files.iter().map(SecretSource::file).collect();
        Reloading::new("text", sources, |contents| {
            let text = contents
                .iter()
                .map(|each| String::from_utf8_lossy(each.trimmed()));
            let text = text.collect::<Vec<_>>().join("+");
            match text.contains("bad") {
                true => Err(ConfigError::Secret {
                    what: "text",
                    place: SecretSource::variable("X"),
                    reason: "it is bad",
                    accepted: "good text",
                }),
                false => Ok(text),
            }
        })
        .unwrap()
    }

    /// As if it had been written a while ago.
    fn write_long_ago(path: &Path, text: &str, age: u64) {
        fs::write(path, text).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        let then = SystemTime::now() - Duration::from_secs(age);
        file.set_modified(then).unwrap();
    }

    #[test]
    fn a_file_that_is_written_anew_is_read_anew_however_soon() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a0").unwrap();
        let reloading = reloading(&[file.path()]);
        let mut identities = vec![reloading.current().1];
        for i in 1..100 {
            let text = format!("{}{}", i / 10, i % 10); // all of one length
            fs::write(file.path(), &text).unwrap();
            let (value, identity) = reloading.current();
            assert_eq!(value, text);
            assert!(!identities.contains(&identity));
            identities.push(identity);
        }
    }

    #[test]
    fn what_has_not_changed_is_the_same_and_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_long_ago(file.path(), "a", 60);
        let reloading = reloading(&[file.path()]);
        let first = reloading.current();
        // Another time and the same text.
        write_long_ago(file.path(), "a", 30);
        assert_eq!(reloading.current(), first);
        let state = reloading.state.lock().unwrap();
        assert!(state.is_settled);
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_secret_that_is_exchanged_by_its_link_is_read_anew() {
        use std::os::unix::fs::symlink;
        let mount = tempfile::tempdir().unwrap();
        let at = |name: &str| mount.path().join(name);
        // As Kubernetes does it: token -> ..data/token, ..data -> ..1.
        for (folder, text) in [("..1", "old"), ("..2", "new")] {
            fs::create_dir(at(folder)).unwrap();
            write_long_ago(&at(folder).join("token"), text, 60);
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/token", at("token")).unwrap();
        let reloading = reloading(&[&at("token")]);
        assert_eq!(reloading.current().0, "old");
        symlink("..2", at("..tmp")).unwrap();
        fs::rename(at("..tmp"), at("..data")).unwrap();
        assert_eq!(reloading.current().0, "new");
    }

    #[test]
    fn the_last_good_value_stays_while_what_is_there_is_missing_or_bad() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "good").unwrap();
        let reloading = reloading(&[file.path()]);
        let good = reloading.current();
        fs::write(file.path(), "bad").unwrap();
        assert_eq!(reloading.current(), good);
        fs::remove_file(file.path()).unwrap();
        assert_eq!(reloading.current(), good);
        fs::write(file.path(), "better").unwrap();
        let (value, identity) = reloading.current();
        assert_eq!(value, "better");
        assert_ne!(identity, good.1);
    }

    #[test]
    fn two_files_that_change_one_after_the_other_end_up_both_new() {
        let (one, two) = (
            tempfile::NamedTempFile::new().unwrap(),
            tempfile::NamedTempFile::new().unwrap(),
        );
        fs::write(one.path(), "a").unwrap();
        fs::write(two.path(), "b").unwrap();
        let reloading = reloading(&[one.path(), two.path()]);
        fs::write(one.path(), "bad").unwrap();
        assert_eq!(reloading.current().0, "a+b");
        fs::write(one.path(), "c").unwrap();
        fs::write(two.path(), "d").unwrap();
        assert_eq!(reloading.current().0, "c+d");
    }

    #[test]
    fn what_is_made_of_no_secret_has_no_identity() {
        let nothing = Reloading::new("nothing", Vec::new(), |_| Ok(7)).unwrap();
        assert_eq!(nothing.current(), (7, CredentialsGeneration::default()));
    }
}
