//! `SHA256SUMS.minisig`: a signature of the sums, and with them of every file, by `minisign`. Whoever has the public key
//! from elsewhere knows who has made the distribution. The key is the publisher's; its password is asked for by the tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::checksums;
use crate::debian;
use crate::process;

const PROGRAM: &str = "minisign";

/// The file's name, beside the sums.
pub(super) const FILE: &str = "SHA256SUMS.minisig";

/// Why it cannot be made; none: it can. The tool is installed where we may.
pub(super) fn missing() -> Option<&'static str> {
    (!is_there() && (debian::install(&[PROGRAM]).is_err() || !is_there()))
        .then_some("minisign is missing: `apt-get install minisign`")
}

fn is_there() -> bool {
    process::output(minisign().arg("-v")).is_ok()
}

/// Signs the sums in a folder. The signature covers the comment too.
pub(super) fn write(folder: &Path, key: &Path, comment: &str) -> Result<()> {
    let mut sign = minisign();
    sign.arg("-S").arg("-s").arg(key);
    sign.arg("-m").arg(folder.join(checksums::FILE));
    sign.arg("-x").arg(folder.join(FILE));
    run(sign.args(["-t", comment]))
}

/// Verifies the signature in a folder with the public part of the key that has made it, and gives that part.
pub(super) fn check(folder: &Path, key: &Path) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let public = scratch.path().join("public");
    run(minisign()
        .arg("-R")
        .arg("-s")
        .arg(key)
        .arg("-p")
        .arg(&public))?;
    let text = fs::read_to_string(public)?;
    let public = text.lines().last().context("minisign gave no public key")?;
    verify(folder, public)?;
    Ok(public.to_owned())
}

/// What a stranger does who has the public key.
fn verify(folder: &Path, public: &str) -> Result<()> {
    let mut verify = minisign();
    verify.args(["-V", "-P", public]);
    verify.arg("-m").arg(folder.join(checksums::FILE));
    process::output(verify.arg("-x").arg(folder.join(FILE)))?;
    checksums::check(folder)
}

/// A key without a password, for tests.
pub(super) fn throwaway_key(folder: &Path) -> Result<PathBuf> {
    let key = folder.join("throwaway.key");
    let mut generate = minisign();
    generate.args(["-G", "-W", "-s"]).arg(&key);
    process::output(generate.arg("-p").arg(folder.join("throwaway.pub")))?;
    Ok(key)
}

fn minisign() -> Command {
    Command::new(PROGRAM)
}

/// Runs it where it can ask for a password.
fn run(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot run minisign")?;
    ensure!(status.success(), "minisign failed ({status})");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_verified_by_its_key_alone_and_only_as_it_was() {
        if !is_there() {
            println!("left out: minisign is missing");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let keys = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [key, other] = keys
            .each_ref()
            .map(|folder| throwaway_key(folder.path()).unwrap());
        let folder = folder.path();
        fs::write(folder.join("a"), "abc").unwrap();
        checksums::write(folder).unwrap();
        write(folder, &key, "metric-service 0.1.0").unwrap();
        assert!(check(folder, &key).unwrap().starts_with("RW"));
        check(folder, &other).unwrap_err();

        let comment = fs::read_to_string(folder.join(FILE)).unwrap();
        assert!(comment.contains("metric-service 0.1.0"), "{comment}");
        fs::write(folder.join(FILE), comment.replace("0.1.0", "0.2.0")).unwrap();
        check(folder, &key).unwrap_err();
        fs::write(folder.join(FILE), comment).unwrap();

        // A file that is exchanged, and then the sums with it.
        fs::write(folder.join("a"), "abd").unwrap();
        check(folder, &key).unwrap_err();
        checksums::write(folder).unwrap();
        check(folder, &key).unwrap_err();
    }
}
