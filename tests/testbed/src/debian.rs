//! Fetches a package from Debian's archive and unpacks it, without root and without touching the system:
//! apt keeps its state in a folder of ours. It does not install, and does not follow dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Unpacks the package `name` to `tools/name`. What fails is told in one line.
pub(crate) fn fetch(name: &str, tools: &Path) -> Result<(), String> {
    fs::create_dir_all(tools)
        .map_err(|error| format!("cannot make {}: {error}", tools.display()))?;
    let tools = tools.canonicalize().map_err(|error| error.to_string())?;
    // Made in a folder of its own and moved at the end: who looks meanwhile sees all of it or nothing.
    let scratch = tempfile::tempdir_in(&tools).map_err(|error| error.to_string())?;
    // The machine's lists if they will do; else lists of our own.
    let archive = match download(name, scratch.path(), &AptState::system(&tools)?) {
        Ok(archive) => archive,
        Err(_) => {
            let state = AptState::own(&tools)?;
            run(state.apt_get().arg("update"))?;
            download(name, scratch.path(), &state)?
        }
    };
    let unpacked = scratch.path().join("unpacked");
    run(Command::new("dpkg-deb")
        .arg("-x")
        .arg(archive)
        .arg(&unpacked))?;
    match fs::rename(&unpacked, tools.join(name)) {
        // Somebody was faster; theirs is as good.
        Err(_) if tools.join(name).exists() => Ok(()),
        Err(error) => Err(format!(
            "cannot move {name} into {}: {error}",
            tools.display()
        )),
        Ok(()) => Ok(()),
    }
}

/// Where apt keeps what it knows.
struct AptState {
    cache: PathBuf,
    lists: Option<PathBuf>,
}

impl AptState {
    /// The machine's lists, read only.
    fn system(tools: &Path) -> Result<Self, String> {
        let cache = tools.join("apt/cache");
        make(&cache.join("archives/partial"))?;
        Ok(Self { cache, lists: None })
    }

    /// Lists of our own, that may be updated.
    fn own(tools: &Path) -> Result<Self, String> {
        let lists = tools.join("apt/lists");
        make(&lists.join("partial"))?;
        Ok(Self {
            lists: Some(lists),
            ..Self::system(tools)?
        })
    }

    fn apt_get(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "Debug::NoLocking=1"]);
        // Our folders do not belong to the user that apt, when it is root, would become.
        command.args(["-o", "APT::Sandbox::User=root"]);
        // Seconds; an archive that cannot be reached should not hold everything up.
        command.args([
            "-o",
            "Acquire::http::Timeout=20",
            "-o",
            "Acquire::Retries=1",
        ]);
        command
            .arg("-o")
            .arg(format!("Dir::Cache={}", self.cache.display()));
        if let Some(lists) = &self.lists {
            command
                .arg("-o")
                .arg(format!("Dir::State::lists={}", lists.display()));
        }
        command
    }
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

/// Downloads a package into `folder`.
fn download(name: &str, folder: &Path, state: &AptState) -> Result<PathBuf, String> {
    run(state
        .apt_get()
        .arg("download")
        .arg(name)
        .current_dir(folder))?;
    fs::read_dir(folder)
        .map_err(|error| error.to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| format!("apt-get download {name} left no package"))
}

/// Runs a command; its last line of complaint is the error.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no message");
    Err(format!("{program}: {}", last.trim()))
}
