//! `SHA256SUMS`: what `sha256sum --check` reads.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use super::signature;

/// The file's name.
pub(super) const FILE: &str = "SHA256SUMS";

/// Writes the sums of all files in a folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    let mut lines = String::new();
    for file in files(folder)? {
        lines.push_str(&line(&sum(&folder.join(&file))?, &file));
    }
    Ok(fs::write(folder.join(FILE), lines)?)
}

/// Compares: every file is listed with its sum, and every file that is listed is there.
pub(super) fn check(folder: &Path) -> Result<()> {
    let listed = fs::read_to_string(folder.join(FILE))
        .with_context(|| format!("no {FILE} in {}", folder.display()))?;
    let mut present = String::new();
    for file in files(folder)? {
        present.push_str(&line(&sum(&folder.join(&file))?, &file));
    }
    let odd = listed
        .lines()
        .find(|line| !present.lines().any(|other| other == *line))
        .or_else(|| {
            present
                .lines()
                .find(|line| !listed.lines().any(|other| other == *line))
        });
    ensure!(
        odd.is_none(),
        "{FILE} and what is there differ: {}",
        odd.unwrap_or_default()
    );
    Ok(())
}

/// Of a file, in hexadecimal.
pub(super) fn sum(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(format!("{:x}", Sha256::digest(bytes)))
}

fn line(sum: &str, file: &str) -> String {
    format!("{sum}  {file}\n")
}

/// All files below a folder but the list itself and its signature, by their path there, in order.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_str();
            let name = name.with_context(|| format!("{} has no plain name", path.display()))?;
            let is_listed = ![FILE, signature::FILE].contains(&name);
            found.extend(is_listed.then(|| name.to_owned()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("man")).unwrap();
        fs::write(folder.path().join("man/a.1"), "abc").unwrap();
        fs::write(folder.path().join("b"), "").unwrap();
        write(folder.path()).unwrap();
        folder
    }

    #[test]
    fn the_sums_are_as_sha256sum_writes_them() {
        let folder = folder();
        let written = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(
            written,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  man/a.1\n"
        );
        check(folder.path()).unwrap();
    }

    #[test]
    fn a_file_that_is_changed_missing_or_new_is_named() {
        for (file, change) in [
            ("man/a.1", Some("abd")),
            ("man/a.1", None),
            ("b", None),
            ("c", Some("")),
        ] {
            let folder = folder();
            let path = folder.path().join(file);
            match change {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
            let error = check(folder.path()).unwrap_err().to_string();
            assert!(error.ends_with(&format!("  {file}")), "{error}");
        }
    }
}
