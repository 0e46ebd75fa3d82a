//! The packages for others, made from the components and the sources: the command line's manual and completions, which
//! it writes itself, and the packages for Python and Node, with the components of this distribution inside.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Draft;
use crate::component::Component;
use crate::npm;
use crate::process;
use crate::workspace;

/// The shells, and where each looks for the file.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "completions/metric-host.bash"),
    ("zsh", "completions/_metric-host"),
    ("fish", "completions/metric-host.fish"),
];

/// The manual's first page; each command has one of its own.
pub(super) const MANUAL: &str = "man/metric-host.1";

/// The completions' files.
pub(super) fn completions() -> impl Iterator<Item = &'static str> {
    SHELLS.into_iter().map(|(_, file)| file)
}

/// The manual and the completions, and the program itself if it is wanted.
pub(super) fn command_line(draft: &Draft<'_>) -> Result<()> {
    process::shown(&mut draft.host.build(&["metric-host"]))?;
    let host = draft.host.host();
    process::output(Command::new(&host).arg("man").arg(draft.file("man")))?;
    fs::create_dir(draft.file("completions"))?;
    for (shell, file) in SHELLS {
        let script = process::output(Command::new(&host).args(["completions", shell]))?;
        fs::write(draft.file(file), script)?;
    }
    if draft.with_host {
        fs::copy(host, draft.file("metric-host"))?;
    }
    Ok(())
}

/// The Python package, by the environment in which it is tested.
pub(super) fn wheel(draft: &Draft<'_>) -> Result<()> {
    process::quiet(
        "Making a Python environment",
        in_folder("python", "bash").arg("make-venv.sh"),
    )?;
    let components = Component::OF_THE_CONTRACT.map(|component| draft.file(component.file()));
    let mut build = in_folder("python", ".venv/bin/python");
    build
        .arg("build_wheel.py")
        .args(components)
        .arg(draft.folder);
    process::output(&mut build).map(drop)
}

/// The Node package.
pub(super) fn npm(draft: &Draft<'_>) -> Result<()> {
    let folder = folder_of("node");
    npm::ci(&folder)?;
    let mut build = in_folder("node", "npm");
    build
        .args(["run", "--silent", "build"])
        .env("METRIC_PLUGIN", draft.file(Component::Service.file()))
        .env("METRIC_CODEC", draft.file(Component::Codec.file()));
    process::quiet("Building the Node package", &mut build)?;
    let mut pack = in_folder("node", "npm");
    pack.args(["pack", "--silent", "--pack-destination"])
        .arg(draft.folder);
    process::output(&mut pack).map(drop)
}

fn folder_of(language: &str) -> PathBuf {
    workspace::root().join("tests/hosts").join(language)
}

fn in_folder(language: &str, program: &str) -> Command {
    let folder = folder_of(language);
    // A relative program is looked for where we stand, not where it is to run.
    let program = match program.contains('/') {
        true => folder.join(program),
        false => PathBuf::from(program),
    };
    let mut command = workspace::command(program);
    command.current_dir(folder);
    command
}
