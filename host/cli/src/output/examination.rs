//! The output of `doctor`, for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::ContentArrangement;
use metric_host::doctor::{Check, Examination, Setting, Verdict};
use serde::Serialize;

use super::json;
use super::printable::line;
use super::{Screen, table};
use crate::duration::show_seconds;

/// Writes a row for each check, and at the end the flags to set.
pub(crate) fn table(
    out: &mut dyn Write,
    examination: &Examination,
    screen: &Screen,
) -> io::Result<()> {
    let mut rows = table::new();
    if let Some(width) = screen.width {
        // Findings are prose: they may be broken where the terminal ends.
        rows.set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    rows.set_header(["", "", "found"]);
    for check in &examination.checks {
        rows.add_row([
            check.verdict.as_str(),
            check.subject.as_str(),
            &words(check),
        ]);
    }
    writeln!(out, "{}\n", line(&examination.address))?;
    table::write(out, rows)?;
    let count = |verdict| {
        let checks = examination.checks.iter();
        checks.filter(|check| check.verdict == verdict).count()
    };
    writeln!(
        out,
        "\n{} ok, {} warnings, {} failed, {} skipped",
        count(Verdict::Ok),
        count(Verdict::Warn),
        count(Verdict::Fail),
        count(Verdict::Skipped)
    )?;
    let flags: Vec<String> = settings(examination).map(flag).collect();
    if !flags.is_empty() {
        writeln!(out, "set: {}", flags.join(" "))?;
    }
    Ok(())
}

fn words(check: &Check) -> String {
    let mut words = line(&check.found);
    if let Some(advice) = &check.advice {
        words.push('\n');
        words.push_str(&line(advice));
    }
    for setting in &check.set {
        words.push_str("\nset ");
        words.push_str(&flag(setting));
    }
    words
}

fn settings(examination: &Examination) -> impl Iterator<Item = &Setting> {
    examination.checks.iter().flat_map(|check| &check.set)
}

/// The setting as a flag of this program.
fn flag(setting: &Setting) -> String {
    let (name, _) = field(setting);
    let value = match setting {
        Setting::SampleInterval(seconds) | Setting::MaxRange(seconds) => {
            show_seconds((*seconds).into())
        }
        other => field(other).1.to_string().replace('"', ""),
    };
    format!("--{name} {value}")
}

/// The field of the configuration, and its value.
fn field(setting: &Setting) -> (&'static str, serde_json::Value) {
    match setting {
        Setting::LabelSchema(schema) => ("label-schema", schema.as_str().into()),
        Setting::SampleInterval(seconds) => ("sample-interval", (*seconds).into()),
        Setting::MaxPoints(points) => ("max-points", (*points).into()),
        Setting::MaxRange(seconds) => ("max-range", (*seconds).into()),
        Setting::Method(method) => ("method", method.as_str().into()),
        Setting::Backend(backend) => ("backend", backend.as_str().into()),
        other => ("", format!("{other:?}").into()),
    }
}

/// Writes one object on one line.
pub(crate) fn json(
    out: &mut dyn Write,
    examination: &Examination,
) -> Result<(), serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        address: &'a str,
        verdict: &'static str,
        /// Fields of the configuration.
        set: BTreeMap<&'static str, serde_json::Value>,
        checks: Vec<CheckDocument<'a>>,
    }
    #[derive(Serialize)]
    struct CheckDocument<'a> {
        subject: &'static str,
        verdict: &'static str,
        found: &'a str,
        advice: Option<&'a str>,
        set: BTreeMap<&'static str, serde_json::Value>,
    }
    let checks = examination.checks.iter().map(|check| CheckDocument {
        subject: check.subject.as_str(),
        verdict: check.verdict.as_str(),
        found: &check.found,
        advice: check.advice.as_deref(),
        set: check.set.iter().map(field).collect(),
    });
    let document = Document {
        address: &examination.address,
        verdict: examination.verdict().as_str(),
        set: settings(examination).map(field).collect(),
        checks: checks.collect(),
    };
    json::line(out, &document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::LabelSchema;
    use metric_host::doctor::Subject;

    fn examination() -> Examination {
        let check = |subject, verdict, advice: Option<&str>, set| Check {
            subject,
            verdict,
            found: "this\u{1b}[2J".to_owned(),
            advice: advice.map(str::to_owned),
            set,
        };
        let set = vec![Setting::SampleInterval(30)];
        let schema = vec![Setting::LabelSchema(LabelSchema::Agent)];
        Examination {
            address: "p:9090".to_owned(),
            checks: vec![
                check(Subject::Server, Verdict::Ok, None, vec![]),
                check(Subject::LabelSchema, Verdict::Warn, Some("do that"), schema),
                check(Subject::SampleInterval, Verdict::Warn, None, set),
                check(Subject::Window, Verdict::Skipped, None, vec![]),
            ],
            lacks_resources: false,
        }
    }

    #[test]
    fn the_flags_to_set_stand_with_their_reason_and_in_one_line() {
        let mut out = Vec::new();
        let pipe = Screen {
            width: None,
            sparkline: false,
        };
        table(&mut out, &examination(), &pipe).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\
p:9090

                          found
───────────────────────────────────────────────────
ok       server           this\\u{1b}[2J
warn     label-schema     this\\u{1b}[2J
                          do that
                          set --label-schema agent
warn     sample-interval  this\\u{1b}[2J
                          set --sample-interval 30s
skipped  window           this\\u{1b}[2J

1 ok, 2 warnings, 0 failed, 1 skipped
set: --label-schema agent --sample-interval 30s
"
        );
    }

    #[test]
    fn json_has_the_fields_of_the_configuration() {
        let mut out = Vec::new();
        json(&mut out, &examination()).unwrap();
        let found: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(found["verdict"], "warn");
        assert_eq!(
            found["set"],
            serde_json::json!({"label-schema": "agent", "sample-interval": 30})
        );
        assert_eq!(
            found["checks"][1],
            serde_json::json!({
                "subject": "label-schema", "verdict": "warn", "found": "this\u{1b}[2J",
                "advice": "do that", "set": {"label-schema": "agent"},
            })
        );
    }
}
