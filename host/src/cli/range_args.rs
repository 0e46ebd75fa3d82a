//! The flags of long ranges: how they are cut, asked for and put together. What they mean, the plugin decides.

use chrono::{DateTime, Utc};
use clap::Args;
use metric_host::RangeOptions;

use super::choices::FoldArg;
use super::duration;

/// How a range is asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Long ranges")]
pub(crate) struct LongRangeArgs {
    /// The most points of a series, where no --step is given: the step follows [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "step")]
    points: Option<u32>,

    /// What a point of a gauge stands for: all samples since the point before [default: one sample]
    #[arg(long, value_name = "FOLD", value_enum)]
    fold: Option<FoldArg>,

    /// Print what there is where a part of the range cannot be had, and say what is missing; no error unless all is
    #[arg(long)]
    pub(crate) partial: bool,

    /// Requests under way at once [default: 8]
    #[arg(long, value_name = "N", hide_short_help = true)]
    concurrency: Option<u32>,

    /// Cut the range into requests at multiples of this [default: 1d]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, hide_short_help = true)]
    interval: Option<u32>,

    /// How late data may arrive: what is newer is asked for anew each time [default: 10m]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, hide_short_help = true)]
    freshness: Option<u32>,
}

impl LongRangeArgs {
    /// The options at a time of day, by which the plan says what is final.
    pub(crate) fn options(&self, now: DateTime<Utc>) -> RangeOptions {
        RangeOptions {
            now: Some(now.timestamp_millis()),
            max_points: self.points,
            fold: self.fold.map(Into::into),
            interval: self.interval,
            freshness: self.freshness,
            concurrency: self.concurrency,
            partial: self.partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::{Cli, Command};
    use super::*;
    use clap::Parser;
    use metric_host::Fold;

    fn options(line: &str) -> RangeOptions {
        let Command::Query(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("not a query: {line}")
        };
        args.range.options(DateTime::UNIX_EPOCH)
    }

    #[test]
    fn every_flag_reaches_its_field_of_the_options() {
        assert_eq!(
            options(
                "metric-host query mem --points 50 --fold max --interval 6h --freshness 0 --concurrency 2 --partial"
            ),
            RangeOptions {
                now: Some(0),
                max_points: Some(50),
                fold: Some(Fold::Max),
                interval: Some(21_600),
                freshness: Some(0),
                concurrency: Some(2),
                partial: true,
            }
        );
    }

    #[test]
    fn what_is_not_given_is_left_to_the_plugin() {
        let now = Some(0);
        let nothing = RangeOptions {
            now,
            ..RangeOptions::default()
        };
        assert_eq!(options("metric-host query mem"), nothing);
    }

    #[test]
    fn points_have_no_say_where_there_is_a_step() {
        let line = "metric-host query mem --points 50 --step 60";
        assert!(Cli::try_parse_from(line.split(' ')).is_err());
    }
}
