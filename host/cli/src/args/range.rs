//! The flags of long ranges: how they are cut, asked for and put together. The plugin decides what they mean.

use clap::Args;
use metric_host::RangeOptions;

use crate::duration;

/// The options of a long range.
#[derive(Debug, Args)]
#[command(next_help_heading = "Long ranges")]
pub(crate) struct LongRangeArgs {
    /// The most points of a series, where no --step is given: the step follows [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "step")]
    points: Option<u32>,

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
    /// The options, for who accepts a `partial` answer or does not.
    pub(crate) fn options(&self, partial: bool) -> RangeOptions {
        RangeOptions {
            // A process that asks once keeps nothing.
            cached: false,
            max_points: self.points,
            interval: self.interval,
            freshness: self.freshness,
            concurrency: self.concurrency,
            partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::further::Online;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn options(line: &str) -> RangeOptions {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Query(Online { own: args, .. }) = cli.command else {
            panic!("not a query: {line}")
        };
        args.range.options(cli.service.partial)
    }

    #[test]
    fn every_flag_reaches_its_field_of_the_options() {
        assert_eq!(
            options(
                "metric-host query mem --points 50 --interval 6h --freshness 0 --concurrency 2 --partial"
            ),
            RangeOptions {
                cached: false,
                max_points: Some(50),
                interval: Some(21_600),
                freshness: Some(0),
                concurrency: Some(2),
                partial: true,
            }
        );
    }

    #[test]
    fn what_is_not_given_is_left_to_the_plugin() {
        assert_eq!(options("metric-host query mem"), RangeOptions::default());
    }

    #[test]
    fn points_have_no_say_where_there_is_a_step() {
        let line = "metric-host query mem --points 50 --step 60";
        assert!(Cli::try_parse_from(line.split(' ')).is_err());
    }
}
