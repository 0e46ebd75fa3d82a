//! `SECURITY.md` cannot drift: each promise names tests, and each test that is named is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A row of a table of promises.
#[derive(Debug, PartialEq)]
struct Promise<'a> {
    section: &'a str,
    text: &'a str,
    /// File and function or row.
    shown_by: Vec<(&'a str, &'a str)>,
}

fn promises(document: &str) -> Vec<Promise<'_>> {
    let mut section = "";
    let mut promises = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        let cells = line
            .strip_prefix("| ")
            .and_then(|row| row.strip_suffix(" |"));
        let Some((text, tests)) = cells.and_then(|cells| cells.rsplit_once(" | ")) else {
            continue;
        };
        // Quoted names stand between two backticks.
        if tests != "shown by" {
            let quoted = tests.split('`').skip(1).step_by(2);
            let shown_by = quoted.filter_map(|test| test.split_once("::")).collect();
            promises.push(Promise {
                section,
                text,
                shown_by,
            });
        }
    }
    promises
}

/// Checks that a file has this test: a function that is run as one, or a row of a table in quotes.
fn is_there(source: &str, test: &str) -> Result<()> {
    if test.starts_with('"') {
        ensure!(source.contains(test), "no row {test}");
        return Ok(());
    }
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {test}(");
    let at = lines.iter().position(|line| line.contains(&function));
    let at = at.with_context(|| format!("no function {test}"))?;
    // Its attributes stand right above it.
    let attributes = lines
        .iter()
        .take(at)
        .rev()
        .take_while(|line| line.starts_with("#["));
    for attribute in attributes {
        if attribute.starts_with("#[test]") || attribute.starts_with("#[tokio::test") {
            return Ok(());
        }
    }
    bail!("{test} is a function, but no test")
}

#[test]
fn every_promise_names_tests_and_every_test_is_there() {
    let root = repository();
    let document = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut missing = Vec::new();
    let mut by_section: BTreeMap<&str, usize> = BTreeMap::new();
    for promise in promises(&document) {
        *by_section.entry(promise.section).or_default() += 1;
        if promise.shown_by.is_empty() {
            missing.push(format!("nothing shows: {}", promise.text));
        }
        for (file, test) in promise.shown_by {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            if let Err(reason) = is_there(&source, test) {
                missing.push(format!("{file}: {reason}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    // A table that is no longer read as one would pass, too.
    let tables = document.matches("| shown by |").count();
    assert!(tables >= 6 && by_section.len() == tables, "{by_section:?}");
}

#[test]
fn a_promise_without_a_test_and_a_test_that_is_gone_are_found() {
    let document = "## Against nobody\n| we promise | shown by |\n|---|---|\n| a | b. | `f.rs::t` `g.rs::\"a row\"` |\n| c | someone |\n";
    let found = promises(document);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].section, "Against nobody");
    assert_eq!(found[0].shown_by, [("f.rs", "t"), ("g.rs", "\"a row\"")]);
    assert!(found[1].shown_by.is_empty());

    let source = "#[test]\nfn there() {}\n\nfn there_is_none() {}\n#[tokio::test]\n#[ignore]\nasync fn late() {}\n";
    assert!(is_there(source, "there").is_ok());
    assert!(is_there(source, "late").is_ok());
    for gone in ["the", "there_is_none", "elsewhere", "\"a row\""] {
        assert!(is_there(source, gone).is_err(), "{gone}");
    }
}
