//! The flags that say what a point stands for. The plugin decides what is sent for it.

use clap::Args;
use metric_host::{Over, Pointwise, Statistic};

use crate::args::choices;
use crate::duration;

/// The flags for a statistic, where a point is not the group's value at its instant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What a point stands for")]
pub(crate) struct PointwiseArgs {
    /// The statistic of the group's values since the point before: short for --statistic
    #[arg(long, value_name = "FOLD", value_parser = choices::named_statistic(), conflicts_with_all = ["statistic", "over"])]
    fold: Option<Statistic>,

    /// How many values become one: avg, max, min, last, or a percentile such as p95 or p99.9
    #[arg(long, value_name = "STAT", value_parser = statistic)]
    statistic: Option<Statistic>,

    /// Which values: time, members:DIMENSION or both:DIMENSION [default: time]
    #[arg(long, value_name = "OVER", value_parser = over, requires = "statistic")]
    over: Option<Over>,

    /// How far back a point looks [default: the step]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds)]
    window: Option<u32>,
}

impl PointwiseArgs {
    /// None: the group's value at the point's instant. The error says what a window needs.
    pub(crate) fn pointwise(&self) -> Result<Option<Pointwise>, String> {
        let statistic = self.statistic.or(self.fold);
        let Some(statistic) = statistic else {
            return match self.window {
                None => Ok(None),
                Some(_) => Err(
                    "--window says how far back a statistic looks: it needs --statistic or --fold"
                        .to_owned(),
                ),
            };
        };
        Ok(Some(Pointwise {
            statistic,
            over: self.over.unwrap_or(Over::Time),
            window: self.window,
        }))
    }
}

pub(crate) fn statistic(text: &str) -> Result<Statistic, String> {
    if let Some(named) = choices::statistic_named(text) {
        return Ok(named);
    }
    let percent = text
        .strip_prefix('p')
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        .and_then(|digits| digits.parse::<f64>().ok())
        .filter(|percent| *percent <= 100.0);
    percent.map(Statistic::percentile).ok_or_else(|| {
        "accepted are avg, max, min, last, and percentiles from p0 to p100 such as p95 or p99.9"
            .to_owned()
    })
}

fn over(text: &str) -> Result<Over, String> {
    let dimension = choices::dimension_named;
    let over = match text.split_once(':') {
        None if text == "time" => Some(Over::Time),
        Some(("members", name)) => dimension(name).map(Over::Members),
        Some(("both", name)) => dimension(name).map(Over::Both),
        _ => None,
    };
    over.ok_or_else(|| {
        "accepted are time, members:DIMENSION and both:DIMENSION, such as members:kernel-id"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;
    use metric_host::Dimension;

    fn pointwise(flags: &str) -> Result<Option<Pointwise>, String> {
        let line = format!("metric-host promql mem {flags}");
        let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|e| e.to_string())?;
        let Command::Promql(args) = cli.command else {
            panic!("promql was asked for");
        };
        args.query.pointwise.pointwise()
    }

    #[test]
    fn a_statistic_is_over_time_unless_it_is_said() {
        let p95 = Statistic::Quantile(0.95);
        for (flags, expected) in [
            ("", None),
            ("--fold max", Some(Pointwise::over_time(Statistic::Max))),
            (
                "--fold last --window 1h",
                Some(Pointwise::over_time(Statistic::Last).within(3600)),
            ),
            ("--statistic p95", Some(Pointwise::over_time(p95))),
            (
                "--statistic p99.9 --over time --window 90s",
                Some(Pointwise::over_time(Statistic::Quantile(0.999)).within(90)),
            ),
            (
                "--statistic min --over members:kernel-id",
                Some(Pointwise::over_members(Statistic::Min, Dimension::KernelId)),
            ),
            (
                "--statistic avg --over both:session_id",
                Some(Pointwise::over_both(Statistic::Avg, Dimension::SessionId)),
            ),
        ] {
            assert_eq!(pointwise(flags), Ok(expected), "{flags}");
        }
    }

    #[test]
    fn what_is_no_statistic_is_refused_with_what_would_be_accepted() {
        for (flags, accepted) in [
            ("--statistic p101", "p99.9"),
            ("--statistic p", "p99.9"),
            ("--statistic pNaN", "p99.9"),
            ("--statistic median", "p99.9"),
            ("--statistic max --over members", "members:kernel-id"),
            ("--statistic max --over both:rack", "members:kernel-id"),
            ("--over time", "--statistic"),
            ("--fold max --over time", "--over"),
            ("--fold max --statistic max", "--statistic"),
            ("--window 1h", "--statistic or --fold"),
        ] {
            let error = pointwise(flags).unwrap_err();
            assert!(error.contains(accepted), "{flags}: {error}");
        }
    }

    #[test]
    fn a_percentile_reads_as_it_was_written() {
        for text in ["p0", "p50", "p95", "p99.9", "p99.99", "p100", "avg", "last"] {
            assert_eq!(statistic(text).unwrap().to_string(), text);
        }
    }
}
