//! The output of `inspect`, for people and for programs.

use std::io::{self, Write};
use std::path::Path;

use metric_host::{PluginDescription, PluginDigest, PluginMetadata};
use serde::Serialize;

use super::number;
use super::printable::line;

/// A plugin from outside.
pub(crate) struct Inspection<'a> {
    pub(crate) file: &'a Path,
    pub(crate) digest: PluginDigest,
    pub(crate) description: &'a PluginDescription,
    /// None: this host would load it.
    pub(crate) refused_because: Option<String>,
}

impl Inspection<'_> {
    /// A heading a line, as many lines under it as there are values.
    pub(crate) fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let description = self.description;
        let size = description.size_bytes;
        let world = description
            .world
            .as_deref()
            .unwrap_or("none that this host knows");
        // Every size of a file that exists is below 2^53.
        let human = number::for_people(size as f64, Some("bytes"));
        field(out, "file", [self.file.display().to_string()])?;
        field(out, "size", [format!("{human} ({size} bytes)")])?;
        field(out, "sha256", [self.digest.to_string()])?;
        // Fields that a plugin does not have are left out.
        let said = description.metadata.fields().into_iter();
        for (name, value) in said.filter_map(|(name, value)| Some((name, value?))) {
            field(out, name, [value])?;
        }
        field(out, "world", [world])?;
        field(out, "exports", &description.exports)?;
        field(out, "imports", &description.imports)?;
        match &self.refused_because {
            None => field(out, "loads", ["yes"]),
            Some(reason) => field(out, "loads", [format!("no: {reason}")]),
        }
    }

    pub(crate) fn write_json(&self, out: &mut dyn Write) -> Result<(), serde_json::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            file: String,
            size_bytes: u64,
            sha256: String,
            metadata: &'a PluginMetadata,
            world: Option<&'a str>,
            exports: &'a [String],
            imports: &'a [String],
            loads: bool,
            refused_because: Option<&'a str>,
        }
        let document = Document {
            file: self.file.display().to_string(),
            size_bytes: self.description.size_bytes,
            sha256: self.digest.to_string(),
            metadata: &self.description.metadata,
            world: self.description.world.as_deref(),
            exports: &self.description.exports,
            imports: &self.description.imports,
            loads: self.refused_because.is_none(),
            refused_because: self.refused_because.as_deref(),
        };
        serde_json::to_writer(&mut *out, &document)?;
        out.write_all(b"\n").map_err(serde_json::Error::io)
    }
}

/// As wide as the longest heading, `description`.
const COLUMN: usize = 11;

fn field<T: AsRef<str>>(
    out: &mut dyn Write,
    name: &str,
    values: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let mut heading = name;
    for value in values {
        // A reason may have several lines; each stands in the column.
        for text in value.as_ref().lines() {
            writeln!(out, "{heading:<COLUMN$} {}", line(text))?;
            heading = "";
        }
    }
    if heading.is_empty() {
        Ok(())
    } else {
        writeln!(out, "{heading:<COLUMN$} none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_a_column_and_nothing_is_said_to_be_none() {
        let mut out = Vec::new();
        field(&mut out, "imports", ["wasi:io/poll@0.2.0", "bad\u{1b}[1m"]).unwrap();
        field(&mut out, "exports", [""; 0]).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "imports     wasi:io/poll@0.2.0\n            bad\\u{1b}[1m\nexports     none\n"
        );
    }
}
