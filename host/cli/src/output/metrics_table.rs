//! The metrics that there are, for people: a row each.

use std::io::{self, Write};

use comfy_table::ContentArrangement;
use metric_host::{MetricMetadata, MetricType, ValueType};

use super::printable::line;
use super::{Screen, table};

/// Writes a row for each metric.
pub(crate) fn write(
    out: &mut dyn Write,
    metrics: &[MetricMetadata],
    screen: &Screen,
) -> io::Result<()> {
    let mut table = table::new();
    if let Some(width) = screen.width {
        // Descriptions are prose: they may be broken where the terminal ends.
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    table.set_header([
        "name",
        "type",
        "unit",
        "category",
        "value types",
        "description",
    ]);
    for metric in metrics {
        let (unit, category, value_types, description) = match &metric.catalogue {
            None => ("", "", String::new(), "(not in the catalogue)"),
            Some(entry) => {
                // The unit of what a query shows: that of the rate if the samples are read as one.
                let unit = match metric.metric_type {
                    MetricType::Gauge => entry.unit.as_str(),
                    MetricType::Rate | MetricType::Diff => entry.rate_unit.as_str(),
                };
                let value_types: Vec<_> = entry
                    .value_types
                    .iter()
                    .copied()
                    .map(ValueType::as_str)
                    .collect();
                (
                    unit,
                    entry.category.as_str(),
                    value_types.join(" "),
                    entry.description.as_str(),
                )
            }
        };
        table.add_row([
            &line(&metric.name),
            metric.metric_type.as_str(),
            &line(unit),
            category,
            &value_types,
            &line(description),
        ]);
    }
    table::write(out, table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{CatalogueEntry, Category};

    #[test]
    fn metrics_show_the_unit_that_a_query_answers_in() {
        let entry = CatalogueEntry {
            description: "Bytes received.".to_owned(),
            unit: "bytes".to_owned(),
            rate_unit: "bytes/s".to_owned(),
            category: Category::Network,
            cumulative: true,
            value_types: vec![ValueType::Current, ValueType::Capacity],
        };
        let all = [
            MetricMetadata {
                name: "net_rx".to_owned(),
                metric_type: MetricType::Rate,
                catalogue: Some(entry),
            },
            MetricMetadata {
                name: "own".to_owned(),
                metric_type: MetricType::Gauge,
                catalogue: None,
            },
        ];
        let mut out = Vec::new();
        write(
            &mut out,
            &all,
            &Screen {
                width: None,
                sparkline: false,
            },
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        let row = text
            .lines()
            .find(|line| line.starts_with("net_rx"))
            .unwrap();
        assert!(
            row.contains("bytes/s")
                && row.contains("current capacity")
                && row.contains("Bytes received."),
            "{text}"
        );
        assert!(
            text.contains("own") && text.contains("not in the catalogue"),
            "{text}"
        );
    }
}
