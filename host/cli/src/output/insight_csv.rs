//! Summaries, ranks, what was watched, and values as CSV. Exact numbers, times in UTC.

use std::io::Write;

use metric_host::{Ranked, Series, SummaryAnswer, ValueAnswer, WatchAnswer, Watched};

use super::csv::{Cells, exact};
use super::labels::{label, names_of};
use super::times;
use crate::failure::Failure;

/// Writes a line a group.
pub(crate) fn summary(
    out: &mut dyn Write,
    answer: &SummaryAnswer,
    quantiles: &[f64],
    cells: Cells,
) -> Result<(), Failure> {
    let names = names_of(answer.summaries.iter().map(|one| &one.labels))?;
    let mut rows = cells.rows(out);
    let mut header: Vec<String> = names.iter().map(|name| cells.cell(name).into()).collect();
    header.extend(
        [
            "points",
            "asked",
            "not_numbers",
            "first",
            "last",
            "min",
            "max",
            "avg",
        ]
        .map(str::to_owned),
    );
    header.extend(quantiles.iter().map(|part| format!("q{part}")));
    header.push("total".to_owned());
    rows.write_record(&header)?;
    for one in &answer.summaries {
        let mut row = labels_of(&one.labels, &names, cells);
        row.extend([one.points, one.asked, one.not_numbers].map(|count| count.to_string()));
        row.extend([one.first, one.last, one.min, one.max, one.avg].map(exact));
        row.extend(one.quantiles.iter().copied().map(exact));
        row.push(one.total.map(exact).unwrap_or_default());
        rows.write_record(&row)?;
    }
    rows.flush()?;
    Ok(())
}

/// Writes a line a value, with the rank and the score of its group; the others have neither.
pub(crate) fn ranked(out: &mut dyn Write, ranked: &Ranked, cells: Cells) -> Result<(), Failure> {
    let series = &ranked.answer.answer.series;
    let names = names_of(series.iter().map(|one| &one.labels))?;
    let mut rows = cells.rows(out);
    let mut header = vec![
        "rank".to_owned(),
        "score".to_owned(),
        "timestamp".to_owned(),
    ];
    header.extend(names.iter().map(|name| String::from(cells.cell(name))));
    header.push("value".to_owned());
    rows.write_record(&header)?;
    let mut write = |rank: String, score: String, one: &Series| -> Result<(), Failure> {
        let labels = labels_of(&one.labels, &names, cells);
        for (timestamp, value) in one.timestamps.iter().zip(&one.values) {
            let mut row = vec![rank.clone(), score.clone(), times::utc(*timestamp)];
            row.extend_from_slice(&labels);
            row.push(exact(*value));
            rows.write_record(&row)?;
        }
        Ok(())
    };
    for ((rank, one), score) in (1..).zip(series).zip(&ranked.scores) {
        write(u32::to_string(&rank), exact(*score), one)?;
    }
    if let Some(others) = &ranked.others {
        write("others".to_owned(), String::new(), others)?;
    }
    rows.flush()?;
    Ok(())
}

/// Writes a line a point, with its band and whether it belongs to an anomaly.
pub(crate) fn watched(
    out: &mut dyn Write,
    answer: &WatchAnswer,
    cells: Cells,
) -> Result<(), Failure> {
    let names = names_of(answer.watched.iter().map(|one| &one.labels))?;
    let mut rows = cells.rows(out);
    let mut header = vec!["timestamp".to_owned()];
    header.extend(names.iter().map(|name| String::from(cells.cell(name))));
    header.extend(["value", "expected", "lower", "upper", "anomaly"].map(str::to_owned));
    rows.write_record(&header)?;
    for one in &answer.watched {
        let labels = labels_of(&one.labels, &names, cells);
        let bands = one.expected.iter().zip(&one.lower).zip(&one.upper);
        for ((timestamp, value), ((expected, lower), upper)) in
            one.timestamps.iter().zip(&one.values).zip(bands)
        {
            let mut row = vec![times::utc(*timestamp)];
            row.extend_from_slice(&labels);
            row.extend([*value, *expected, *lower, *upper].map(exact));
            row.push(is_in_anomaly(one, *timestamp).to_string());
            rows.write_record(&row)?;
        }
    }
    rows.flush()?;
    Ok(())
}

/// Writes a line a value.
pub(crate) fn values(
    out: &mut dyn Write,
    answer: &ValueAnswer,
    cells: Cells,
) -> Result<(), Failure> {
    let mut rows = cells.rows(out);
    rows.write_record(["value"])?;
    for value in &answer.values {
        rows.write_record([cells.cell(value).as_ref()])?;
    }
    rows.flush()?;
    Ok(())
}

/// Returns true if an instant lies in an anomaly.
pub(super) fn is_in_anomaly(one: &Watched, at: i64) -> bool {
    one.anomalies
        .iter()
        .any(|anomaly| (anomaly.start..=anomaly.end).contains(&at))
}

fn labels_of(labels: &[(String, String)], names: &[&str], cells: Cells) -> Vec<String> {
    let value = |name: &&str| cells.cell(label(labels, name).unwrap_or_default()).into();
    names.iter().map(value).collect()
}
