//! Installs Debian's packages, which only root may. Who needs them is not its concern.

use anyhow::{Result, anyhow};

use crate::process;
use crate::workspace;

/// Installs packages, after an update of the package lists if it takes one.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let apt_get = |arguments: &[&str]| {
        let mut command = workspace::command("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        command
    };
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    let title = format!("Installing {}", packages.join(", "));
    process::quiet(&title, &mut apt_get(&arguments))
        .or_else(|_| {
            // The package lists may be absent, or name versions that are gone.
            process::quiet("Updating the package lists", &mut apt_get(&["update"]))?;
            process::quiet(&title, &mut apt_get(&arguments))
        })
        .map_err(|error| {
            anyhow!(
                "`apt-get install {}` failed: {}",
                packages.join(" "),
                complaint(&error.to_string())
            )
        })
}

/// Of all that apt prints, what went wrong.
fn complaint(output: &str) -> &str {
    let said = output.lines().find_map(|line| line.strip_prefix("E: "));
    said.or_else(|| output.lines().next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_apt_prints_the_error_is_told() {
        let output =
            "`apt-get install` failed:\nReading package lists...\nE: Unable to locate package lld";
        assert_eq!(complaint(output), "Unable to locate package lld");
    }
}
