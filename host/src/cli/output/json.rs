//! JSON, written as it is made: a large result is never held a second time as a tree of values.

use std::io::Write;

use metric_host::{MetricMetadata, MetricResult, Series, ValueType};
use serde::{Serialize, Serializer};

use super::number::not_finite;

/// Writes the answer to a query as one object on one line.
pub(crate) fn query(out: &mut dyn Write, result: &MetricResult) -> Result<(), serde_json::Error> {
    line(
        out,
        &QueryDocument {
            promql: &result.promql,
            metric_type: result.metric_type.as_str(),
            unit: result.unit.as_deref(),
            step: result.step,
            start: result.start,
            end: result.end,
            series: Each(&result.series, SeriesDocument),
            warnings: &result.warnings,
            infos: &result.infos,
        },
    )
}

/// Writes the metrics as an array of objects on one line.
pub(crate) fn metrics(
    out: &mut dyn Write,
    metrics: &[MetricMetadata],
) -> Result<(), serde_json::Error> {
    line(out, &Each(metrics, MetricDocument::of))
}

fn line(out: &mut dyn Write, document: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

#[derive(Serialize)]
struct QueryDocument<'a> {
    promql: &'a str,
    metric_type: &'static str,
    unit: Option<&'a str>,
    /// Seconds.
    step: u32,
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    series: Each<'a, Series, SeriesDocument<'a>>,
    warnings: &'a [String],
    infos: &'a [String],
}

struct SeriesDocument<'a>(&'a Series);

impl Serialize for SeriesDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Columns<'a> {
            labels: Labels<'a>,
            timestamps: &'a [i64],
            values: Each<'a, f64, Value>,
        }
        let Series {
            labels,
            timestamps,
            values,
        } = self.0;
        Columns {
            labels: Labels(labels),
            timestamps,
            values: Each(values, |value| Value(*value)),
        }
        .serialize(serializer)
    }
}

struct Labels<'a>(&'a [(String, String)]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A number, or the word that Prometheus has for it where JSON has none.
struct Value(f64);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(not_finite(self.0))
        }
    }
}

/// An array, each element turned into its document when its turn comes.
struct Each<'a, T, D>(&'a [T], fn(&'a T) -> D);

impl<T, D: Serialize> Serialize for Each<'_, T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

/// One metric. What the catalogue does not know is null.
#[derive(Serialize)]
struct MetricDocument<'a> {
    name: &'a str,
    metric_type: &'static str,
    description: Option<&'a str>,
    unit: Option<&'a str>,
    rate_unit: Option<&'a str>,
    category: Option<&'static str>,
    cumulative: Option<bool>,
    value_types: Option<Vec<&'static str>>,
}

impl<'a> MetricDocument<'a> {
    fn of(metric: &'a MetricMetadata) -> Self {
        let entry = metric.catalogue.as_ref();
        Self {
            name: &metric.name,
            metric_type: metric.metric_type.as_str(),
            description: entry.map(|entry| entry.description.as_str()),
            unit: entry.map(|entry| entry.unit.as_str()),
            rate_unit: entry.map(|entry| entry.rate_unit.as_str()),
            category: entry.map(|entry| entry.category.as_str()),
            cumulative: entry.map(|entry| entry.cumulative),
            value_types: entry.map(|entry| {
                entry
                    .value_types
                    .iter()
                    .copied()
                    .map(ValueType::as_str)
                    .collect()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{CatalogueEntry, Category, MetricType};

    fn text(write: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_result_is_one_object_on_one_line() {
        let result = MetricResult {
            promql: "sum(x)".to_owned(),
            metric_type: MetricType::Rate,
            unit: Some("bytes/s".to_owned()),
            step: 60,
            start: 0,
            end: 120_000,
            series: vec![Series {
                labels: vec![("value_type".to_owned(), "cur\"rent".to_owned())],
                timestamps: vec![0, 60_000, 120_000, 180_000],
                values: vec![1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
            }],
            warnings: vec!["careful".to_owned()],
            infos: vec![],
        };
        assert_eq!(
            text(|out| query(out, &result)),
            concat!(
                r#"{"promql":"sum(x)","metric_type":"rate","unit":"bytes/s","step":60,"start":0,"end":120000,"#,
                r#""series":[{"labels":{"value_type":"cur\"rent"},"timestamps":[0,60000,120000,180000],"#,
                r#""values":[1.5,"NaN","+Inf","-Inf"]}],"warnings":["careful"],"infos":[]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_the_catalogue_does_not_know_is_null() {
        let known = CatalogueEntry {
            description: "Memory in use.".to_owned(),
            unit: "bytes".to_owned(),
            rate_unit: "bytes/s".to_owned(),
            category: Category::Memory,
            cumulative: false,
            value_types: vec![ValueType::Current, ValueType::Pct],
        };
        let all = [
            MetricMetadata {
                name: "mem".to_owned(),
                metric_type: MetricType::Gauge,
                catalogue: Some(known),
            },
            MetricMetadata {
                name: "other".to_owned(),
                metric_type: MetricType::Gauge,
                catalogue: None,
            },
        ];
        let parsed: serde_json::Value =
            serde_json::from_str(&text(|out| metrics(out, &all))).unwrap();
        assert_eq!(
            parsed,
            serde_json::json!([
                {"name": "mem", "metric_type": "gauge", "description": "Memory in use.", "unit": "bytes",
                 "rate_unit": "bytes/s", "category": "memory", "cumulative": false, "value_types": ["current", "pct"]},
                {"name": "other", "metric_type": "gauge", "description": null, "unit": null, "rate_unit": null,
                 "category": null, "cumulative": null, "value_types": null},
            ])
        );
    }
}
