//! Finds the plugin's file. It does not read it.

use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;

/// The plugin's name beside the executable.
const BESIDE: &str = "metric_service.wasm";

const HINT: &str = "`cargo xtask build` makes the plugin; --plugin FILE or METRIC_PLUGIN names it";

/// The plugin: `named` (from `--plugin` or `METRIC_PLUGIN`), else the one beside the executable.
pub(crate) fn plugin(named: Option<&Path>) -> Result<PathBuf, Failure> {
    // An empty variable is one that is not set.
    if let Some(file) = named.filter(|file| !file.as_os_str().is_empty()) {
        return if file.is_file() {
            Ok(file.to_owned())
        } else {
            Err(not_at(file))
        };
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(|dir| dir.join(BESIDE)));
    match beside {
        Some(file) if file.is_file() => Ok(file),
        beside => Err(nowhere(beside.as_deref())),
    }
}

fn not_at(file: &Path) -> Failure {
    let what = if file.exists() {
        "not a file"
    } else {
        "no such file"
    };
    Failure::new(
        Exit::PluginBroken,
        format!(
            "no plugin at {}: {what} (named by --plugin or METRIC_PLUGIN)",
            file.display()
        ),
    )
    .with_hint(HINT)
}

fn nowhere(beside: Option<&Path>) -> Failure {
    let beside = match beside {
        Some(file) => format!("{} (no such file)", file.display()),
        None => format!("{BESIDE} beside this program (whose place is unknown)"),
    };
    Failure::new(
        Exit::PluginBroken,
        format!(
            "no plugin found; looked at\n  --plugin (not given)\n  METRIC_PLUGIN (not set)\n  {beside}"
        ),
    )
    .with_hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_plugin_is_taken_or_refused_and_nothing_else_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.wasm");
        assert_eq!(plugin(Some(&file)).unwrap_err().exit(), Exit::PluginBroken);
        std::fs::write(&file, b"").unwrap();
        assert_eq!(plugin(Some(&file)).unwrap(), file);
        let error = plugin(Some(folder.path())).unwrap_err();
        assert!(error.to_string().contains("not a file"), "{error}");
    }

    #[test]
    fn an_empty_name_is_no_name() {
        let error = plugin(Some(Path::new(""))).unwrap_err().to_string();
        assert!(
            error.contains("--plugin (not given)") && error.contains(BESIDE),
            "{error}"
        );
    }
}
