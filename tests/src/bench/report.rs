//! The outcomes as a table for people, and as JSON for machines.

use anyhow::Result;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use crate::outcome::{Goal, Outcome, Unit};

/// All rows so far, by name.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(&'static str, Vec<Outcome>)>,
}

/// One outcome, for machines.
#[derive(Serialize)]
struct Record {
    row: &'static str,
    contender: &'static str,
    rounds: usize,
    unit: Unit,
    median: f64,
    p10: f64,
    p90: f64,
    ratio: Option<f64>,
    goal: Option<String>,
    met: Option<bool>,
}

impl Report {
    pub(crate) fn add(&mut self, row: &'static str, outcomes: Vec<Outcome>) {
        self.rows.push((row, outcomes));
    }

    /// A Markdown table: it can be pasted as it is.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["", "", "median", "p10 to p90", "ratio", "goal"]);
        for (row, outcomes) in &self.rows {
            // The row's name once, then one line for each way to do it.
            let names = std::iter::once(*row).chain(std::iter::repeat(""));
            for (name, outcome) in names.zip(outcomes) {
                let shown = |value| shown(outcome.unit, value);
                let (low, high) = outcome.spread();
                let texts = [
                    shown(outcome.median()),
                    match outcome.values.len() {
                        0 | 1 => String::new(),
                        _ => format!("{} to {}", shown(low), shown(high)),
                    },
                    outcome.ratio.map(ratio).unwrap_or_default(),
                    judged(outcome),
                ];
                let mut cells = vec![Cell::new(name), Cell::new(outcome.contender)];
                cells.extend(texts.map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
                table.add_row(cells);
            }
        }
        table
    }

    /// One object: `{"outcomes": [{"row", "contender", "rounds", "unit", "median", …}]}`.
    pub(crate) fn json(&self) -> Result<String> {
        let records: Vec<Record> = self
            .rows
            .iter()
            .flat_map(|(row, outcomes)| outcomes.iter().map(|outcome| record(row, outcome)))
            .collect();
        Ok(serde_json::to_string_pretty(
            &serde_json::json!({ "outcomes": records }),
        )?)
    }
}

fn record(row: &'static str, outcome: &Outcome) -> Record {
    let (p10, p90) = outcome.spread();
    Record {
        row,
        contender: outcome.contender,
        rounds: outcome.values.len(),
        unit: outcome.unit,
        median: outcome.median(),
        p10,
        p90,
        ratio: outcome.ratio,
        goal: outcome.goal.map(|goal| wanted(outcome.unit, goal)),
        met: outcome.met(),
    }
}

/// The goal, and whether it is met; what is missed stands out.
fn judged(outcome: &Outcome) -> String {
    match (outcome.goal, outcome.met()) {
        (Some(goal), Some(true)) => format!("{} met", wanted(outcome.unit, goal)),
        (Some(goal), _) => format!("{} MISSED", wanted(outcome.unit, goal)),
        (None, _) => String::new(),
    }
}

/// Writes a goal: that of a median has a unit.
fn wanted(unit: Unit, goal: Goal) -> String {
    match goal {
        Goal::RatioAtMost(most) => format!("<= {}", ratio(most)),
        Goal::AtMost(most) => format!("<= {}", shown(unit, most)),
        Goal::AtLeast(least) => format!(">= {}", shown(unit, least)),
    }
}

fn ratio(ratio: f64) -> String {
    match ratio < 0.1 {
        true => format!("{ratio:.3}"),
        false => format!("{ratio:.2}"),
    }
}

/// Three digits are what repeats from run to run.
fn shown(unit: Unit, value: f64) -> String {
    let (scales, base): (&[&str], f64) = match unit {
        Unit::Seconds => (&["ns", "µs", "ms"], 1000.0),
        Unit::Bytes => (&["B", "KiB", "MiB"], 1024.0),
        Unit::SamplesASecond => (&["/s", "k/s", "M/s"], 1000.0),
        Unit::Part => return format!("{value:.3}"),
    };
    let mut value = match unit {
        Unit::Seconds => value * 1e9,
        Unit::Bytes | Unit::SamplesASecond | Unit::Part => value,
    };
    let mut unit = "";
    for (place, scale) in scales.iter().enumerate() {
        unit = scale;
        if value < base || place + 1 == scales.len() {
            break;
        }
        value /= base;
    }
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

    fn outcome(contender: &'static str, goal: Goal) -> Outcome {
        Outcome::new(contender, Unit::Seconds, vec![435e-6])
            .against(&[435e-6 / 1.18])
            .with_goal(goal)
    }

    #[test]
    fn values_have_three_digits_and_the_unit_that_fits() {
        assert_eq!(shown(Unit::Seconds, 6.25e-6), "6.25 µs");
        assert_eq!(shown(Unit::Seconds, 26.4e-3), "26.4 ms");
        assert_eq!(shown(Unit::Seconds, 7.345), "7345 ms");
        assert_eq!(shown(Unit::Seconds, 81.2e-9), "81.2 ns");
        assert_eq!(shown(Unit::Bytes, 64.0 * 1_048_576.0), "64.0 MiB");
        assert_eq!(shown(Unit::Bytes, 17.0), "17.0 B");
        assert_eq!(shown(Unit::SamplesASecond, 15e6), "15.0 M/s");
    }

    #[test]
    fn a_goal_that_is_missed_stands_out_and_a_row_is_named_once() {
        let mut report = Report::default();
        let outcomes = vec![
            outcome("plugin", Goal::RatioAtMost(1.25)),
            outcome("other", Goal::RatioAtMost(0.05)),
            outcome("absolute", Goal::AtMost(0.015)),
        ];
        report.add("small query", outcomes);
        let text = report.table().to_string();
        assert!(text.contains("<= 1.25 met"), "{text}");
        assert!(text.contains("<= 0.050 MISSED"), "{text}");
        assert!(text.contains("<= 15.0 ms met"), "{text}");
        assert_eq!(text.matches("small query").count(), 1, "{text}");
    }

    #[test]
    fn machines_get_plain_numbers_with_their_unit_and_whether_the_goal_is_met() {
        let mut report = Report::default();
        report.add(
            "small query",
            vec![outcome("plugin", Goal::RatioAtMost(1.25))],
        );
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let record = &json["outcomes"][0];
        assert_eq!(
            (&record["median"], &record["unit"], &record["met"]),
            (&435e-6.into(), &"seconds".into(), &true.into())
        );
        assert_eq!(record["goal"], "<= 1.25");
    }
}
