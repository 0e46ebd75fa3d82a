//! A Python with what the benchmark's competing service imports, in a virtual environment of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace;

/// The interpreter of the environment, which is made if it is not there or not of the lock file; none: Python is missing.
pub(crate) fn python() -> Result<Option<PathBuf>> {
    let lock = workspace::root().join("tests/src/bench/python_service/requirements.lock");
    let environment = workspace::target().join("python-service");
    let python = environment.join("bin/python");
    let installed = environment.join("installed.lock");
    let wanted = fs::read(&lock)?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(python));
    }
    let Some(interpreter) = ["python3.13", "python3.12", "python3.11", "python3"]
        .into_iter()
        .find(|name| has_venv(name))
    else {
        return Ok(None);
    };
    process::quiet(
        "Making a Python environment for the competing service",
        workspace::command(interpreter)
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    process::quiet(
        "Installing aiohttp and pydantic",
        workspace::command(&python)
            .args(["-m", "pip", "--disable-pip-version-check", "install"])
            .args(["--require-hashes", "-r"])
            .arg(&lock),
    )?;
    fs::write(installed, wanted)?;
    Ok(Some(python))
}

/// A name in PATH may be a shim with nothing behind it, so it is asked.
fn has_venv(interpreter: &str) -> bool {
    let probe = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
    process::output(workspace::command(interpreter).args(["-c", probe])).is_ok()
}
