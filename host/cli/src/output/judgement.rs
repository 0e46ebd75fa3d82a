//! The output of `conformance`: for people, for programs, for CI.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use metric_conformance::{CaseReport, Level, Report};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::printable::line;

/// A line a case, under each failure what differs and how to run it alone, and the summary.
pub(crate) fn write_table(out: &mut dyn Write, report: &Report, file: &Path) -> io::Result<()> {
    for case in &report.cases {
        writeln!(out, "{case}")?;
        if !case.passed() {
            writeln!(out, "      alone: {}", alone(case, file))?;
        }
    }
    writeln!(out, "{report}")
}

pub(crate) fn write_json(out: &mut dyn Write, report: &Report) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, report)?;
    writeln!(out).map_err(serde_json::Error::io)
}

/// JUnit's XML: a suite a level.
pub(crate) fn write_junit(out: &mut dyn Write, report: &Report, file: &Path) -> io::Result<()> {
    let mut document = quick_junit::Report::new(line(&file.display().to_string()));
    for level in Level::ALL {
        let cases: Vec<_> = report.cases.iter().filter(|c| c.level == level).collect();
        if cases.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(format!("{level} {}", level.about()));
        suite.add_test_cases(cases.into_iter().map(|case| test_case(case, file)));
        document.add_test_suite(suite);
    }
    document.serialize(out).map_err(io::Error::other)
}

fn test_case(case: &CaseReport, file: &Path) -> TestCase {
    let status = if case.passed() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(case.about.clone());
        status.set_description(format!("{case}\n      alone: {}", alone(case, file)));
        status
    };
    let mut written = TestCase::new(case.name.clone(), status);
    written.set_classname(case.topic.clone());
    written.set_time(Duration::from_millis(case.milliseconds));
    written
}

/// The line that runs one case alone.
fn alone(case: &CaseReport, file: &Path) -> String {
    let mut file = file.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !file.chars().all(plain) {
        file = format!("'{}'", file.replace('\'', r"'\''"));
    }
    line(&format!(
        "metric-host conformance --plugin {file} --filter {}",
        case.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_conformance::{Mismatch, Outcome};

    fn report() -> Report {
        let case = |name: &str, outcome| CaseReport {
            level: Level::L2,
            name: name.to_owned(),
            topic: "folder/file".to_owned(),
            about: "the \"reason\"".to_owned(),
            outcome,
            milliseconds: 1500,
        };
        let mismatch = Mismatch {
            at: "result".to_owned(),
            expected: "<a>".to_owned(),
            came: "\u{1}".to_owned(),
            interfaces: Vec::new(),
        };
        let failed = Outcome::Failed {
            mismatches: vec![mismatch],
        };
        Report {
            world: Some("metric-codec"),
            level: Some(Level::L1),
            wanted: Level::L2,
            passed: 1,
            failed: 1,
            filtered: false,
            cases: vec![case("good", Outcome::Passed), case("bad", failed)],
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failure_says_how_to_run_it_alone() {
        let text = written(|out| write_table(out, &report(), Path::new("/a b/it's.wasm")));
        assert!(
            text.contains("ok    L2 folder/file: good\nFAIL  L2 folder/file: bad\n"),
            "{text}"
        );
        let alone = r"alone: metric-host conformance --plugin '/a b/it'\''s.wasm' --filter bad";
        assert!(text.contains(alone), "{text}");
        assert!(text.ends_with("level  L1, L2 was asked for\n"), "{text}");
    }

    #[test]
    fn junit_has_a_suite_a_level_and_no_character_that_xml_forbids() {
        let text = written(|out| write_junit(out, &report(), Path::new("plugin.wasm")));
        assert!(
            text.contains(r#"<testsuite name="L2 the verbs without I/O" tests="2""#),
            "{text}"
        );
        assert!(
            text.contains(r#"<testcase name="good" classname="folder/file" time="1.500""#),
            "{text}"
        );
        assert!(
            text.contains("&lt;a&gt;") && !text.contains('\u{1}'),
            "{text}"
        );
        assert!(
            text.contains(r#"message="the &quot;reason&quot;""#),
            "{text}"
        );
    }
}
