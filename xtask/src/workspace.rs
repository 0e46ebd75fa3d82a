//! The places of things: sources, tools, what was built. It builds nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The plugin's target.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// The cargo profile of the plugin, and of the hostile one: what runs in the build itself is then built once for both.
pub(crate) const PLUGIN_PROFILE: &str = "plugin";

/// The repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Programs that were fetched or built because the machine has none. Never cleaned by a build.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools")
}

/// The folder where cargo keeps the sources of dependencies.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// A path as a person in the repository would write it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// A program, in the repository's folder.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    // `cargo run` describes xtask in the environment. Build scripts that watch these variables would
    // run anew, and with them half of the dependencies be built again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_the_running_package) {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo that runs xtask, with the toolchain that the repository names.
pub(crate) fn cargo() -> Command {
    command("cargo")
}

fn describes_the_running_package(variable: &str) -> bool {
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_PACKAGE",
    ]
    .iter()
    .any(|prefix| variable.starts_with(prefix))
        || variable == "CARGO"
}

/// Returns true if we may install packages.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The executable of this name on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_relative_to_the_repository() {
        assert_eq!(shown(&root().join("target/debug")), "target/debug");
        assert_eq!(shown(Path::new("/usr/bin/cargo")), "/usr/bin/cargo");
    }

    #[test]
    fn only_what_describes_the_package_is_kept_from_children() {
        assert!(describes_the_running_package("CARGO_PKG_NAME"));
        assert!(describes_the_running_package("CARGO"));
        assert!(!describes_the_running_package("CARGO_HOME"));
        assert!(!describes_the_running_package("CARGO_TARGET_DIR"));
    }
}
