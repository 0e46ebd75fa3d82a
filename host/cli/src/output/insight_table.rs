//! Summaries, ranks and what was watched for people: a heading, a row a group, what is outside marked.

use std::io::Write;

use chrono::Local;
use comfy_table::Cell;
use metric_host::{MetricResult, Ranked, Series, Strategy, SummaryAnswer, WatchAnswer, Watched};

use super::insight_csv::is_in_anomaly;
use super::labels::{label, names_of};
use super::number::for_people;
use super::printable::line;
use super::query_table::lay_out;
use super::sparkline::{self, Span};
use super::{Screen, table, times};
use crate::duration::show_seconds;
use crate::failure::Failure;

/// The metric, its range, and what was asked.
fn heading(out: &mut dyn Write, metric: &str, answer: &MetricResult) -> std::io::Result<()> {
    let unit = line(answer.unit.as_deref().unwrap_or("unit unknown"));
    writeln!(out, "{}  {}  {unit}", line(metric), answer.metric_type)?;
    let range = times::range(answer.start, answer.end, &Local);
    writeln!(out, "{range}  step {}", show_seconds(answer.step.into()))?;
    writeln!(out, "{}\n", line(&answer.promql))
}

fn span(answer: &MetricResult) -> Span {
    Span {
        start: answer.start,
        end: answer.end,
        step: i64::from(answer.step.max(1)).saturating_mul(1000),
    }
}

fn cells(labels: &[(String, String)], names: &[&str]) -> Vec<String> {
    let value = |name: &&str| line(label(labels, name).unwrap_or_default());
    names.iter().map(value).collect()
}

/// Writes a row a group.
pub(crate) fn summary(
    out: &mut dyn Write,
    metric: &str,
    answer: &SummaryAnswer,
    quantiles: &[f64],
    screen: &Screen,
) -> Result<(), Failure> {
    heading(out, metric, &answer.answer)?;
    let names = names_of(answer.summaries.iter().map(|one| &one.labels))?;
    let has_total = answer.summaries.iter().any(|one| one.total.is_some());
    let parts: Vec<String> = quantiles
        .iter()
        .map(|part| metric_host::Statistic::Quantile(*part).to_string())
        .collect();
    let mut numbers = vec!["avg"];
    numbers.extend(parts.iter().map(String::as_str));
    numbers.extend(["min", "max", "last", "there"]);
    numbers.extend(has_total.then_some("total"));
    let unit = answer.answer.unit.as_deref();
    let row = |one: &metric_host::Summary| {
        let mut values = vec![one.avg];
        values.extend_from_slice(&one.quantiles);
        values.extend([one.min, one.max, one.last]);
        let mut texts: Vec<String> = values
            .iter()
            .map(|value| for_people(*value, unit))
            .collect();
        let part = 100.0 * f64::from(one.points) / f64::from(one.asked.max(1));
        texts.push(format!("{part:.0} %"));
        texts.extend(has_total.then(|| {
            let total_unit = answer.total_unit.as_deref();
            one.total
                .map_or_else(|| "-".to_owned(), |total| for_people(total, total_unit))
        }));
        (cells(&one.labels, &names), texts)
    };
    let rows = answer.summaries.iter().map(row).collect();
    let plain = Screen {
        sparkline: false,
        ..*screen
    };
    let table = lay_out(&names, &numbers, rows, &|_, _| String::new(), &plain);
    Ok(table::write(out, table)?)
}

/// Writes a row a group, in the order of rank, and one for all others.
pub(crate) fn ranked(
    out: &mut dyn Write,
    metric: &str,
    ranked: &Ranked,
    screen: &Screen,
) -> Result<(), Failure> {
    let answer = &ranked.answer.answer;
    heading(out, metric, answer)?;
    let mut names = names_of(answer.series.iter().map(|one| &one.labels))?;
    if names.is_empty() {
        names.push("group");
    }
    let unit = answer.unit.as_deref();
    let mean = |one: &Series| {
        let numbers = || one.values.iter().filter(|value| !value.is_nan());
        for_people(
            numbers().sum::<f64>() / numbers().count().max(1) as f64,
            unit,
        )
    };
    let last = |one: &Series| {
        let last = one.values.iter().rev().find(|value| !value.is_nan());
        last.map_or_else(|| "-".to_owned(), |value| for_people(*value, unit))
    };
    let mut rows: Vec<(Vec<String>, Vec<String>)> = (1..)
        .zip(&answer.series)
        .zip(&ranked.scores)
        .map(|((rank, one), score)| {
            let score = for_people(*score, ranked.score_unit.as_deref());
            let numbers = vec![u32::to_string(&rank), score, mean(one), last(one)];
            (cells(&one.labels, &names), numbers)
        })
        .collect();
    let left = (ranked.groups as usize).saturating_sub(answer.series.len());
    if let Some(others) = &ranked.others {
        let mut labels = vec![String::new(); names.len()];
        if let Some(first) = labels.first_mut() {
            *first = format!("{left} others");
        }
        rows.push((
            labels,
            vec!["-".to_owned(), "-".to_owned(), mean(others), last(others)],
        ));
    }
    let span = span(answer);
    let all: Vec<&Series> = answer.series.iter().chain(&ranked.others).collect();
    let draw = |row: usize, width| {
        all.get(row).map_or_else(String::new, |one| {
            sparkline::draw(&one.timestamps, &one.values, span, width)
        })
    };
    let table = lay_out(
        &names,
        &["rank", "score", "avg", "last"],
        rows,
        &draw,
        screen,
    );
    table::write(out, table)?;
    if ranked.others.is_none() && left > 0 {
        writeln!(out, "\n{left} more of {} groups", ranked.groups)?;
    }
    Ok(())
}

/// Writes a row a series, with what is outside marked under its sparkline, and a row an anomaly, the farthest out first.
pub(crate) fn watched(
    out: &mut dyn Write,
    metric: &str,
    answer: &WatchAnswer,
    screen: &Screen,
) -> Result<(), Failure> {
    heading(out, metric, &answer.answer)?;
    let names = names_of(answer.watched.iter().map(|one| &one.labels))?;
    let unit = answer.answer.unit.as_deref();
    let row = |one: &Watched| {
        let end = |values: &[f64]| {
            values.last().map_or_else(
                || "-".to_owned(),
                |value| match value.is_nan() {
                    true => "-".to_owned(),
                    false => for_people(*value, unit),
                },
            )
        };
        let numbers = vec![
            one.strategy.map_or("members", Strategy::as_str).to_owned(),
            one.learnt.to_string(),
            end(&one.values),
            end(&one.expected),
            one.anomalies.len().to_string(),
        ];
        (cells(&one.labels, &names), numbers)
    };
    let rows = answer.watched.iter().map(row).collect();
    let span = span(&answer.answer);
    let draw = |row: usize, width| {
        let Some(one) = answer.watched.get(row) else {
            return String::new();
        };
        let bars = sparkline::draw(&one.timestamps, &one.values, span, width);
        let outside = one
            .timestamps
            .iter()
            .copied()
            .filter(|at| is_in_anomaly(one, *at));
        match sparkline::marks(&outside.collect::<Vec<_>>(), span, width) {
            marks if marks.is_empty() => bars,
            marks => format!("{bars}\n{marks}"),
        }
    };
    let header = ["against", "learnt", "last", "expected", "anomalies"];
    let table = lay_out(&names, &header, rows, &draw, screen);
    table::write(out, table)?;
    anomalies(out, answer, &names, unit)
}

fn anomalies(
    out: &mut dyn Write,
    answer: &WatchAnswer,
    names: &[&str],
    unit: Option<&str>,
) -> Result<(), Failure> {
    let each = |one| move |anomaly| (one, anomaly);
    let mut found: Vec<(&Watched, &metric_host::Anomaly)> = answer
        .watched
        .iter()
        .flat_map(|one| one.anomalies.iter().map(each(one)))
        .collect();
    if found.is_empty() {
        writeln!(out, "\nnothing is out of the ordinary")?;
        return Ok(());
    }
    found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    let mut table = table::new();
    let columns = ["when", "side", "peak", "expected", "score"].map(Cell::new);
    table.set_header(
        names
            .iter()
            .map(|name| Cell::new(line(name)))
            .chain(columns),
    );
    for (one, anomaly) in found {
        let side = if anomaly.above { "above" } else { "below" };
        let numbers = [
            for_people(anomaly.peak, unit),
            for_people(anomaly.expected, unit),
            format!("{:.1}", anomaly.score),
        ];
        let labels = cells(&one.labels, names).into_iter().map(Cell::new);
        let when = times::range(anomaly.start, anomaly.end, &Local);
        let when = [Cell::new(when), Cell::new(side)];
        table.add_row(labels.chain(when).chain(numbers.map(table::right)));
    }
    writeln!(out)?;
    Ok(table::write(out, table)?)
}
