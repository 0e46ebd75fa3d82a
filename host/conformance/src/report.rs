//! The report of a run: for people a line a case, the failures in full and a summary; for machines the same
//! through `serde`. Knows nothing of how cases are run.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::expectation::Mismatch;
use crate::level::Level;

/// The outcome of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The component does what the contract says.
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
    /// The level that it belongs to.
    pub level: Level,
    /// The case.
    pub name: String,
    /// The place of the case: folder and file under `tests/conformance/`, or `component`.
    pub topic: String,
    /// The behaviour that it guards.
    pub about: String,
    /// The outcome: met or not.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Milliseconds that the case took, through all interfaces together.
    pub milliseconds: u64,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The largest world of the contract whose exports the component has. None: of none.
    pub world: Option<&'static str>,
    /// The level at which the component stands. None: not even L0, or only some cases were run.
    pub level: Option<Level>,
    /// The level that was asked for.
    pub wanted: Level,
    /// The number of cases that were met.
    pub passed: usize,
    /// The number of cases that were not met.
    pub failed: usize,
    /// True if only some cases were run.
    pub filtered: bool,
    /// Every case that was run, in the order of the levels and of the files.
    pub cases: Vec<CaseReport>,
}

impl CaseReport {
    pub(crate) fn new(
        level: Level,
        name: &str,
        topic: &str,
        about: &str,
        mismatches: Vec<Mismatch>,
        took: Duration,
    ) -> Self {
        Self {
            level,
            name: name.to_owned(),
            topic: topic.to_owned(),
            about: about.to_owned(),
            outcome: match mismatches.is_empty() {
                true => Outcome::Passed,
                false => Outcome::Failed { mismatches },
            },
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Returns true if the case was met.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

impl Report {
    pub(crate) fn new(
        world: Option<&'static str>,
        wanted: Level,
        filtered: bool,
        cases: Vec<CaseReport>,
    ) -> Self {
        let passed = cases.iter().filter(|case| case.passed()).count();
        // A level stands when it has cases and all of them passed, and so do those below it.
        let stands = |level: &Level| {
            let mut of_it = cases.iter().filter(|case| case.level == *level).peekable();
            of_it.peek().is_some() && of_it.all(CaseReport::passed)
        };
        let level = Level::ALL.into_iter().take_while(stands).last();
        Self {
            world,
            level: level.filter(|_| !filtered),
            wanted,
            passed,
            failed: cases.len() - passed,
            filtered,
            cases,
        }
    }

    /// Returns true if the component reached the level that was asked for; or, where only some cases were run, met
    /// them.
    pub fn passed(&self) -> bool {
        match self.filtered {
            true => self.failed == 0 && self.passed > 0,
            false => self.level >= Some(self.wanted),
        }
    }

    /// The cases that were not met.
    pub fn failures(&self) -> impl Iterator<Item = (&CaseReport, &[Mismatch])> {
        self.cases.iter().filter_map(|case| match &case.outcome {
            Outcome::Passed => None,
            Outcome::Failed { mismatches } => Some((case, mismatches.as_slice())),
        })
    }
}

impl fmt::Display for CaseReport {
    /// One line; for a failure, more lines follow: why, and what differs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            level, topic, name, ..
        } = self;
        match &self.outcome {
            Outcome::Passed => write!(f, "ok    {level} {topic}: {name}"),
            Outcome::Failed { mismatches } => {
                writeln!(f, "FAIL  {level} {topic}: {name}")?;
                write!(f, "      guards: {}", self.about)?;
                for mismatch in mismatches {
                    let text = mismatch.to_string().replace('\n', "\n      ");
                    write!(f, "\n      at {text}")?;
                }
                Ok(())
            }
        }
    }
}

/// The summary: how many cases, and where the component stands.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.passed, self.failed) {
            (0, 0) => return f.write_str("no case was chosen"),
            (passed, 0) => write!(f, "{passed} cases passed")?,
            (passed, failed) => write!(f, "{failed} of {} cases failed", passed + failed)?,
        }
        if self.filtered {
            return Ok(());
        }
        writeln!(
            f,
            "\nworld  {}",
            self.world.unwrap_or("none of the contract's")
        )?;
        match self.level {
            Some(level) => write!(f, "level  {level}")?,
            None => f.write_str("level  none")?,
        }
        if self.level < Some(self.wanted) {
            write!(f, ", {} was asked for", self.wanted)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(level: Level, name: &str, mismatches: Vec<Mismatch>) -> CaseReport {
        let took = Duration::from_millis(1);
        CaseReport::new(level, name, "folder/file", "the reason", mismatches, took)
    }

    fn mismatch() -> Mismatch {
        Mismatch::new("result", "\"a\"", "\"b\"")
    }

    fn report(cases: Vec<CaseReport>) -> Report {
        Report::new(Some("metric-codec"), Level::L2, false, cases)
    }

    #[test]
    fn a_failure_names_case_reason_and_difference() {
        let bad = case(Level::L2, "bad", vec![mismatch()]);
        assert_eq!(
            bad.to_string(),
            "FAIL  L2 folder/file: bad\n      guards: the reason\n      \
             at result\n        expected \"a\"\n        came     \"b\""
        );
        assert_eq!(
            case(Level::L2, "good", vec![]).to_string(),
            "ok    L2 folder/file: good"
        );
    }

    #[test]
    fn a_level_stands_on_those_below_it() {
        let good = |level| case(level, "good", vec![]);
        let bad = |level| case(level, "bad", vec![mismatch()]);
        let level = |cases: Vec<CaseReport>| report(cases).level;
        assert_eq!(level(vec![]), None);
        assert_eq!(level(vec![bad(Level::L0), good(Level::L1)]), None);
        assert_eq!(
            level(vec![good(Level::L0), good(Level::L1)]),
            Some(Level::L1)
        );
        assert_eq!(
            level(vec![good(Level::L0), good(Level::L2)]),
            Some(Level::L0)
        );
        let all = [Level::L0, Level::L1, Level::L2];
        let mut cases: Vec<_> = all.map(good).into();
        assert!(report(cases.clone()).passed());
        cases.push(bad(Level::L2));
        assert_eq!(level(cases.clone()), Some(Level::L1));
        let report = report(cases);
        assert!(!report.passed());
        let text = report.to_string();
        assert!(
            text.ends_with("world  metric-codec\nlevel  L1, L2 was asked for"),
            "{text}"
        );
    }

    #[test]
    fn a_run_of_no_cases_is_not_a_success_and_one_of_some_tells_no_level() {
        let run = |cases| Report::new(None, Level::L4, true, cases);
        assert!(!run(vec![]).passed());
        let some = run(vec![case(Level::L0, "good", vec![])]);
        assert!(some.passed());
        assert_eq!(
            (some.level, some.to_string()),
            (None, "1 cases passed".to_owned())
        );
    }

    #[test]
    fn machines_read_counts_levels_and_outcomes() {
        let json = serde_json::to_value(report(vec![case(Level::L0, "bad", vec![mismatch()])]));
        let json = json.unwrap();
        assert_eq!(json["failed"], 1);
        assert_eq!(json["wanted"], "L2");
        assert_eq!(json["cases"][0]["level"], "L0");
        assert_eq!(json["cases"][0]["outcome"], "failed");
        assert_eq!(json["cases"][0]["mismatches"][0]["came"], "\"b\"");
    }
}
