//! Writes series as OpenMetrics text, the format that `promtool tsdb create-blocks-from openmetrics` reads
//! (<https://github.com/OpenObservability/OpenMetrics>). It knows nothing of metrics or kernels.

use std::io::{Result, Write};
use std::ops::Range;

use crate::dataset::Series;

/// The one family that agents export.
pub const METRIC_FAMILY: &str = "backendai_container_utilization";

/// The label that names a series of another family.
pub const NAME: &str = "__name__";

/// Writes every series as samples of [`METRIC_FAMILY`], or of the family that its label [`NAME`] says, each line with its
/// time.
///
/// # Errors
/// Fails as `out` does.
pub fn write_openmetrics(series: &[Series], out: impl Write) -> Result<()> {
    write_between(series, i64::MIN..i64::MAX, out).map(drop)
}

/// Writes the samples whose time (Unix seconds) is within `times`. Says how many there were.
pub(crate) fn write_between(
    series: &[Series],
    times: Range<i64>,
    mut out: impl Write,
) -> Result<usize> {
    let mut count = 0;
    writeln!(out, "# TYPE {METRIC_FAMILY} gauge")?;
    for one in series {
        let name = selector(one);
        let first = one.timestamps.partition_point(|time| *time < times.start);
        let samples = one.timestamps.iter().zip(&one.values).skip(first);
        for (time, value) in samples.take_while(|(time, _)| **time < times.end) {
            writeln!(out, "{name} {} {time}", number(*value))?;
            count += 1;
        }
    }
    writeln!(out, "# EOF")?;
    out.flush()?;
    Ok(count)
}

/// The family and the labels of a series. Values are escaped as the format asks: `\`, `"` and line feeds.
fn selector(series: &Series) -> String {
    let labels: Vec<String> = series
        .labels
        .iter()
        .filter(|(name, _)| name != NAME)
        .map(|(name, value)| {
            let value = value
                .replace('\\', r"\\")
                .replace('"', r#"\""#)
                .replace('\n', r"\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    let family = series.label(NAME).unwrap_or(METRIC_FAMILY);
    format!("{family}{{{}}}", labels.join(","))
}

/// Infinities have names of their own; Rust's shortest form of the rest is exact.
fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_samples_within_the_times_are_written_the_end_excluded() {
        let series = Series {
            timestamps: vec![1, 2, 3, 4],
            values: vec![1.0, 2.0, 3.0, 4.0],
            ..Series::default()
        };
        let mut text = Vec::new();
        assert_eq!(write_between(&[series], 2..4, &mut text).unwrap(), 2);
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.ends_with("{} 2 2\nbackendai_container_utilization{} 3 3\n# EOF\n"),
            "{text}"
        );
    }

    #[test]
    fn a_series_may_be_of_another_family() {
        let series = Series {
            labels: [(NAME, "http_requests_total"), ("a", "b")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            timestamps: vec![1],
            values: vec![2.0],
        };
        let mut text = Vec::new();
        write_openmetrics(&[series], &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.ends_with("\nhttp_requests_total{a=\"b\"} 2 1\n# EOF\n"),
            "{text}"
        );
    }

    #[test]
    fn hostile_labels_and_numbers_that_are_none_are_written_as_the_format_asks() {
        let series = Series {
            labels: vec![("agent_id".to_owned(), "a\"b\\c\nd{}".to_owned())],
            timestamps: vec![1, 2, 3, 4],
            values: vec![1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
        };
        let mut text = Vec::new();
        write_openmetrics(&[series], &mut text).unwrap();
        let label = r#"backendai_container_utilization{agent_id="a\"b\\c\nd{}"}"#;
        assert_eq!(
            String::from_utf8(text).unwrap(),
            format!(
                "# TYPE backendai_container_utilization gauge\n\
                 {label} 1.5 1\n{label} NaN 2\n{label} +Inf 3\n{label} -Inf 4\n# EOF\n"
            )
        );
    }
}
