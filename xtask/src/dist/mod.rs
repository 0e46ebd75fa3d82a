//! `cargo xtask dist`: what one would publish, in `target/dist`. The files are made in a folder of their own, looked at
//! as a stranger would ([`check`]), and moved to their place together: there lies all of a distribution or none.
//!
//! Each kind of file has its maker here; what they share is the [`Draft`].

mod audit;
mod check;
mod checksums;
mod contract;
mod metadata;
mod packages;
#[cfg(test)]
mod registry;
mod sbom;
mod signature;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::build::{self, HostProfile};
use crate::component::Component;
use crate::hosts::Host;
use crate::process;
use crate::server;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace;

#[derive(Debug, Args)]
pub(crate) struct DistArgs {
    /// The state of the sources, such as a commit, to be named in the components [default: none, and two builds of the
    /// same sources are the same bytes]
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// The address of the sources, to be named in the components
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// The command line too, optimised
    #[arg(long)]
    with_host: bool,
    /// Sign the sums with this secret key of minisign's
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Leave this out; more than once
    #[arg(long, value_enum, value_name = "PART")]
    without: Vec<Part>,
    /// The toolchain that builds the components
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
}

/// The parts that can be left out, where the machine lacks what they take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Part {
    /// The Python package
    Wheel,
    /// The Node package
    Npm,
    /// The lists of what the components and the command line are made of
    Sbom,
    /// The list of its crates inside each component
    Audit,
}

impl Part {
    /// As `--without` has it.
    fn name(self) -> &'static str {
        match self {
            Self::Wheel => "wheel",
            Self::Npm => "npm",
            Self::Sbom => "sbom",
            Self::Audit => "audit",
        }
    }

    /// Names the tools that it takes and that are not there, and how to get them; none: nothing is missing.
    fn missing(self) -> Option<String> {
        match self {
            Self::Wheel => Host::Python.missing(),
            Self::Npm => Host::Node.missing(),
            Self::Sbom => sbom::missing(),
            Self::Audit => audit::missing(),
        }
    }
}

/// A distribution that is being made.
struct Draft<'a> {
    /// The folder of its files.
    folder: &'a Path,
    /// The address of the sources, and their revision: named in the components, and in nothing else.
    origin: metadata::Origin,
    /// The profile of the command line, which writes its own manual.
    host: HostProfile,
    with_host: bool,
    without: Vec<Part>,
}

impl Draft<'_> {
    fn has(&self, part: Part) -> bool {
        !self.without.contains(&part)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

pub(crate) fn run(arguments: &DistArgs) -> Result<()> {
    let wanted = |part: &Part| !arguments.without.contains(part);
    for part in Part::value_variants().iter().filter(|part| wanted(part)) {
        if let Some(missing) = part.missing() {
            bail!("{missing}; or leave it out: --without {}", part.name());
        }
    }
    if arguments.sign.is_some()
        && let Some(missing) = signature::missing()
    {
        bail!("{missing}; or leave out --sign");
    }
    make(arguments)
}

/// The same of what can be made here: for the tests, which say what is left out, and sign with a key of their own. The
/// lists of crates are made by tools that take minutes to build: they are for the `full` tests.
pub(crate) fn run_what_can_be_had(full: bool) -> Result<()> {
    let mut without = Vec::new();
    for part in Part::value_variants() {
        let missing = match part {
            Part::Sbom | Part::Audit if !full => Some("only with --full".to_owned()),
            _ => part.missing(),
        };
        if let Some(missing) = missing {
            println!("left out: {}: {missing}", part.name());
            without.push(*part);
        }
    }
    let keys = tempfile::tempdir()?;
    let sign = match signature::missing() {
        Some(missing) => {
            println!("left out: the signature: {missing}");
            None
        }
        None => Some(signature::throwaway_key(keys.path())?),
    };
    make(&DistArgs {
        revision: None,
        source: None,
        with_host: false,
        sign,
        without,
        wasm_toolchain: Choice::Auto,
    })
}

fn make(arguments: &DistArgs) -> Result<()> {
    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    let place = workspace::target().join("dist");
    fs::create_dir_all(workspace::target())?;
    let scratch = tempfile::Builder::new()
        .prefix("dist-")
        .tempdir_in(workspace::target())?;
    // Others may read it, as they may any folder that is made here.
    let folder = scratch.path().join("dist");
    fs::create_dir(&folder)?;
    let draft = Draft {
        folder: &folder,
        origin: metadata::Origin {
            source: arguments.source.clone(),
            revision: arguments.revision.clone(),
        },
        host: match arguments.with_host {
            true => HostProfile::Release,
            false => HostProfile::Debug,
        },
        with_host: arguments.with_host,
        without: arguments.without.clone(),
    };

    let mut build = match draft.has(Part::Audit) {
        true => audit::build(&toolchain)?,
        false => build::command(&toolchain, &Component::ALL),
    };
    process::shown(&mut build)?;
    metadata::components(&draft, &toolchain)?;
    server::compose(draft.folder)?;
    contract::package(&draft)?;
    packages::command_line(&draft)?;
    if draft.has(Part::Wheel) {
        packages::wheel(&draft)?;
    }
    if draft.has(Part::Npm) {
        packages::npm(&draft)?;
    }
    if draft.has(Part::Sbom) {
        sbom::all(&draft)?;
    }
    checksums::write(&folder)?;
    check::all(&draft)?;
    let mut signed_by = None;
    if let Some(key) = &arguments.sign {
        signature::write(&folder, key, &release(&draft.origin))?;
        signed_by = Some(signature::check(&folder, key)?);
    }

    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::rename(&folder, &place)
        .with_context(|| format!("cannot put it at {}", workspace::shown(&place)))?;
    for file in checksums::files(&place)? {
        let size = fs::metadata(place.join(&file))?.len();
        println!("{:>9}  {file}", build::shown_size(size));
    }
    if let Some(public) = signed_by {
        println!("{} by {public}", signature::FILE);
    }
    println!("{}", workspace::shown(&place));
    Ok(())
}

/// What a signature says it is of.
fn release(origin: &metadata::Origin) -> String {
    let version = concat!("metric-service ", env!("CARGO_PKG_VERSION"));
    match &origin.revision {
        Some(revision) => format!("{version}, {revision}"),
        None => version.to_owned(),
    }
}
