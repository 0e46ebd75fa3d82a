//! `cargo xtask mutants`: tests the conformance kit itself. Builds mutants of the plugin, each with one realistic
//! fault (`tests/mutants.toml`), and has the kit play the case that has to catch it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use comfy_table::{Table, TableStyle};
use serde::Deserialize;

use crate::build::HostProfile;
use crate::component::Component;
use crate::process;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace::{self, WASM_TARGET};

/// The profile of mutants: they are built quickly, as nobody measures them. In a folder of their own, since nothing
/// could be shared: what is built without link-time optimisation differs from the plugin's, down to the macros.
const PROFILE: &str = "mutant";
const PROFILE_TEXT: &str = r#"
[profile.mutant]
inherits = "release"
opt-level = 1
lto = false
codegen-units = 16
incremental = true
panic = "abort"
"#;

#[derive(Debug, Args)]
pub(crate) struct MutantsArgs {
    /// Only the mutants whose fault, or whose case, contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// The toolchain that builds the mutants
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// A fault to build in, and the case that has to find it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    fault: String,
    file: PathBuf,
    find: String,
    replace: String,
    /// The other edits that it takes to compile, or to be the fault that it is named after.
    #[serde(default)]
    also: Vec<Edit>,
    caught_by: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// None: the mutant's.
    file: Option<PathBuf>,
    find: String,
    replace: String,
}

pub(crate) fn run(arguments: &MutantsArgs) -> Result<()> {
    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    process::shown(&mut HostProfile::Debug.build(&["metric-host"]))?;
    run_chosen(&toolchain, arguments.filter.as_deref())
}

/// Builds and judges the mutants, all or some; fails unless every one is caught by its case.
pub(crate) fn run_chosen(toolchain: &WasmToolchain, filter: Option<&str>) -> Result<()> {
    let mutants = read_mutants(filter)?;
    let pool = MutantPool::prepare()?;
    let mut judged: Vec<(Mutant, Verdict)> = Vec::new();
    let mut on_trial: Option<(Mutant, Child)> = None;
    // The kit judges one while the next is built.
    for mutant in mutants.into_iter().map(Some).chain([None]) {
        let next = match mutant {
            Some(mutant) => {
                let trial = judge(&pool.build(toolchain, &mutant)?, &mutant)?;
                Some((mutant, trial))
            }
            None => None,
        };
        if let Some((mutant, trial)) = std::mem::replace(&mut on_trial, next) {
            let verdict = Verdict::of(trial, &mutant.caught_by)?;
            judged.push((mutant, verdict));
        }
    }
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["mutant", "case", ""]);
    for (mutant, verdict) in &judged {
        table.add_row([&mutant.fault, &mutant.caught_by, verdict.as_str()]);
    }
    println!("{table}");
    let escaped = judged.iter().filter(|(_, v)| *v != Verdict::Caught).count();
    ensure!(
        escaped == 0,
        "{escaped} of {} mutants were not caught",
        judged.len()
    );
    println!("{} mutants caught", judged.len());
    Ok(())
}

fn read_mutants(filter: Option<&str>) -> Result<Vec<Mutant>> {
    let file = workspace::root().join("tests/mutants.toml");
    let Mutants { mut mutant } =
        toml::from_str(&fs::read_to_string(&file)?).with_context(|| workspace::shown(&file))?;
    if let Some(filter) = filter {
        mutant.retain(|m| m.fault.contains(filter) || m.caught_by.contains(filter));
    }
    ensure!(!mutant.is_empty(), "no mutant matches --filter");
    Ok(mutant)
}

/// The verdict of the kit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Caught,
    /// The case passed.
    Escaped,
    /// There is no such case.
    NoCase,
}

impl Verdict {
    fn of(trial: Child, case: &str) -> Result<Self> {
        let output = trial.wait_with_output()?;
        // The exit codes of the command line: 9 is "conformance failed", 2 "no such case".
        if output.status.code() == Some(2) {
            return Ok(Self::NoCase);
        }
        ensure!(
            matches!(output.status.code(), Some(0 | 9)),
            "the kit broke down ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        // A mutant that cannot be loaded fails too, and shows nothing of its fault.
        let played = report.get("cases").and_then(|cases| cases.get(0));
        let named = |key, value| {
            let found = played.and_then(|case| case.get(key)?.as_str());
            found == Some(value)
        };
        ensure!(
            named("name", case),
            "the case {case} was not played: {report}"
        );
        Ok(match named("outcome", "failed") {
            true => Self::Caught,
            false => Self::Escaped,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Escaped => "NOT CAUGHT",
            Self::NoCase => "NO SUCH CASE",
        }
    }
}

fn judge(plugin: &Path, mutant: &Mutant) -> Result<Child> {
    let mut kit: Command = workspace::command(HostProfile::Debug.host());
    kit.args([
        "conformance",
        "--format",
        "json",
        "--filter",
        &mutant.caught_by,
    ])
    .arg("--plugin")
    .arg(plugin)
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped());
    kit.spawn().context("cannot run metric-host")
}

/// A copy of the guest in a workspace of its own, where it can be changed.
struct MutantPool {
    root: PathBuf,
}

impl MutantPool {
    fn prepare() -> Result<Self> {
        let root = workspace::target().join("mutants");
        // cargo reads the manifest of what the guest's tests need, too.
        for folder in ["guest", "tests/callers", "wit", ".cargo"] {
            copy_folder(&workspace::root().join(folder), &root.join(folder))?;
        }
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            fs::copy(workspace::root().join(file), root.join(file))?;
        }
        let manifest = fs::read_to_string(workspace::root().join("Cargo.toml"))?;
        fs::write(root.join("Cargo.toml"), with_the_guest_alone(&manifest))?;
        Ok(Self { root })
    }

    /// Builds a mutant, and leaves the copy as it was.
    fn build(&self, toolchain: &WasmToolchain, mutant: &Mutant) -> Result<PathBuf> {
        let fault = &mutant.fault;
        let mut touched = vec![&mutant.file];
        self.edit(&mutant.file, &mutant.find, &mutant.replace)
            .with_context(|| format!("mutant \"{fault}\""))?;
        for edit in &mutant.also {
            let file = edit.file.as_ref().unwrap_or(&mutant.file);
            self.edit(file, &edit.find, &edit.replace)
                .with_context(|| format!("mutant \"{fault}\""))?;
            touched.push(file);
        }
        let built = self.compile(toolchain, fault)?;
        for file in touched {
            fs::copy(sources(&workspace::root()).join(file), self.source(file))?;
        }
        Ok(built)
    }

    fn compile(&self, toolchain: &WasmToolchain, fault: &str) -> Result<PathBuf> {
        let target = self.root.join("target");
        let mut cargo = toolchain.cargo_into("rustc", &target);
        cargo
            .current_dir(&self.root)
            .args([
                "--package",
                Component::Service.package(),
                "--lib",
                "--crate-type",
                "cdylib",
            ])
            .args(["--profile", PROFILE]);
        process::quiet(&format!("Mutant: {fault}"), &mut cargo)?;
        let file = Component::Service.file();
        let built = target.join(WASM_TARGET).join(PROFILE).join(file);
        // The next mutant is built while this one is judged.
        let kept = target.join(format!(
            "{}.wasm",
            fault.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
        ));
        fs::copy(&built, &kept).with_context(|| workspace::shown(&built))?;
        Ok(kept)
    }

    fn source(&self, file: &Path) -> PathBuf {
        sources(&self.root).join(file)
    }

    fn edit(&self, file: &Path, find: &str, replace: &str) -> Result<()> {
        let path = self.source(file);
        let text = fs::read_to_string(&path).with_context(|| workspace::shown(&path))?;
        let times = text.matches(find).count();
        ensure!(
            times == 1,
            "guest/src/{} has the text to replace {times} times: {find}",
            file.display()
        );
        Ok(fs::write(&path, text.replace(find, replace))?)
    }
}

fn sources(root: &Path) -> PathBuf {
    root.join("guest/src")
}

/// The workspace's manifest, with the guest as its only member, and with the profile for mutants.
fn with_the_guest_alone(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| {
        if line.starts_with("members = ") || line.starts_with("default-members = ") {
            let key = line.split(' ').next().unwrap_or_default();
            return format!("{key} = [\"guest\"]\n");
        }
        format!("{line}\n")
    });
    lines.chain([PROFILE_TEXT.to_owned()]).collect()
}

/// Makes `to` a copy of `from`.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_mutants_and_each_still_fits_the_sources() {
        let mutants = read_mutants(None).unwrap();
        assert!(mutants.len() >= 20, "{}", mutants.len());
        for mutant in &mutants {
            let one = (&mutant.file, &mutant.find);
            let more = mutant
                .also
                .iter()
                .map(|edit| (edit.file.as_ref().unwrap_or(&mutant.file), &edit.find));
            for (file, find) in std::iter::once(one).chain(more) {
                let text = fs::read_to_string(sources(&workspace::root()).join(file)).unwrap();
                assert_eq!(
                    text.matches(find.as_str()).count(),
                    1,
                    "{}: {find}",
                    mutant.fault
                );
            }
        }
    }

    #[test]
    fn the_guest_is_a_workspace_of_its_own() {
        let manifest = "[workspace]\nmembers = [\"guest\", \"host\"]\ndefault-members = [\"host\"]\nresolver = \"3\"\n";
        let alone =
            "[workspace]\nmembers = [\"guest\"]\ndefault-members = [\"guest\"]\nresolver = \"3\"\n";
        assert_eq!(
            with_the_guest_alone(manifest),
            format!("{alone}{PROFILE_TEXT}")
        );
    }
}
