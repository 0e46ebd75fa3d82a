//! Fetches packages of any suite of Debian's archive and unpacks them, without root and without touching the
//! system: apt gets a list of sources and a state of its own. It does not install, and does not follow dependencies.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::release::Packaged;

/// The address of the archive, unless the machine knows a nearer mirror.
const ARCHIVE: &str = "http://deb.debian.org/debian/";
/// Debian's keys, which newer releases do not trust by default but for sources that name them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Unpacks a release into its folder in `tools`, where it may be already. A failure is told in one line.
pub(crate) fn fetch(release: &Packaged, tools: &Path) -> Result<(), String> {
    make(tools)?;
    let tools = tools.canonicalize().map_err(|error| error.to_string())?;
    // One at a time: tests run in many threads and processes, and all want the same.
    let lock = tools.join(".lock");
    let lock =
        File::create(&lock).map_err(|error| format!("cannot write {}: {error}", lock.display()))?;
    lock.lock().map_err(|error| error.to_string())?;
    let folder = tools.join(release.folder());
    if folder.exists() {
        return Ok(());
    }
    // Made in a folder of its own and moved at the end: who looks meanwhile sees all of it or nothing.
    let scratch = tempfile::tempdir_in(&tools).map_err(|error| error.to_string())?;
    let unpacked = scratch.path().join("unpacked");
    for package in download(release, scratch.path())? {
        run(Command::new("dpkg-deb")
            .arg("-x")
            .arg(package)
            .arg(&unpacked))?;
    }
    fs::rename(&unpacked, &folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

/// Downloads the packages of a release. Checks that they are of that release.
fn download(release: &Packaged, scratch: &Path) -> Result<Vec<PathBuf>, String> {
    let apt = Apt::of_suite(release.suite, scratch)?;
    run(apt.get().arg("update"))?;
    let folder = scratch.join("packages");
    make(&folder)?;
    run(apt
        .get()
        .arg("download")
        .args(release.packages)
        .current_dir(&folder))?;
    let packages: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|error| error.to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    for package in &packages {
        check_release(release, package)?;
    }
    Ok(packages)
}

/// A package's file is called `name_version_architecture.deb`.
fn check_release(release: &Packaged, package: &Path) -> Result<(), String> {
    let file = package
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let version = file.split('_').nth(1).unwrap_or(&file);
    if version.starts_with(&format!("{}.", release.version)) {
        return Ok(());
    }
    Err(format!(
        "Debian's {} has {} {version} by now",
        release.suite, release.program
    ))
}

/// An apt that knows one suite of Debian's archive, and nothing of what is installed.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn of_suite(suite: &str, scratch: &Path) -> Result<Self, String> {
        let folder = scratch.join("apt");
        make(&folder.join("lists/partial"))?;
        make(&folder.join("cache/archives/partial"))?;
        let signed = if Path::new(KEYRING).exists() {
            format!("[signed-by={KEYRING}] ")
        } else {
            String::new()
        };
        let source = format!("deb {signed}{} {suite} main\n", mirror());
        for (name, text) in [("sources.list", source.as_str()), ("status", "")] {
            let file = folder.join(name);
            fs::write(&file, text)
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        Ok(Self { folder })
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.arg("-qq");
        let folder = self.folder.display();
        for option in [
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={folder}/lists"),
            format!("Dir::State::status={folder}/status"),
            format!("Dir::Cache={folder}/cache"),
            // Only the packages: neither translations nor what software centres show.
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            // Our folders do not belong to the user that apt, when it is root, would become.
            "APT::Sandbox::User=root".to_owned(),
            // Seconds; an archive that cannot be reached should not hold everything up.
            "Acquire::http::Timeout=20".to_owned(),
            "Acquire::Retries=1".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        command
    }
}

/// The mirror of Debian's archive that the machine itself uses; where it uses none, Debian's own.
fn mirror() -> String {
    let known = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)"])
        .stderr(Stdio::null())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    known
        .unwrap_or_default()
        .lines()
        .find(|address| address.ends_with("/debian/"))
        .unwrap_or(ARCHIVE)
        .to_owned()
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::PrometheusRelease;

    #[test]
    fn a_suite_that_has_moved_on_is_told_and_not_taken_for_the_release() {
        let release = PrometheusRelease::V3_5.packaged();
        let file = |version| PathBuf::from(format!("/x/prometheus_{version}_amd64.deb"));
        assert_eq!(check_release(release, &file("3.5.3+ds1-6")), Ok(()));
        assert_eq!(
            check_release(release, &file("3.51.0-1")),
            Err("Debian's forky has prometheus 3.51.0-1 by now".to_owned())
        );
    }
}
