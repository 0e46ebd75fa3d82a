//! The folder of compiled plugins: where it is, and whether what lies there may be run.
//!
//! Knows nothing of plugins, nor of how they are compiled.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::compiled_plugins::CompiledPlugins;

/// The folder where compiled plugins are kept, so that the next start need not compile them again: the latest, within
/// 512 MiB.
///
/// The entries are run as native code. So the folder is made for its owner alone, and one that somebody else can
/// write to is not used: one that belongs to neither this user nor root or is writable for group or others, or that
/// is below such a folder (one with the sticky bit, as `/tmp`, apart). A cache that cannot be made or used is no
/// error; the host goes on without, and says so in the log. An entry that is damaged, or no regular file, is removed or
/// left alone, and the plugin compiled anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CompileCache {
    /// `metric-host` in the user's cache directory (`$XDG_CACHE_HOME`, `~/.cache`, `~/Library/Caches`, …).
    #[default]
    User,
    /// This directory. It is created when it is not there.
    Directory(PathBuf),
    /// Nowhere.
    Off,
}

impl CompileCache {
    /// The plugins in that folder. None: there is to be none, or the folder cannot be used.
    pub(crate) fn open(&self) -> Option<CompiledPlugins> {
        let directory = match self {
            Self::Off => return None,
            Self::Directory(directory) => std::path::absolute(directory).ok(),
            Self::User => directories::ProjectDirs::from("", "", "metric-host")
                .map(|dirs| dirs.cache_dir().to_owned()),
        };
        let Some(directory) = directory else {
            tracing::debug!("no directory for the compile cache, going on without");
            return None;
        };
        private(&directory)
            .inspect_err(|error| {
                tracing::warn!(
                    directory = %directory.display(),
                    %error,
                    "compiled plugins are not kept: their folder cannot be used"
                );
            })
            .ok()
            .map(CompiledPlugins::in_folder)
    }
}

/// The reason why the contents of a folder are not run.
#[derive(Debug, thiserror::Error)]
enum Untrusted {
    #[error("{} cannot be made or looked at: {source}", folder.display())]
    Unreadable { folder: PathBuf, source: io::Error },
    #[cfg(unix)]
    #[error("{} belongs to user {owner}, neither to this one nor to root", folder.display())]
    Foreign { folder: PathBuf, owner: u32 },
    #[cfg(unix)]
    #[error("others can write to {} (mode {mode:04o})", folder.display())]
    Writable { folder: PathBuf, mode: u32 },
}

/// Makes the folder if it is not there, and looks whether anybody else could have put something into it. Returns
/// where it really is, so that no link on the way there decides about it later.
fn private(folder: &Path) -> Result<PathBuf, Untrusted> {
    let unreadable = |source| Untrusted::Unreadable {
        folder: folder.to_owned(),
        source,
    };
    make(folder).map_err(unreadable)?;
    let real = folder.canonicalize().map_err(unreadable)?;
    #[cfg(unix)]
    for above in real.ancestors() {
        check(above, above == real)?;
    }
    Ok(real)
}

/// Makes a folder, and those above it, for the owner alone, whatever the umask.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Looks at one folder: the one itself, or one on the way to it.
#[cfg(unix)]
fn check(folder: &Path, itself: bool) -> Result<(), Untrusted> {
    use std::os::unix::fs::MetadataExt as _;

    const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    let metadata = folder
        .symlink_metadata()
        .map_err(|source| Untrusted::Unreadable {
            folder: folder.to_owned(),
            source,
        })?;
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(Untrusted::Foreign {
            folder: folder.to_owned(),
            owner,
        });
    }
    let mode = metadata.mode() & 0o7777;
    // In a sticky folder others can add entries of theirs, and not exchange ours.
    let is_sticky = !itself && mode & STICKY != 0;
    if mode & GROUP_OR_OTHERS_WRITE != 0 && !is_sticky {
        return Err(Untrusted::Writable {
            folder: folder.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::testing::log::Log;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    };

    fn set(folder: &Path, mode: u32) {
        fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("a/b");
        assert_eq!(private(&folder).unwrap(), folder.canonicalize().unwrap());
        for made in [&folder, &above.path().join("a")] {
            assert_eq!(made.metadata().unwrap().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used_and_the_log_says_so() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("cache");
        fs::create_dir(&folder).unwrap();
        // The sticky bit guards what lies in a folder, not the folder from new things.
        for mode in [0o777, 0o770, 0o720, 0o702, 0o1777] {
            set(&folder, mode);
            let log = Log::catch();
            assert!(CompileCache::Directory(folder.clone()).open().is_none());
            let said = log.text();
            assert!(
                said.contains("WARN") && said.contains("others can write to"),
                "{mode:o}: {said}"
            );
            // Nor is it made private after the fact: who knows what lies there.
            assert_eq!(folder.metadata().unwrap().mode() & 0o7777, mode);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        }
        for mode in [0o755, 0o700] {
            set(&folder, mode);
            assert!(CompileCache::Directory(folder.clone()).open().is_some());
        }
    }

    #[test]
    fn a_folder_below_one_that_others_can_write_to_is_not_used() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("open/cache");
        fs::create_dir_all(&folder).unwrap();
        let open = above.path().join("open");
        set(&open, 0o777);
        assert!(matches!(private(&folder), Err(Untrusted::Writable { .. })));
        // By a link from elsewhere, too.
        let link = above.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(matches!(private(&link), Err(Untrusted::Writable { .. })));
        // As `/tmp` is.
        set(&open, 0o1777);
        private(&folder).unwrap();
    }

    #[test]
    fn a_folder_of_another_user_is_not_used() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("theirs/cache");
        fs::create_dir_all(&folder).unwrap();
        // Only root can give something away.
        if std::os::unix::fs::chown(above.path().join("theirs"), Some(1234), None).is_err() {
            eprintln!("skipped: not root, so no folder can be given to another user");
            return;
        }
        assert!(matches!(
            private(&folder),
            Err(Untrusted::Foreign { owner: 1234, .. })
        ));
    }
}
