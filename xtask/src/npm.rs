//! Node's packages: whether there is an npm, and what a folder's lock file says. Their use is not its concern.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace;

/// Names what is missing, and how to get it; none: nothing is.
pub(crate) fn missing() -> Option<&'static str> {
    (!(runs("node") && runs("npm"))).then_some(
        "node 20 and npm are missing: https://nodejs.org, or `apt-get install nodejs npm`",
    )
}

/// `npm ci`, if the lock file is not the one that was installed last.
pub(crate) fn ci(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no lock file", workspace::shown(folder)))?;
    let installed = folder.join("node_modules/.installed-lock");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    process::shown(
        workspace::command("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )?;
    Ok(fs::write(installed, lock)?)
}

/// Returns true if a program is there.
pub(crate) fn runs(program: &str) -> bool {
    process::output(Command::new(program).arg("--version")).is_ok()
}
