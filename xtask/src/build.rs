//! `cargo xtask build`: the guest's components, the host, and the ones beside the other, where the command
//! line finds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::cargo_component;
use crate::component::Component;
use crate::process;
use crate::server;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace::{self, PLUGIN_PROFILE};

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Build the host optimised (the plugin always is)
    #[arg(long)]
    release: bool,
    /// The tool that builds the plugin
    #[arg(long, value_enum, default_value_t)]
    with: Builder,
    /// The toolchain that builds the plugin
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Builder {
    /// cargo and wasm-component-ld
    #[default]
    Cargo,
    /// cargo-component
    CargoComponent,
}

/// The profile that the host is built with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HostProfile {
    Debug,
    Release,
}

impl HostProfile {
    /// The folder of its programs, and of the components beside them.
    pub(crate) fn folder(self) -> PathBuf {
        workspace::target().join(match self {
            Self::Debug => "debug",
            Self::Release => "release",
        })
    }

    /// The command line's executable.
    pub(crate) fn host(self) -> PathBuf {
        self.executable("metric-host")
    }

    /// An executable of the workspace.
    pub(crate) fn executable(self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The copy of a component beside it. The command line finds the plugin there by itself.
    pub(crate) fn component(self, component: Component) -> PathBuf {
        self.folder().join(component.file())
    }

    /// The copy of the plugin.
    pub(crate) fn plugin(self) -> PathBuf {
        self.component(Component::Service)
    }

    /// The command that builds programs of the workspace. All of them from the same parts: a package built alone gets
    /// its dependencies without the features that other packages want of them, and those would be built once more.
    pub(crate) fn build(self, programs: &[&str]) -> Command {
        let mut command = workspace::cargo();
        command.args(["build", "--workspace"]);
        for program in programs {
            command.args(["--bin", program]);
        }
        command.args((self == Self::Release).then_some("--release"));
        command
    }
}

pub(crate) fn run(arguments: &BuildArgs) -> Result<()> {
    let profile = if arguments.release {
        HostProfile::Release
    } else {
        HostProfile::Debug
    };
    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    eprintln!("Wasm toolchain: {}", toolchain.name());
    match arguments.with {
        Builder::Cargo => process::shown(&mut command(&toolchain, &Component::ALL))?,
        Builder::CargoComponent => {
            cargo_component::build(&toolchain)?;
            let others = [Component::Codec, Component::Front];
            process::shown(&mut command(&toolchain, &others))?;
        }
    }
    process::shown(&mut profile.build(&["metric-host"]))?;
    let mut built = vec![("host", profile.host())];
    for component in Component::ALL {
        place(&toolchain, component, profile)?;
        built.push((component.name(), profile.component(component)));
    }
    built.push(("server", server::compose(&profile.folder())?));
    for (what, path) in built {
        let size = fs::metadata(&path)
            .with_context(|| format!("{} was not built", workspace::shown(&path)))?
            .len();
        println!(
            "{what:<7} {:>9}  {}",
            shown_size(size),
            workspace::shown(&path)
        );
    }
    Ok(())
}

/// Builds the plugin behind a progress line, and puts it beside the host.
pub(crate) fn plugin_quietly(profile: HostProfile) -> Result<()> {
    let toolchain = WasmToolchain::find(Choice::Auto)?;
    let title = format!("Building the plugin with {}", toolchain.name());
    process::quiet(&title, &mut command(&toolchain, &[Component::Service]))?;
    place(&toolchain, Component::Service, profile)
}

/// The command that builds components: in one run of cargo, so that what they depend on is built once.
pub(crate) fn command(toolchain: &WasmToolchain, components: &[Component]) -> Command {
    let mut command = toolchain.cargo("build");
    command.args(["--profile", PLUGIN_PROFILE]);
    for component in components {
        command.args(["--package", component.package()]);
    }
    command
}

/// Puts a component beside the host.
pub(crate) fn place(
    toolchain: &WasmToolchain,
    component: Component,
    profile: HostProfile,
) -> Result<()> {
    let (from, to) = (
        toolchain.built(component.file()),
        profile.component(component),
    );
    let bytes =
        fs::read(&from).with_context(|| format!("{} was not built", workspace::shown(&from)))?;
    put(&bytes, &to)
}

/// Moves a file into its place whole: somebody may be reading the old one.
pub(crate) fn put(bytes: &[u8], to: &Path) -> Result<()> {
    let new = to.with_extension("wasm.new");
    fs::create_dir_all(to.parent().unwrap_or(to))
        .and_then(|()| fs::write(&new, bytes))
        .and_then(|()| fs::rename(&new, to))
        .with_context(|| format!("cannot write {}", workspace::shown(to)))
}

/// Bytes, as far as it matters here.
pub(crate) fn shown_size(bytes: u64) -> String {
    if bytes < 10_000_000 {
        return format!("{:.1} kB", bytes as f64 / 1e3);
    }
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_thousands_and_millions() {
        assert_eq!(shown_size(181_449), "181.4 kB");
        assert_eq!(shown_size(45_650_000), "45.6 MB");
    }
}
