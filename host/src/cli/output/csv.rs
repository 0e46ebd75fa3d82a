//! CSV in long form: one line a value, one column a label. Exact numbers, times in UTC.

use std::io::Write;

use metric_host::{MetricMetadata, MetricResult, ValueType};

use super::labels::{label, label_names, names_in};
use super::number::not_finite;
use super::times;
use crate::cli::batch::Answered;

/// Writes `timestamp`, the labels in the order in which they occur, `value`.
pub(crate) fn query(out: &mut dyn Write, result: &MetricResult) -> Result<(), csv::Error> {
    let labels = label_names(result);
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(
        std::iter::once("timestamp")
            .chain(labels.iter().copied())
            .chain(std::iter::once("value")),
    )?;
    for series in &result.series {
        let found: Vec<&str> = labels
            .iter()
            .map(|name| label(&series.labels, name).unwrap_or_default())
            .collect();
        for (timestamp, value) in series.timestamps.iter().zip(&series.values) {
            rows.write_field(times::utc(*timestamp))?;
            for value in &found {
                rows.write_field(value)?;
            }
            rows.write_field(exact(*value))?;
            rows.write_record(None::<&[u8]>)?;
        }
    }
    rows.flush()?;
    Ok(())
}

/// Writes the answers to many queries as one table, whose first column is the metric.
pub(crate) fn batch(out: &mut dyn Write, answers: &[Answered<'_>]) -> Result<(), csv::Error> {
    // The side that was asked for tells two queries apart, also where the series do not carry it, as those of `pct`.
    const SIDE: &str = "value_type";
    let answered = || {
        let found = |it| answer_of(it).map(|answer| (it.query, answer));
        answers.iter().filter_map(found)
    };
    let mut labels = names_in(answered().flat_map(|(_, answer)| &answer.series));
    let is_asked = answers
        .iter()
        .any(|it| it.query.labels.value_type.is_some());
    if is_asked && !labels.contains(&SIDE) {
        labels.push(SIDE);
    }
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(
        ["metric", "timestamp"]
            .into_iter()
            .chain(labels.iter().copied())
            .chain(std::iter::once("value")),
    )?;
    for (query, answer) in answered() {
        let asked = query.labels.value_type.map(ValueType::as_str);
        for series in &answer.series {
            let value_of = |name: &&'_ str| match label(&series.labels, name) {
                None if *name == SIDE => asked.unwrap_or_default(),
                value => value.unwrap_or_default(),
            };
            let found: Vec<&str> = labels.iter().map(value_of).collect();
            for (timestamp, value) in series.timestamps.iter().zip(&series.values) {
                rows.write_field(&query.metric_name)?;
                rows.write_field(times::utc(*timestamp))?;
                for value in &found {
                    rows.write_field(value)?;
                }
                rows.write_field(exact(*value))?;
                rows.write_record(None::<&[u8]>)?;
            }
        }
    }
    rows.flush()?;
    Ok(())
}

fn answer_of<'a>(answered: &'a Answered<'_>) -> Option<&'a MetricResult> {
    answered.answer.as_ref().ok().map(|range| &range.answer)
}

/// Writes one line a metric, with the columns that JSON has. What the catalogue does not know is empty.
pub(crate) fn metrics(out: &mut dyn Write, metrics: &[MetricMetadata]) -> Result<(), csv::Error> {
    let mut rows = csv::Writer::from_writer(out);
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
        match &metric.catalogue {
            None => {
                rows.write_record([metric.name.as_str(), metric_type, "", "", "", "", "", ""])?;
            }
            Some(entry) => {
                let value_types: Vec<_> = entry
                    .value_types
                    .iter()
                    .copied()
                    .map(ValueType::as_str)
                    .collect();
                rows.write_record([
                    metric.name.as_str(),
                    metric_type,
                    &entry.description,
                    &entry.unit,
                    &entry.rate_unit,
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
fn exact(value: f64) -> String {
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

    fn text(series: Vec<Series>) -> String {
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
        };
        let mut out = Vec::new();
        query(&mut out, &result).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_a_value_and_a_column_a_label() {
        let csv = text(vec![
            series(
                &[("kernel_id", "a,\"b\""), ("value_type", "current")],
                &[1.0, 0.1],
            ),
            series(
                &[("value_type", "capacity"), ("agent_id", "two\nlines")],
                &[f64::NAN],
            ),
        ]);
        assert_eq!(
            csv,
            "timestamp,kernel_id,value_type,agent_id,value\n\
             1970-01-01T00:00:00Z,\"a,\"\"b\"\"\",current,,1\n\
             1970-01-01T00:00:01.500Z,\"a,\"\"b\"\"\",current,,0.1\n\
             1970-01-01T00:00:00Z,,capacity,\"two\nlines\",NaN\n"
        );
    }

    #[test]
    fn without_series_the_header_stays() {
        assert_eq!(text(vec![]), "timestamp,value\n");
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
