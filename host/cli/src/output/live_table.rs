//! Live stats for people: a row for each metric of a subject.

use std::io::{self, Write};

use comfy_table::Cell;
use metric_host::decisions::{LiveAnswer, LiveStat};

use super::number::for_people;
use super::printable::line;
use super::table::{self, right};

/// Writes the table; nothing where there is no subject.
pub(crate) fn write(out: &mut dyn Write, answer: &LiveAnswer) -> io::Result<()> {
    if answer.subjects.is_empty() {
        return Ok(());
    }
    let mut table = table::new();
    table.set_header([
        "subject", "metric", "current", "of", "percent", "min", "avg", "max", "total", "at",
    ]);
    for subject in &answer.subjects {
        for stat in &subject.stats {
            let unit = stat.unit.as_deref();
            let number = |value: Option<f64>, unit: Option<&str>| {
                right(value.map_or_else(|| "-".to_owned(), |value| for_people(value, unit)))
            };
            table.add_row([
                Cell::new(line(&subject.id)),
                Cell::new(line(&stat.metric)),
                number(stat.current, unit),
                number(stat.capacity, unit),
                number(stat.percent, Some("percent")),
                number(stat.min, unit),
                number(stat.avg, unit),
                number(stat.max, unit),
                number(stat.accumulated, accumulated_unit(unit)),
                Cell::new(time(stat)),
            ]);
        }
    }
    table::write(out, table)
}

/// A counter's own unit, from that of its rate.
fn accumulated_unit(rate: Option<&str>) -> Option<&str> {
    match rate {
        Some("millicores") => Some("milliseconds"),
        Some(rate) => rate.strip_suffix("/s"),
        None => None,
    }
}

fn time(stat: &LiveStat) -> String {
    let at = super::times::utc(stat.at);
    match stat.stale {
        false => at,
        true => format!("{at} (stale)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::decisions::SubjectStats;

    #[test]
    fn an_old_sample_is_marked_and_what_is_not_there_is_a_dash() {
        let stat = LiveStat {
            metric: "net_rx".into(),
            unit: Some("bytes/s".into()),
            current: None,
            at: 0,
            stale: true,
            min: None,
            max: None,
            avg: None,
            capacity: None,
            percent: None,
            accumulated: Some(2048.0),
            samples: 1,
        };
        let answer = LiveAnswer {
            subjects: vec![SubjectStats {
                id: "k\u{1b}[2J".into(),
                agent_id: None,
                stats: vec![stat],
            }],
            missing: Vec::new(),
            partial: false,
            warnings: Vec::new(),
        };
        let mut out = Vec::new();
        write(&mut out, &answer).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("(stale)") && text.contains("2.0 KiB"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}') && text.contains("  -  "), "{text}");
    }
}
