//! The hosts in other languages: what each needs, how it is set up, and how its tests are run. If something cannot be
//! had, one line says so, and that host is left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::build::HostProfile;
use crate::component::Component;
use crate::debian;
use crate::npm::{self, runs};
use crate::process;
use crate::server;
use crate::workspace;

/// A host in another language, with tests of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Host {
    /// Node.
    Node,
    /// A page in headless Chromium.
    Browser,
    /// Python.
    Python,
    /// C.
    C,
    /// Go, over C.
    Go,
    /// Platforms that run components: wasmtime serve, wasmCloud.
    Platforms,
}

#[derive(Debug, Args)]
pub(crate) struct HostArgs {
    /// The host whose tests are run
    #[arg(value_enum)]
    host: Host,
}

pub(crate) fn run(arguments: &HostArgs) -> Result<()> {
    if let Some(missing) = arguments.host.missing() {
        bail!("{missing}");
    }
    arguments.host.test(HostProfile::Debug)
}

/// The browser, by the names that distributions give it.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

impl Host {
    /// Its folder in `tests/hosts`.
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Browser => "browser",
            Self::Python => "python",
            Self::C => "c",
            Self::Go => "go",
            Self::Platforms => "platforms",
        }
    }

    fn folder(self) -> PathBuf {
        workspace::root().join("tests/hosts").join(self.name())
    }

    /// Names what it needs and does not find, and how to get it; none: nothing is missing. Chromium is installed where
    /// we may.
    pub(crate) fn missing(self) -> Option<String> {
        self.lacks().map(str::to_owned)
    }

    fn lacks(self) -> Option<&'static str> {
        match self {
            Self::Node => npm::missing(),
            Self::Browser if let Some(missing) = npm::missing() => Some(missing),
            Self::Browser
                if !has_chromium()
                    && (debian::install(&["chromium"]).is_err() || !has_chromium()) =>
            {
                Some("Chromium is missing: `apt-get install chromium`")
            }
            Self::Go if !has_go() => Some("Go 1.19 is missing: `apt-get install golang-go`"),
            Self::C | Self::Go if !runs("cc") || !runs("make") => {
                Some("a C compiler is missing: `apt-get install gcc make`")
            }
            // The tests of C, Go and the platforms are in Python.
            Self::Python | Self::C | Self::Go | Self::Platforms if !runs("python3") => {
                Some("Python 3.11 is missing: `apt-get install python3 python3-venv`")
            }
            _ => None,
        }
    }

    /// The command that has xtask run its tests.
    pub(crate) fn command(self) -> Result<Command> {
        let mut command = workspace::command(std::env::current_exe()?);
        command.args(["host", self.name()]);
        Ok(command)
    }

    /// Installs what its lock file says, builds it, and runs its tests against the components beside the host.
    fn test(self, profile: HostProfile) -> Result<()> {
        if matches!(self, Self::Python | Self::C | Self::Go | Self::Platforms) {
            return process::shown(&mut self.program("bash", &["run-tests.sh"], profile));
        }
        npm::ci(&self.folder())?;
        process::shown(&mut self.program("npm", &["run", "--silent", "build"], profile))?;
        process::shown(&mut self.program("npm", &["test", "--silent"], profile))
    }

    fn program(self, program: &str, arguments: &[&str], profile: HostProfile) -> Command {
        let mut command = workspace::command(program);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("METRIC_PLUGIN", profile.component(Component::Service))
            .env("METRIC_CODEC", profile.component(Component::Codec))
            .env("METRIC_FRONT", profile.component(Component::Front))
            .env("METRIC_SERVER", profile.folder().join(server::FILE))
            // The browser looks at the page that it serves.
            .env("METRIC_HOST", profile.host())
            // Each starts its own Prometheus.
            .env_remove("METRIC_ADDRESS");
        command
    }
}

fn has_go() -> bool {
    process::output(Command::new("go").arg("version")).is_ok()
}

fn has_chromium() -> bool {
    let named = std::env::var_os("CHROMIUM").is_some_and(|path| Path::new(&path).exists());
    named || CHROMIUM.iter().any(|name| runs(name))
}
