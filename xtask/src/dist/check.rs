//! Looks at a distribution as a stranger would: each file there, as its sum says; the components load, and say what
//! they are; the contract reads back; the wheel has the components of this distribution inside.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Draft, Part, audit, checksums, contract, metadata, packages, sbom};
use crate::component::Component;
use crate::process;
use crate::server;

/// All of it; fails with the first thing that is not as it should be.
pub(super) fn all(draft: &Draft<'_>) -> Result<()> {
    let files = checksums::files(draft.folder)?;
    for wanted in wanted(draft)? {
        ensure!(
            files.iter().any(|file| wanted.is(file)),
            "the distribution has no {wanted:?}"
        );
    }
    for file in &files {
        ensure!(fs::metadata(draft.file(file))?.len() > 0, "{file} is empty");
    }
    checksums::check(draft.folder)?;
    for component in Component::OF_THE_CONTRACT {
        says_what_it_is(draft, component)?;
    }
    contract::check(&fs::read(draft.file(&contract::file()?))?)?;
    if draft.has(Part::Sbom) {
        for file in sbom::files() {
            let document = fs::read_to_string(draft.file(&file))?;
            sbom::check(&document).with_context(|| file)?;
        }
    }
    if draft.has(Part::Audit) {
        audit::check(draft)?;
    }
    if draft.has(Part::Wheel) {
        wheel_has_the_components(draft, &files)?;
    }
    Ok(())
}

/// A file that has to be there.
#[derive(Debug)]
enum Wanted {
    Named(String),
    /// A version and more stands in its name.
    Ending(&'static str),
}

impl Wanted {
    fn is(&self, file: &str) -> bool {
        match self {
            Self::Named(name) => file == name,
            Self::Ending(end) => file.ends_with(end),
        }
    }
}

fn wanted(draft: &Draft<'_>) -> Result<Vec<Wanted>> {
    let named = |name: &str| Wanted::Named(name.to_owned());
    let mut wanted = vec![Wanted::Named(contract::file()?), named(packages::MANUAL)];
    wanted.extend(Component::ALL.map(|component| named(component.file())));
    wanted.push(named(server::FILE));
    wanted.extend(packages::completions().map(named));
    wanted.extend(draft.with_host.then(|| named("metric-host")));
    wanted.extend(draft.has(Part::Wheel).then_some(Wanted::Ending(WHEEL)));
    wanted.extend(draft.has(Part::Npm).then_some(Wanted::Ending(".tgz")));
    if draft.has(Part::Sbom) {
        wanted.extend(sbom::files().map(Wanted::Named));
    }
    Ok(wanted)
}

const WHEEL: &str = "-py3-none-any.whl";

/// The command line loads the component, this file of it and no other, and shows the metadata.
fn says_what_it_is(draft: &Draft<'_>, component: Component) -> Result<()> {
    let file = draft.file(component.file());
    let mut inspect = Command::new(draft.host.host());
    inspect
        .args(["inspect", "--format", "json", "--plugin"])
        .arg(&file);
    inspect.args(["--plugin-sha256", &checksums::sum(&file)?]);
    let shown: Value = serde_json::from_str(&process::output(&mut inspect)?)?;
    ensure!(
        shown.get("loads").is_some_and(|loads| loads == true),
        "{} does not load: {shown}",
        component.file()
    );
    let name = ("name", metadata::name(component).to_owned());
    for (field, value) in metadata::fields(component, &draft.origin)
        .into_iter()
        .chain([name])
    {
        let said = shown.pointer(&format!("/metadata/{field}"));
        ensure!(
            said.is_some_and(|said| *said == value),
            "{} says that its {field} is {said:?}, and not {value:?}",
            component.file()
        );
    }
    Ok(())
}

fn wheel_has_the_components(draft: &Draft<'_>, files: &[String]) -> Result<()> {
    const SUMS: &str = "import hashlib, sys, zipfile\n\
        wheel = zipfile.ZipFile(sys.argv[1])\n\
        for name in wheel.namelist(): print(hashlib.sha256(wheel.read(name)).hexdigest())";
    let wheel = files
        .iter()
        .find(|file| file.ends_with(WHEEL))
        .context("there is a wheel")?;
    let sums = process::output(
        Command::new("python3")
            .args(["-c", SUMS])
            .arg(draft.file(wheel)),
    )?;
    for component in Component::OF_THE_CONTRACT {
        let sum = checksums::sum(&draft.file(component.file()))?;
        ensure!(
            sums.lines().any(|line| line == sum),
            "{wheel} has another {}",
            component.file()
        );
    }
    Ok(())
}
