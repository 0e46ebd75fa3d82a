//! The contract's text: compatible with what was released, and described for people by what is generated from it.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, ensure};
use wit_parser::{PackageId, Resolve, SourceMap};

/// The last release, frozen in `tests/contract/`. A released text is never edited.
const RELEASED: &str = "0.2.0";

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

/// The files of a contract, by path.
type Texts = Vec<(String, String)>;

fn texts(folder: &str) -> Result<Texts> {
    let mut texts = Texts::new();
    for entry in fs::read_dir(repository(folder))? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("wit")) {
            texts.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    texts.sort();
    Ok(texts)
}

fn current() -> Result<Texts> {
    texts("wit")
}

fn released() -> Result<Texts> {
    let mut released = texts(&format!("tests/contract/{RELEASED}"))?;
    for (_, text) in &mut released {
        // Two packages of one name and version cannot stand side by side; the check looks at neither.
        let package = format!("package backendai:metric@{RELEASED};");
        *text = text.replace(
            &package,
            &format!("package backendai:metric@{RELEASED}+released;"),
        );
    }
    Ok(released)
}

fn add(resolve: &mut Resolve, texts: &Texts) -> Result<PackageId> {
    let mut sources = SourceMap::new();
    for (path, text) in texts {
        sources.push_str(path, text.as_str());
    }
    let group = sources.parse().map_err(|(_, error)| anyhow!("{error}"))?;
    Ok(resolve.push_group(group)?)
}

/// Checks that a component of each world of `old` can stand where the world of that name in `new` is asked for, if
/// there is one.
fn serves(old: &Texts, new: &Texts) -> Result<()> {
    let mut resolve = Resolve::default();
    let (old, new) = (add(&mut resolve, old)?, add(&mut resolve, new)?);
    let worlds = |package| {
        let package = resolve.packages.get(package).context("just added")?;
        Ok::<_, anyhow::Error>(package.worlds.clone())
    };
    let (old, new) = (worlds(old)?, worlds(new)?);
    ensure!(!old.is_empty(), "no worlds");
    for (name, old) in old {
        let Some(&new) = new.get(&name) else {
            continue;
        };
        wit_component::semver_check(resolve.clone(), old, new)
            .with_context(|| format!("world {name}"))?;
    }
    Ok(())
}

#[test]
fn no_released_world_is_gone() {
    let names = |texts: &Texts| -> Result<Vec<String>> {
        let mut resolve = Resolve::default();
        let package = add(&mut resolve, texts)?;
        let package = resolve.packages.get(package).context("just added")?;
        Ok(package.worlds.keys().cloned().collect())
    };
    let current = names(&current().unwrap()).unwrap();
    for world in names(&released().unwrap()).unwrap() {
        assert!(current.contains(&world), "{world}");
    }
}

#[test]
fn plugins_of_the_released_contract_serve_hosts_of_this_one() {
    serves(&released().unwrap(), &current().unwrap()).unwrap();
}

#[test]
fn plugins_of_this_contract_serve_hosts_of_the_released_one() {
    serves(&current().unwrap(), &released().unwrap()).unwrap();
}

#[test]
fn what_would_break_a_plugin_or_a_host_is_found() {
    let released = released().unwrap();
    for (from, to, breaks) in [
        // A verb more: plugins built earlier lack it.
        (
            "interface codec {",
            "interface codec {\n    more: func();",
            "plugins",
        ),
        // A field more: neither understands the other.
        (
            "record label-filter {",
            "record label-filter {\n        pod-id: option<string>,",
            "both",
        ),
        // A case less.
        (
            "        /// The host's policy does not let this request out.\n        denied(string),",
            "",
            "both",
        ),
    ] {
        let mut changed = current().unwrap();
        let mut times = 0;
        for (_, text) in &mut changed {
            times += text.matches(from).count();
            *text = text.replace(from, to);
        }
        assert_eq!(times, 1, "{from}");
        assert!(serves(&released, &changed).is_err(), "{from}");
        assert_eq!(
            serves(&changed, &released).is_err(),
            breaks == "both",
            "{from}"
        );
    }
}

/// The world whose documentation holds all that there is.
const WHOLE: &str = "metric-plugin-decisions";

/// Set to write the reference anew.
const UPDATE: &str = "UPDATE_WIT_REFERENCE";

#[test]
fn the_reference_for_people_is_what_is_generated_from_the_contract() {
    use wit_bindgen_core::{Files, wit_parser::Resolve};

    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(WHOLE)).unwrap();
    let mut files = Files::default();
    wit_bindgen_markdown::Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .unwrap();
    let (_, generated) = files
        .iter()
        .find(|(name, _)| name.ends_with(".md"))
        .unwrap();
    let generated = std::str::from_utf8(generated).unwrap();

    let reference = repository("wit/reference.md");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&reference, generated).unwrap();
    }
    assert!(
        fs::read_to_string(&reference).is_ok_and(|text| text == generated),
        "wit/reference.md is not what the contract says; {UPDATE}=1 cargo test --package metric-tests --test contract writes it"
    );
}
