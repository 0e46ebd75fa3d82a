//! What came of a run: for people a line a case, the failures in full and a summary; for machines the same
//! through `serde`. Knows nothing of how cases are run.

use std::fmt;

use serde::Serialize;

use super::expectation::Mismatch;

/// The outcome of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The plugin does what the contract says.
    Passed,
    /// It does not.
    Failed {
        /// Each difference; never empty.
        mismatches: Vec<Mismatch>,
    },
}

/// One case, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// The case.
    pub name: String,
    /// Where it stands: folder and file under `tests/conformance/`.
    pub topic: String,
    /// What it guards.
    pub about: String,
    /// Whether it was met.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Milliseconds that the case took.
    pub milliseconds: u64,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many cases were met.
    pub passed: usize,
    /// How many were not.
    pub failed: usize,
    /// Every case that was run, in the order of the files.
    pub cases: Vec<CaseReport>,
}

impl Report {
    pub(super) fn new(cases: Vec<CaseReport>) -> Self {
        let passed = cases
            .iter()
            .filter(|case| case.outcome == Outcome::Passed)
            .count();
        Self {
            passed,
            failed: cases.len() - passed,
            cases,
        }
    }

    /// Whether every case was met, and there was at least one.
    pub fn passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl fmt::Display for CaseReport {
    /// One line; for a failure, more lines follow: why, and how to run the case alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed => write!(f, "ok    {}: {}", self.topic, self.name),
            Outcome::Failed { mismatches } => {
                writeln!(f, "FAIL  {}: {}", self.topic, self.name)?;
                writeln!(f, "      guards: {}", self.about)?;
                for mismatch in mismatches {
                    writeln!(
                        f,
                        "      at {}",
                        mismatch.to_string().replace('\n', "\n      ")
                    )?;
                }
                write!(
                    f,
                    "      alone: metric-host conformance --filter {}",
                    self.name
                )
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        match (self.passed, self.failed) {
            (0, 0) => f.write_str("no case was chosen: the filter matches no name and no file"),
            (passed, 0) => write!(f, "{passed} cases passed"),
            (passed, failed) => write!(f, "{failed} of {} cases failed", passed + failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, mismatches: Vec<Mismatch>) -> CaseReport {
        CaseReport {
            name: name.to_owned(),
            topic: "folder/file".to_owned(),
            about: "the reason".to_owned(),
            outcome: if mismatches.is_empty() {
                Outcome::Passed
            } else {
                Outcome::Failed { mismatches }
            },
            milliseconds: 1,
        }
    }

    fn mismatch() -> Mismatch {
        Mismatch {
            at: "result".to_owned(),
            expected: "\"a\"".to_owned(),
            came: "\"b\"".to_owned(),
        }
    }

    #[test]
    fn a_failure_names_case_reason_difference_and_the_line_to_run_it_alone() {
        let report = Report::new(vec![case("good", vec![]), case("bad", vec![mismatch()])]);
        assert!(!report.passed());
        assert_eq!(
            report.to_string(),
            "ok    folder/file: good\n\
             FAIL  folder/file: bad\n      guards: the reason\n      \
             at result\n        expected \"a\"\n        came     \"b\"\n      \
             alone: metric-host conformance --filter bad\n\
             1 of 2 cases failed"
        );
    }

    #[test]
    fn a_run_of_no_cases_is_not_a_success() {
        assert!(!Report::new(vec![]).passed());
        assert!(Report::new(vec![case("good", vec![])]).passed());
    }

    #[test]
    fn machines_read_counts_and_outcomes() {
        let json = serde_json::to_value(Report::new(vec![case("bad", vec![mismatch()])])).unwrap();
        assert_eq!(json["failed"], 1);
        assert_eq!(json["cases"][0]["outcome"], "failed");
        assert_eq!(json["cases"][0]["mismatches"][0]["came"], "\"b\"");
    }
}
