//! CSV in long form: one line a value, one column a label. Exact numbers, times in UTC.

use std::borrow::Cow;
use std::io::Write;

use metric_host::{MetricMetadata, MetricResult, ValueType};

use super::labels::{label, label_names};
use super::number::not_finite;
use super::times;
use crate::commands::batch::Answered;
use crate::failure::Failure;

/// The way in which text is written into a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cells {
    /// As it is.
    Exact,
    /// With an apostrophe before what a spreadsheet would run as a formula, and always in quotes, so that no other
    /// separator makes two cells of it.
    ForSpreadsheets,
}

/// The first characters of a formula, in a spreadsheet of any locale (OWASP, "CSV Injection").
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

impl Cells {
    pub(super) fn rows<W: Write>(self, out: W) -> csv::Writer<W> {
        let style = match self {
            Self::Exact => csv::QuoteStyle::Necessary,
            Self::ForSpreadsheets => csv::QuoteStyle::NonNumeric,
        };
        csv::WriterBuilder::new()
            .quote_style(style)
            .from_writer(out)
    }

    /// The cell of a text that others wrote.
    pub(super) fn cell(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::ForSpreadsheets if text.starts_with(FORMULA) => format!("'{text}").into(),
            _ => text.into(),
        }
    }
}

/// Writes `timestamp`, the labels in the order in which they occur, `value`.
pub(crate) fn query(
    out: &mut dyn Write,
    result: &MetricResult,
    cells: Cells,
) -> Result<(), Failure> {
    let labels = label_names(&result.series)?;
    let mut rows = cells.rows(out);
    header(&mut rows, &["timestamp"], &labels, cells)?;
    for series in &result.series {
        let found: Vec<_> = labels
            .iter()
            .map(|name| cells.cell(label(&series.labels, name).unwrap_or_default()))
            .collect();
        for (timestamp, value) in series.timestamps.iter().zip(&series.values) {
            rows.write_field(times::utc(*timestamp))?;
            for value in &found {
                rows.write_field(value.as_ref())?;
            }
            rows.write_field(exact(*value))?;
            rows.write_record(None::<&[u8]>)?;
        }
    }
    rows.flush()?;
    Ok(())
}

/// Writes the answers to many queries as one table, whose first column is the metric.
pub(crate) fn batch(
    out: &mut dyn Write,
    answers: &[Answered<'_>],
    cells: Cells,
) -> Result<(), Failure> {
    // The side that was asked for tells two queries apart, also where the series do not carry it, as those of `pct`.
    const SIDE: &str = "value_type";
    let answered = || {
        let found = |it| answer_of(it).map(|answer| (it.query, answer));
        answers.iter().filter_map(found)
    };
    let mut labels = label_names(answered().flat_map(|(_, answer)| &answer.series))?;
    let is_asked = answers
        .iter()
        .any(|it| it.query.labels.value_type.is_some());
    if is_asked && !labels.contains(&SIDE) {
        labels.push(SIDE);
    }
    let mut rows = cells.rows(out);
    header(&mut rows, &["metric", "timestamp"], &labels, cells)?;
    for (query, answer) in answered() {
        let asked = query.labels.value_type.map(ValueType::as_str);
        let metric = cells.cell(&query.metric_name);
        for series in &answer.series {
            let value_of = |name: &&str| match label(&series.labels, name) {
                None if *name == SIDE => asked.unwrap_or_default().into(),
                value => cells.cell(value.unwrap_or_default()),
            };
            let found: Vec<_> = labels.iter().map(value_of).collect();
            for (timestamp, value) in series.timestamps.iter().zip(&series.values) {
                rows.write_field(metric.as_ref())?;
                rows.write_field(times::utc(*timestamp))?;
                for value in &found {
                    rows.write_field(value.as_ref())?;
                }
                rows.write_field(exact(*value))?;
                rows.write_record(None::<&[u8]>)?;
            }
        }
    }
    rows.flush()?;
    Ok(())
}

/// Writes the names of the columns.
fn header<W: Write>(
    rows: &mut csv::Writer<W>,
    first: &[&str],
    labels: &[&str],
    cells: Cells,
) -> Result<(), csv::Error> {
    let labels: Vec<_> = labels.iter().map(|name| cells.cell(name)).collect();
    let labels = labels.iter().map(AsRef::as_ref);
    rows.write_record(first.iter().copied().chain(labels).chain(["value"]))
}

fn answer_of<'a>(answered: &'a Answered<'_>) -> Option<&'a MetricResult> {
    answered.answer.as_ref().ok().map(|range| &range.answer)
}

/// Writes one line a metric, with the columns that JSON has. Fields that the catalogue does not know are empty.
pub(crate) fn metrics(
    out: &mut dyn Write,
    metrics: &[MetricMetadata],
    cells: Cells,
) -> Result<(), csv::Error> {
    let mut rows = cells.rows(out);
    rows.write_record([
        "name",
        "metric_type",
        "description",
        "unit",
        "rate_unit",
        "category",
        "cumulative",
        "value_types",
    ])?;
    for metric in metrics {
        let metric_type = metric.metric_type.as_str();
        let name = cells.cell(&metric.name);
        match &metric.catalogue {
            None => {
                rows.write_record([name.as_ref(), metric_type, "", "", "", "", "", ""])?;
            }
            Some(entry) => {
                let value_types: Vec<_> = entry
                    .value_types
                    .iter()
                    .copied()
                    .map(ValueType::as_str)
                    .collect();
                rows.write_record([
                    name.as_ref(),
                    metric_type,
                    &cells.cell(&entry.description),
                    &cells.cell(&entry.unit),
                    &cells.cell(&entry.rate_unit),
                    entry.category.as_str(),
                    if entry.cumulative { "true" } else { "false" },
                    &value_types.join(" "),
                ])?;
            }
        }
    }
    rows.flush()?;
    Ok(())
}

/// The shortest text that reads back as the same number.
pub(super) fn exact(value: f64) -> String {
    // Beyond these, digits without an exponent would be a row of zeros.
    match value.abs() {
        _ if !value.is_finite() => not_finite(value).to_owned(),
        size if size == 0.0 || (1e-7..1e21).contains(&size) => value.to_string(),
        _ => format!("{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{MetricType, Series};

    fn series(labels: &[(&str, &str)], values: &[f64]) -> Series {
        Series {
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            timestamps: (0..values.len() as i64).map(|i| i * 1500).collect(),
            values: values.to_vec(),
        }
    }

    fn text(series: Vec<Series>, cells: Cells) -> String {
        let result = MetricResult {
            promql: String::new(),
            metric_type: MetricType::Gauge,
            unit: None,
            step: 1,
            start: 0,
            end: 0,
            series,
            warnings: vec![],
            infos: vec![],
            partial: false,
        };
        let mut out = Vec::new();
        query(&mut out, &result, cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_a_value_and_a_column_a_label() {
        let csv = text(
            vec![
                series(
                    &[("kernel_id", "a,\"b\""), ("value_type", "current")],
                    &[1.0, 0.1],
                ),
                series(
                    &[("value_type", "capacity"), ("agent_id", "two\nlines")],
                    &[f64::NAN],
                ),
            ],
            Cells::Exact,
        );
        assert_eq!(
            csv,
            "timestamp,kernel_id,value_type,agent_id,value\n\
             1970-01-01T00:00:00Z,\"a,\"\"b\"\"\",current,,1\n\
             1970-01-01T00:00:01.500Z,\"a,\"\"b\"\"\",current,,0.1\n\
             1970-01-01T00:00:00Z,,capacity,\"two\nlines\",NaN\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula_to_a_spreadsheet() {
        let labels = [
            ("=HYPERLINK(1)", "plain"),
            ("b", "@SUM(1)"),
            ("c", "a;=1"),
            ("d", "＝1"),
            ("e", "\t=1"),
        ];
        let series = vec![series(&labels, &[-1.5])];
        assert_eq!(
            text(series.clone(), Cells::ForSpreadsheets),
            "\"timestamp\",\"'=HYPERLINK(1)\",\"b\",\"c\",\"d\",\"e\",\"value\"\n\
             \"1970-01-01T00:00:00Z\",\"plain\",\"'@SUM(1)\",\"a;=1\",\"'＝1\",\"'\t=1\",-1.5\n"
        );
        assert_eq!(
            text(series, Cells::Exact),
            "timestamp,=HYPERLINK(1),b,c,d,e,value\n1970-01-01T00:00:00Z,plain,@SUM(1),a;=1,＝1,\t=1,-1.5\n"
        );
    }

    #[test]
    fn without_series_the_header_stays() {
        assert_eq!(text(vec![], Cells::Exact), "timestamp,value\n");
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        for value in [
            0.0,
            0.1,
            1e-9,
            1e300,
            123_456_789.123,
            f64::MIN_POSITIVE,
            1e21,
            -5.0,
        ] {
            assert_eq!(exact(value).parse::<f64>().unwrap(), value);
            assert!(exact(value).len() < 30);
        }
        assert_eq!(exact(f64::NEG_INFINITY), "-Inf");
    }
}
