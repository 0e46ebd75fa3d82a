//! Compiled plugins in the cache's folder: a file each, as wasmtime reads it, mapped into memory when it is used again, and
//! shared by all processes that do. wasmtime's own cache packs its entries, and unpacking one takes longer than all else
//! that a start does.
//!
//! Knows nothing of whom the folder belongs to.

use std::{
    fs::{self, File, OpenOptions},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use wasmtime::{Engine, component::Component};

use super::{digest::PluginDigest, plugin_file};

/// The largest file that is kept. A plugin of a few megabytes takes four times as much when it is compiled.
const ENTRY_BYTES: u64 = 256 << 20;
/// What all files may take. The oldest go.
const FOLDER_BYTES: u64 = 512 << 20;

/// The files of a folder that is private.
pub(crate) struct CompiledPlugins {
    folder: PathBuf,
}

/// A plugin among them, as an engine compiles it.
pub(crate) struct Entry<'a> {
    folder: &'a Path,
    /// How its file's name begins: the digest of the plugin, and what the engine's code depends on. A checksum of the
    /// file follows.
    key: String,
}

impl CompiledPlugins {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The place of a plugin, which may be empty.
    pub(crate) fn entry(&self, engine: &Engine, plugin: &[u8]) -> Entry<'_> {
        let mut settings = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut settings);
        Entry {
            folder: &self.folder,
            key: format!("{}-{:016x}-", PluginDigest::of(plugin), settings.finish()),
        }
    }
}

impl Entry<'_> {
    /// The plugin, if it is there and whole. A file that is damaged is removed.
    pub(crate) fn read(&self, engine: &Engine) -> Option<Component> {
        let files = fs::read_dir(self.folder).ok()?;
        files
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .filter_map(|name| Some((self.folder.join(&name), checksum_in(&name, &self.key)?)))
            .find_map(|(path, checksum)| match checksum_of(&path) {
                Ok(found) if found == checksum => load(engine, &path),
                Ok(_) => {
                    tracing::warn!(file = %path.display(), "a compiled plugin is damaged, compiling anew");
                    let _ = fs::remove_file(&path);
                    None
                }
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "a compiled plugin cannot be read, compiling anew");
                    None
                }
            })
    }

    /// Keeps the plugin, compiled. What cannot be kept is compiled again the next time.
    pub(crate) fn write(&self, component: &Component) {
        let kept = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|code| self.put(&code))
            .and_then(|()| prune(self.folder));
        if let Err(error) = kept {
            tracing::debug!(folder = %self.folder.display(), %error, "a compiled plugin is not kept");
        }
    }

    fn put(&self, code: &[u8]) -> io::Result<()> {
        if code.len() as u64 > ENTRY_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let name = format!("{}{:08x}", self.key, crc32fast::hash(code));
        // Under its name only when it is whole, whoever reads or writes meanwhile.
        let unfinished = self.folder.join(format!(".{name}.{}", std::process::id()));
        let written = create(&unfinished)
            .and_then(|mut file| file.write_all(code))
            .and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    }
}

/// The checksum that the name of a file of this key ends with.
fn checksum_in(name: &str, key: &str) -> Option<u32> {
    let digits = name.strip_prefix(key)?;
    u32::from_str_radix(digits, 16).ok()
}

/// That of a file's content: no guard against a villain, who could write to the folder as well, but against a disk.
fn checksum_of(path: &Path) -> io::Result<u32> {
    let mut file = plugin_file::open(path)?;
    let metadata = file.metadata()?;
    // Others do not end.
    if !metadata.is_file() || metadata.len() > ENTRY_BYTES {
        return Err(io::Error::other(format!(
            "it is no regular file of at most {ENTRY_BYTES} bytes; it can be removed"
        )));
    }
    let mut checksum = crc32fast::Hasher::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(checksum.finalize()),
            read => checksum.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

/// None: it is of another wasmtime, or the system is short of something.
#[allow(
    unsafe_code,
    reason = "it is run as native code, which is what it is kept for"
)]
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    // SAFETY: only this user and root can have written to the folder, and the file is what `Entry::write` wrote.
    let mapped = unsafe { Component::deserialize_file(engine, path) };
    mapped
        .or_else(|_| {
            // Where no file may be run from, as on a disk that is mounted `noexec`.
            let code = fs::read(path)?;
            // SAFETY: the same.
            unsafe { Component::deserialize(engine, code) }
        })
        .inspect_err(|error| {
            tracing::warn!(file = %path.display(), error = format!("{error:#}"), "a compiled plugin cannot be used");
        })
        .ok()
}

/// A new file, for its owner alone.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes the oldest files beyond [`FOLDER_BYTES`]. Who has mapped one keeps it.
fn prune(folder: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for file in folder.read_dir()? {
        let file = file?;
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => {
                files.push((metadata.modified()?, metadata.len(), file.path()));
            }
            // Of somebody else, or gone meanwhile.
            _ => {}
        }
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    let mut bytes = 0;
    for (_, length, path) in files {
        bytes += length;
        if bytes > FOLDER_BYTES {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::log::Log;
    use std::time::{Duration, SystemTime};

    fn engine() -> Engine {
        Engine::default()
    }

    /// A folder with one plugin, which is compiled in it.
    fn kept() -> (tempfile::TempDir, CompiledPlugins, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let plugins = CompiledPlugins::in_folder(folder.path().to_owned());
        let plugin = wat::parse_str("(component (core module (memory 1)))").unwrap();
        let component = Component::from_binary(&engine(), &plugin).unwrap();
        plugins.entry(&engine(), &plugin).write(&component);
        (folder, plugins, plugin)
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = folder.read_dir().unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_is_kept_is_found_again_for_the_same_plugin_and_settings_alone() {
        let (folder, plugins, plugin) = kept();
        assert!(plugins.entry(&engine(), &plugin).read(&engine()).is_some());
        let other = Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap();
        assert!(plugins.entry(&other, &plugin).read(&other).is_none());
        let another = wat::parse_str("(component)").unwrap();
        assert!(plugins.entry(&engine(), &another).read(&engine()).is_none());
        assert_eq!(files(folder.path()).len(), 1);
    }

    #[test]
    fn one_flipped_bit_wherever_it_is_makes_a_miss_and_removes_the_file() {
        let (folder, plugins, plugin) = kept();
        let [path] = files(folder.path()).try_into().unwrap();
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 50) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&path, damaged).unwrap();
            let log = Log::catch();
            assert!(plugins.entry(&engine(), &plugin).read(&engine()).is_none());
            assert!(log.text().contains("is damaged"), "{}", log.text());
            assert!(!path.exists(), "byte {at}");
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(plugins.entry(&engine(), &plugin).read(&engine()).is_none());
        }
        fs::write(&path, whole).unwrap();
        assert!(plugins.entry(&engine(), &plugin).read(&engine()).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read_and_the_log_names_it() {
        let (folder, plugins, plugin) = kept();
        let [path] = files(folder.path()).try_into().unwrap();
        let makers: [fn(&Path); 4] = [
            |path| {
                let made = std::process::Command::new("mkfifo").arg(path).status();
                assert!(made.unwrap().success());
            },
            |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            |path| fs::create_dir(path).unwrap(),
            |path| {
                File::create(path)
                    .unwrap()
                    .set_len(ENTRY_BYTES + 1)
                    .unwrap();
            }, // a hole
        ];
        fs::remove_file(&path).unwrap();
        for make in makers {
            make(&path);
            let log = Log::catch();
            assert!(plugins.entry(&engine(), &plugin).read(&engine()).is_none());
            let said = log.text();
            assert!(said.contains("WARN"), "{said}");
            assert!(said.contains(&*path.to_string_lossy()), "{said}");
            fs::remove_file(&path)
                .or_else(|_| fs::remove_dir(&path))
                .unwrap();
        }
    }

    #[test]
    fn the_oldest_go_when_all_take_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, age) in [("new", 0), ("older", 10), ("oldest", 20)] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_len(FOLDER_BYTES / 2).unwrap(); // holes
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        prune(folder.path()).unwrap();
        let mut left = files(folder.path());
        left.sort();
        assert_eq!(left, ["new", "older"].map(|name| folder.path().join(name)));
    }
}
