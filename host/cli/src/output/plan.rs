//! The output of `--explain`, for people and for programs.

use std::fmt::Display;
use std::io::{self, Write};

use chrono::TimeZone;
use metric_host::{Chunk, RangePlan};
use metric_serve::documents::{Each, Named, PlanDocument, QueryName, points};
use serde::Serialize;

use super::point::meaning;
use super::printable::line;
use super::{table, times};
use crate::commands::explain::Planned;
use crate::duration::show_seconds;

/// Writes one plan as an object, several as an array, an object a line.
pub(crate) fn json(out: &mut dyn Write, plans: &[Planned<'_>]) -> Result<(), serde_json::Error> {
    let document = |planned: &Planned<'_>, out: &mut dyn Write| {
        let document = Named {
            query: QueryName::of(planned.query),
            answer: Explained {
                plan: PlanDocument::of(&planned.plan),
                addresses: planned.addresses,
                chunks: Each(&planned.plan.chunks, ChunkDocument::of),
            },
        };
        serde_json::to_writer(out, &document)
    };
    let text = |out: &mut dyn Write, text: &str| {
        out.write_all(text.as_bytes())
            .map_err(serde_json::Error::io)
    };
    if let [one] = plans {
        document(one, out)?;
        return text(out, "\n");
    }
    let mut before = "[";
    for planned in plans {
        text(out, before)?;
        document(planned, out)?;
        before = ",\n";
    }
    text(out, "]\n")
}

#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    plan: PlanDocument<'a>,
    /// In the order of preference.
    addresses: &'a [&'a str],
    chunks: Each<'a, Chunk, ChunkDocument>,
}

#[derive(Serialize)]
struct ChunkDocument {
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    points: u32,
    #[serde(rename = "final")]
    is_final: bool,
}

impl ChunkDocument {
    fn of(chunk: &Chunk) -> Self {
        Self {
            start: chunk.span.start,
            end: chunk.span.end,
            points: chunk.points,
            is_final: chunk.is_final,
        }
    }
}

/// Writes a heading as that of the answer, the reasons, and a row for each request.
pub(crate) fn table<Tz>(out: &mut dyn Write, planned: &Planned<'_>, zone: &Tz) -> io::Result<()>
where
    Tz: TimeZone<Offset: Display>,
{
    let Planned {
        query,
        plan,
        addresses,
    } = planned;
    writeln!(
        out,
        "{}  {}  {}{}",
        line(&query.metric_name),
        plan.metric_type,
        line(plan.unit.as_deref().unwrap_or("unit unknown")),
        meaning(query.pointwise.as_ref(), plan.step)
    )?;
    writeln!(
        out,
        "{}  step {}  points {}",
        times::range(plan.span.start, plan.span.end, zone),
        show_seconds(plan.step.into()),
        points(plan)
    )?;
    writeln!(out, "{}\n", line(&plan.promql))?;
    let step = show_seconds(plan.step.into());
    writeln!(out, "step      {step}: {}", line(&plan.step_reason))?;
    match (&plan.window, &plan.window_reason) {
        (None, _) => writeln!(out, "window    none: a point is the value at its instant")?,
        (Some(window), None) => writeln!(out, "window    {}", line(window))?,
        (Some(window), Some(reason)) => {
            writeln!(out, "window    {}: {}", line(window), line(reason))?;
        }
    }
    writeln!(out, "requests  {}{}", plan.chunks.len(), surplus(plan))?;
    writeln!(out, "asked at  {}\n", line(&addresses.join(", then ")))?;
    let mut rows = table::new();
    rows.set_header(["asks for", "points"]);
    for chunk in &plan.chunks {
        rows.add_row([
            comfy_table::Cell::new(times::range(chunk.span.start, chunk.span.end, zone)),
            table::right(chunk.points),
        ]);
    }
    table::write(out, rows)
}

/// The reason why the requests ask for more points than the range has, where they do.
fn surplus(plan: &RangePlan) -> String {
    let asked: u64 = plan
        .chunks
        .iter()
        .map(|chunk| u64::from(chunk.points))
        .sum();
    let own = points(plan);
    match asked > own {
        false => String::new(),
        true => format!(
            ": they ask for {asked} points, in whole pieces that other ranges share; the answer has the {own} of this one"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{MetricQuery, MetricType, Span};

    fn plan() -> RangePlan {
        let chunk = |start: i64, end: i64, is_final| Chunk {
            span: Span {
                start: start * 1000,
                end: end * 1000,
            },
            points: 2,
            is_final,
        };
        RangePlan {
            promql: "sum(x)".to_owned(),
            metric_type: MetricType::Rate,
            unit: Some("bytes/s".to_owned()),
            step: 60,
            step_reason: "because".to_owned(),
            window: Some("1m15s".to_owned()),
            window_reason: Some("so".to_owned()),
            span: Span {
                start: 60_000,
                end: 180_000,
            },
            chunks: vec![chunk(0, 60, true), chunk(120, 180, false)],
            warnings: vec!["careful".to_owned()],
        }
    }

    #[test]
    fn a_plan_says_what_is_asked_and_why() {
        let query = MetricQuery::new("net_rx", "", "");
        let planned = Planned {
            query: &query,
            plan: plan(),
            addresses: &["a:9090", "b:9090"],
        };
        let mut out = Vec::new();
        table(&mut out, &planned, &chrono::Utc).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\
net_rx  rate  bytes/s
1970-01-01 00:01:00 to 00:03:00 +00:00  step 1m  points 3
sum(x)

step      1m: because
window    1m15s: so
requests  2: they ask for 4 points, in whole pieces that other ranges share; the answer has the 3 of this one
asked at  a:9090, then b:9090

asks for                                points
──────────────────────────────────────────────
1970-01-01 00:00:00 to 00:01:00 +00:00       2
1970-01-01 00:02:00 to 00:03:00 +00:00       2
"
        );
    }

    #[test]
    fn several_plans_are_an_array_and_one_is_an_object() {
        let query = MetricQuery::new("net_rx", "", "");
        let text = |number: usize| {
            let plans: Vec<_> = (0..number)
                .map(|_| Planned {
                    query: &query,
                    plan: plan(),
                    addresses: &["a:9090", "b:9090"],
                })
                .collect();
            let mut out = Vec::new();
            json(&mut out, &plans).unwrap();
            String::from_utf8(out).unwrap()
        };
        let one = text(1);
        assert_eq!(
            one,
            concat!(
                r#"{"metric":"net_rx","value_type":null,"promql":"sum(x)","metric_type":"rate","unit":"bytes/s","#,
                r#""step":60,"step_reason":"because","window":"1m15s","window_reason":"so","start":60000,"end":180000,"#,
                r#""points":3,"requests":2,"warnings":["careful"],"addresses":["a:9090","b:9090"],"chunks":[{"start":0,"end":60000,"points":2,"final":true},"#,
                r#"{"start":120000,"end":180000,"points":2,"final":false}]}"#,
                "\n"
            )
        );
        let line = one.trim_end();
        assert_eq!(text(2), format!("[{line},\n{line}]\n"));
    }
}
