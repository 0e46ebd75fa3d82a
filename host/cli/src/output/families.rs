//! Families and derived metrics as files describe them: a table for people, the form of the file in JSON, a line each in
//! CSV.

use std::io::Write;

use metric_host::families::{Derivation, Family};
use metric_host::{DeclaredSide, DerivedMetric};
use serde_json::json;

use super::csv::Cells;
use super::printable::line;
use super::table;
use crate::failure::Failure;

/// A row each.
pub(crate) fn table(
    out: &mut dyn Write,
    families: &[Family],
    derived: &[&DerivedMetric],
) -> Result<(), Failure> {
    let mut rows = table::new();
    rows.set_header(["family", "kind", "unit", "labels", "description"]);
    for family in families {
        rows.add_row([
            line(&family.name),
            kind(family),
            line(family.unit.as_deref().unwrap_or("-")),
            line(&family.labels.join(", ")),
            line(&family.description),
        ]);
    }
    for metric in derived {
        rows.add_row([
            line(&metric.name),
            formula(metric),
            line(metric.unit.as_deref().unwrap_or("-")),
            String::new(),
            line(&metric.description),
        ]);
    }
    Ok(table::write(out, rows)?)
}

/// The formula of a derived metric, such as `100 * a / b`.
pub(crate) fn formula(metric: &DerivedMetric) -> String {
    let side = |place: usize| match metric.sides.get(place) {
        Some(DeclaredSide::Family(side)) if side.filters.is_empty() => line(&side.family),
        Some(DeclaredSide::Family(side)) => {
            let filters = side.filters.iter();
            let filters = filters.map(|one| format!("{}={}", one.label, one.values.join("|")));
            let filters = filters.collect::<Vec<_>>().join(",");
            format!("{}{{{}}}", line(&side.family), line(&filters))
        }
        Some(DeclaredSide::Metric(side)) => match side.value_type {
            Some(value_type) => format!("{} {value_type}", line(&side.metric)),
            None => line(&side.metric),
        },
        None => "nothing".to_owned(),
    };
    let (first, second) = (side(0), side(1));
    match metric.derivation {
        Derivation::Ratio => format!("{first} / {second}"),
        Derivation::Percent => format!("100 * {first} / {second}"),
        Derivation::Difference => format!("{first} - {second}"),
        Derivation::Sum => format!("{first} + {second}"),
        Derivation::Scale(factor) => format!("{first} * {factor}"),
    }
}

fn kind(family: &Family) -> String {
    match family.intensive {
        true => format!("{}, intensive", family.kind.as_str()),
        false => family.kind.as_str().to_owned(),
    }
}

/// As in a file.
pub(crate) fn json(
    out: &mut dyn Write,
    families: &[Family],
    derived: &[&DerivedMetric],
) -> Result<(), Failure> {
    let one = |family: &Family| {
        json!({
            "name": family.name,
            "former_names": family.former_names,
            "kind": family.kind.as_str(),
            "unit": family.unit,
            "description": family.description,
            "labels": family.labels,
            "intensive": family.intensive,
        })
    };
    let families: Vec<_> = families.iter().map(one).collect();
    serde_json::to_writer_pretty(
        &mut *out,
        &json!({ "families": families, "derived": derived }),
    )
    .map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// One line each.
pub(crate) fn csv(
    out: &mut dyn Write,
    families: &[Family],
    derived: &[&DerivedMetric],
    cells: Cells,
) -> Result<(), Failure> {
    let mut rows = cells.rows(out);
    rows.write_record([
        "name",
        "former_names",
        "kind",
        "unit",
        "labels",
        "intensive",
        "description",
    ])?;
    for family in families {
        let intensive = family.intensive.to_string();
        let (former, labels) = (family.former_names.join(" "), family.labels.join(" "));
        for text in [
            family.name.as_str(),
            &former,
            family.kind.as_str(),
            family.unit.as_deref().unwrap_or_default(),
            &labels,
            &intensive,
            &family.description,
        ] {
            rows.write_field(cells.cell(text).as_ref())?;
        }
        rows.write_record(None::<&[u8]>)?;
    }
    for metric in derived {
        let formula = formula(metric);
        let unit = metric.unit.as_deref().unwrap_or_default();
        for text in [
            &metric.name,
            "",
            &formula,
            unit,
            "",
            "",
            &metric.description,
        ] {
            rows.write_field(cells.cell(text).as_ref())?;
        }
        rows.write_record(None::<&[u8]>)?;
    }
    Ok(rows.flush()?)
}
