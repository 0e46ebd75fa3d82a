//! The outcomes as a table for people, and as JSON for machines.

use std::time::Duration;

use anyhow::Result;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use crate::race::Outcome;

/// All rows so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    outcomes: Vec<Outcome>,
}

/// One outcome, for machines.
#[derive(Serialize)]
struct Record {
    row: &'static str,
    contender: &'static str,
    rounds: usize,
    median_us: f64,
    p10_us: f64,
    p90_us: f64,
    ratio: Option<f64>,
    goal: Option<f64>,
    met: Option<bool>,
}

impl Report {
    pub(crate) fn add(&mut self, outcomes: Vec<Outcome>) {
        self.outcomes.extend(outcomes);
    }

    /// A Markdown table: it can be pasted as it is.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["", "", "median", "p10 to p90", "ratio", "goal"]);
        let mut previous = "";
        for outcome in &self.outcomes {
            // The row's name once, then one line for each way to do it.
            let row = if outcome.row == previous {
                ""
            } else {
                outcome.row
            };
            previous = outcome.row;
            let (low, high) = outcome.spread;
            let texts = [
                shown(outcome.median),
                format!("{} to {}", shown(low), shown(high)),
                outcome
                    .ratio
                    .map(|ratio| format!("{ratio:.2}"))
                    .unwrap_or_default(),
                goal(outcome),
            ];
            let mut cells = vec![Cell::new(row), Cell::new(outcome.contender)];
            cells.extend(texts.map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
            table.add_row(cells);
        }
        table
    }

    /// One object: `{"outcomes": [{"row", "contender", "rounds", "median_us", …}]}`.
    pub(crate) fn json(&self) -> Result<String> {
        let records: Vec<Record> = self.outcomes.iter().map(record).collect();
        Ok(serde_json::to_string_pretty(
            &serde_json::json!({ "outcomes": records }),
        )?)
    }
}

fn goal(outcome: &Outcome) -> String {
    match (outcome.goal, outcome.met()) {
        (Some(goal), Some(true)) => format!("<= {goal:.2} met"),
        (Some(goal), _) => format!("<= {goal:.2} MISSED"),
        (None, _) => String::new(),
    }
}

fn record(outcome: &Outcome) -> Record {
    Record {
        row: outcome.row,
        contender: outcome.contender,
        rounds: outcome.rounds,
        median_us: micros(outcome.median),
        p10_us: micros(outcome.spread.0),
        p90_us: micros(outcome.spread.1),
        ratio: outcome.ratio,
        goal: outcome.goal,
        met: outcome.met(),
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Three digits are what repeats from run to run.
fn shown(duration: Duration) -> String {
    let micros = micros(duration);
    let (value, unit) = if micros < 1000.0 {
        (micros, "µs")
    } else {
        (micros / 1000.0, "ms")
    };
    let digits = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(contender: &'static str, goal: Option<f64>) -> Outcome {
        Outcome {
            row: "small query",
            contender,
            rounds: 9,
            median: Duration::from_micros(435),
            spread: (Duration::from_micros(400), Duration::from_micros(1234)),
            ratio: Some(1.18),
            goal,
        }
    }

    #[test]
    fn durations_have_three_digits() {
        assert_eq!(shown(Duration::from_nanos(6250)), "6.25 µs");
        assert_eq!(shown(Duration::from_micros(26_400)), "26.4 ms");
        assert_eq!(shown(Duration::from_millis(345)), "345 ms");
    }

    #[test]
    fn a_goal_that_is_missed_stands_out_and_a_row_is_named_once() {
        let mut report = Report::default();
        report.add(vec![
            outcome("plugin", Some(1.25)),
            outcome("other", Some(1.05)),
        ]);
        let text = report.table().to_string();
        assert!(text.contains("<= 1.25 met"), "{text}");
        assert!(text.contains("<= 1.05 MISSED"), "{text}");
        assert_eq!(text.matches("small query").count(), 1, "{text}");
    }

    #[test]
    fn machines_get_microseconds_and_whether_the_goal_is_met() {
        let mut report = Report::default();
        report.add(vec![outcome("plugin", Some(1.25))]);
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let record = &json["outcomes"][0];
        assert_eq!(
            (&record["median_us"], &record["met"]),
            (&435.0.into(), &true.into())
        );
    }
}
