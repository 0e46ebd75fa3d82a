//! Families as files describe them: a table for people, the form of the file in JSON, a line each in CSV.

use std::io::Write;

use metric_host::families::Family;
use serde_json::json;

use super::csv::Cells;
use super::printable::line;
use super::table;
use crate::failure::Failure;

/// A row each.
pub(crate) fn table(out: &mut dyn Write, families: &[Family]) -> Result<(), Failure> {
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
    Ok(table::write(out, rows)?)
}

fn kind(family: &Family) -> String {
    match family.intensive {
        true => format!("{}, intensive", family.kind.as_str()),
        false => family.kind.as_str().to_owned(),
    }
}

/// As in a file.
pub(crate) fn json(out: &mut dyn Write, families: &[Family]) -> Result<(), Failure> {
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
    serde_json::to_writer_pretty(&mut *out, &json!({ "families": families }))
        .map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// One line each.
pub(crate) fn csv(out: &mut dyn Write, families: &[Family], cells: Cells) -> Result<(), Failure> {
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
    Ok(rows.flush()?)
}
