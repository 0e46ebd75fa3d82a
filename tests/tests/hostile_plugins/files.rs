//! The files of `tests/hostile`: which attacks there are, and what each says of itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::load;
use crate::rows::ROWS;

/// Reads from the files what each attack tries, by its name.
pub(crate) fn attacks() -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut add = |name: String, tries: String| {
        ensure!(
            found.insert(name.clone(), tries).is_none(),
            "two attacks are named {name}"
        );
        Ok(())
    };
    for group in entries(&folder().join("src/attacks"))? {
        // The files beside the groups are no attacks, nor are those that make groups of them.
        if !group.is_dir() {
            continue;
        }
        for file in entries(&group)? {
            let name = stem(&file)?;
            if !matches!(name.as_str(), "mod" | "ask") {
                add(name, head(&file, "//! ")?)?;
            }
        }
    }
    for file in entries(&folder().join("load"))? {
        add(stem(&file)?, head(&file, ";; ")?)?;
    }
    for made in load::MADE {
        add(made.name.to_owned(), made.tries.to_owned())?;
    }
    Ok(found)
}

/// Fails unless attacks and rows are the same ones.
pub(crate) fn check_rows(attacks: &BTreeMap<String, String>) -> Result<()> {
    for name in attacks.keys() {
        let rows = ROWS.iter().filter(|row| row.name == name).count();
        ensure!(
            rows == 1,
            "{rows} rows say what has to come of the attack {name}, instead of one"
        );
    }
    for row in ROWS {
        ensure!(
            attacks.contains_key(row.name),
            "there is no attack {}",
            row.name
        );
    }
    Ok(())
}

/// `load/NAME.wat`.
pub(crate) fn text_of(name: &str) -> Result<String> {
    let file = folder().join("load").join(name).with_extension("wat");
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

fn stem(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    Ok(stem.context("a file without a name")?.to_owned())
}

/// Reads the comment at the top of a file.
fn head(file: &Path, mark: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let lines: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix(mark))
        .collect();
    ensure!(
        !lines.is_empty(),
        "{} does not say what it tries",
        file.display()
    );
    Ok(lines.join(" "))
}
