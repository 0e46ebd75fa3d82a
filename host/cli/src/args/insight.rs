//! The flags of `summary`, `top`, `anomalies`, `outliers` and `values`.

use chrono::Utc;
use clap::{Args, ValueEnum};
use metric_host::{
    Detection, Dimension, Direction, MetricQuery, Ranking, Score, Strategy, Tolerance, ValueFilter,
    ValueSource,
};

use crate::args::choices::{self, DataFormat, When};
use crate::args::csv::CsvArgs;
use crate::args::pointwise::statistic;
use crate::args::query::{FilterArgs, QueryArgs, ValueRangeArgs};
use crate::args::range::LongRangeArgs;
use crate::args::scope::ScopeArgs;
use crate::duration;

pub(crate) const SUMMARY_EXAMPLES: &str = "\
A total is value times time: core-hours of cpu_util, GiB-hours of mem, bytes of net_rx. Of what is read per
second it is what the counters grew by, exactly.

Examples:
  metric-host summary mem --value-type current --by project-id --last 7d
  metric-host summary cpu_util --value-type current --by user-id --last 30d --max-range 30d
  metric-host summary net_rx --by agent-id --quantiles 0.5,0.9,0.99 --format json | jq .summaries";

pub(crate) const TOP_EXAMPLES: &str = "\
By avg a group counts while it is there, by total for as long as it is there.

Examples:
  metric-host top mem --value-type current --by kernel-id --last 1d
  metric-host top cpu_util --value-type current --by user-id -k 10 --rank-by total
  metric-host top cuda_util --value-type current --by kernel-id --lowest --no-others";

pub(crate) const ANOMALIES_EXAMPLES: &str = "\
What is expected of a point is learnt from what came before it; --max-range counts that too.

Examples:
  metric-host anomalies mem --value-type current --by agent-id --last 1d
  metric-host anomalies cpu_util --value-type current --by project-id --last 1d --fail-on-anomaly
  metric-host anomalies net_rx --by agent-id --last 6h --strategy robust --sensitivity 4 --lookback 1d";

pub(crate) const OUTLIERS_EXAMPLES: &str = "\
Examples:
  metric-host outliers cuda_util --value-type current --session-id UUID --member kernel-id
  metric-host outliers mem --value-type current --by agent-id --member kernel-id --direction above";

pub(crate) const VALUES_EXAMPLES: &str = "\
Examples:
  metric-host values agent-id
  metric-host values kernel-id --metric mem --project-id UUID --last 1h
  metric-host values instance --format json";

/// The flags that these commands have in common.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    #[command(flatten)]
    query: QueryArgs,

    #[command(flatten)]
    pub(crate) range: LongRangeArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// How the data is written
    #[arg(long, value_enum, default_value = "table", help_heading = None)]
    pub(crate) format: DataFormat,

    /// Draw a sparkline for each series of the table; auto: when stdout is a terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = None)]
    pub(crate) sparkline: When,

    #[command(flatten)]
    pub(crate) csv: CsvArgs,
}

impl AskArgs {
    /// The one query. The error says what would be accepted.
    pub(crate) fn query(&self) -> Result<MetricQuery, String> {
        self.query.clone().into_query(Utc::now())
    }
}

#[derive(Debug, Args)]
pub(crate) struct SummaryArgs {
    #[command(flatten)]
    pub(crate) ask: AskArgs,

    /// Which quantiles, parts from 0 to 1, at most 16 [default: 0.5,0.95]
    #[arg(long, value_name = "Q,Q", value_delimiter = ',', help_heading = None)]
    pub(crate) quantiles: Vec<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub(crate) ask: AskArgs,

    /// How many groups, 1 to 100 [default: 5]
    #[arg(short, value_name = "N", help_heading = None)]
    k: Option<u32>,

    /// By what: avg, max, min, last, total, or a percentile such as p95
    #[arg(long, value_name = "SCORE", value_parser = score, default_value = "avg", help_heading = None)]
    rank_by: Score,

    /// The lowest first
    #[arg(long, help_heading = None)]
    lowest: bool,

    /// Leave out the sum of all others (a percentage of capacity, and statistics but the mean, have none)
    #[arg(long, help_heading = None)]
    no_others: bool,
}

impl TopArgs {
    /// Returns the settings of the ranking.
    pub(crate) fn ranking(&self) -> Ranking {
        Ranking {
            score: self.rank_by,
            k: self.k,
            lowest: self.lowest,
            others: !self.no_others,
        }
    }
}

fn score(text: &str) -> Result<Score, String> {
    match text {
        "total" => Ok(Score::Total),
        text => statistic(text).map(Score::from).map_err(|_| {
            "accepted are avg, max, min, last, total, and percentiles such as p95".to_owned()
        }),
    }
}

/// The flags for the deviations that count.
#[derive(Debug, Args)]
#[command(next_help_heading = "What counts")]
pub(crate) struct ToleranceArgs {
    /// Half the width of the band, in deviations [default: 3; adaptive: 2]
    #[arg(long, value_name = "X")]
    sensitivity: Option<f64>,

    /// On which side of the band
    #[arg(long, value_name = "SIDE", value_enum, default_value = "both")]
    direction: DirectionArg,

    /// A smaller deviation does not count, in the unit of the values [default: 0]
    #[arg(long, value_name = "X")]
    min_deviation: Option<f64>,

    /// Nor does a smaller part of what is expected [default: 0.1; adaptive: 0]
    #[arg(long, value_name = "X")]
    min_relative_deviation: Option<f64>,

    /// Points in a row that make an anomaly [default: 3]
    #[arg(long, value_name = "N")]
    min_points: Option<u32>,
}

impl ToleranceArgs {
    pub(crate) fn tolerance(&self) -> Tolerance {
        Tolerance {
            sensitivity: self.sensitivity,
            direction: match self.direction {
                DirectionArg::Both => Direction::Both,
                DirectionArg::Above => Direction::Above,
                DirectionArg::Below => Direction::Below,
            },
            min_deviation: self.min_deviation,
            min_relative_deviation: self.min_relative_deviation,
            min_points: self.min_points,
        }
    }
}

/// The side of the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DirectionArg {
    /// On either
    Both,
    /// Above
    Above,
    /// Below
    Below,
}

/// The way in which the expected values are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StrategyArg {
    /// From the same time of the seasons before
    Seasonal,
    /// From all of the lookback
    Robust,
    /// By Grafana's rules of that name
    Adaptive,
}

#[derive(Debug, Args)]
pub(crate) struct AnomaliesArgs {
    #[command(flatten)]
    pub(crate) ask: AskArgs,

    #[command(flatten)]
    tolerance: ToleranceArgs,

    /// How what is expected is learnt [default: seasonal where two seasons are known, else robust]
    #[arg(long, value_name = "STRATEGY", value_enum, help_heading = None)]
    strategy: Option<StrategyArg>,

    /// How long a season is [default: 1d]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, help_heading = None)]
    season: Option<u32>,

    /// How much before each point is learnt from [default: 7 seasons; robust: 1d; adaptive: 27h]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, help_heading = None)]
    lookback: Option<u32>,

    /// End with 15 where anything is out of the ordinary
    #[arg(long, help_heading = None)]
    pub(crate) fail_on_anomaly: bool,
}

impl AnomaliesArgs {
    pub(crate) fn detection(&self) -> Detection {
        Detection {
            strategy: self.strategy.map(|strategy| match strategy {
                StrategyArg::Seasonal => Strategy::Seasonal,
                StrategyArg::Robust => Strategy::Robust,
                StrategyArg::Adaptive => Strategy::Adaptive,
            }),
            tolerance: self.tolerance.tolerance(),
            lookback: self.lookback,
            season: self.season,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct OutliersArgs {
    #[command(flatten)]
    pub(crate) ask: AskArgs,

    #[command(flatten)]
    pub(crate) tolerance: ToleranceArgs,

    /// What tells the members of a group apart
    #[arg(long, value_name = "DIM", value_parser = choices::dimension(), help_heading = None)]
    pub(crate) member: Dimension,

    /// End with 15 where a member is unlike the others
    #[arg(long, help_heading = None)]
    pub(crate) fail_on_anomaly: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValuesArgs {
    /// A dimension such as kernel-id, or a label such as instance
    #[arg(value_name = "DIM|LABEL")]
    of: String,

    /// Of this metric only
    #[arg(long, value_name = "METRIC", help_heading = None)]
    metric: Option<String>,

    #[command(flatten)]
    filters: FilterArgs,

    #[command(flatten)]
    range: ValueRangeArgs,

    /// The most that are listed, 1 to 10000 [default: 1000]
    #[arg(long, value_name = "N", help_heading = None)]
    limit: Option<u32>,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// How the data is written
    #[arg(long, value_enum, default_value = "table", help_heading = None)]
    pub(crate) format: DataFormat,

    #[command(flatten)]
    pub(crate) csv: CsvArgs,
}

impl ValuesArgs {
    /// Makes the source and the filter of the values. The error says what would be accepted.
    pub(crate) fn into_filter(self) -> Result<(ValueSource, ValueFilter), String> {
        let source = match choices::dimension_named(&self.of) {
            Some(dimension) => ValueSource::Dimension(dimension),
            None => ValueSource::Label(self.of),
        };
        let (start, end) = self.range.resolve(Utc::now())?.unzip();
        let filter = ValueFilter {
            metric_name: self.metric,
            labels: self.filters.labels(),
            start,
            end,
            limit: self.limit,
        };
        Ok((source, filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::further::Online;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn command(line: &str) -> Command {
        Cli::try_parse_from(line.split(' ')).unwrap().command
    }

    #[test]
    fn a_rank_is_by_the_mean_and_with_the_others_unless_it_is_said() {
        let ranking = |line| match command(line) {
            Command::Top(Online { own: args, .. }) => args.ranking(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            ranking("metric-host top mem --by kernel-id"),
            Ranking {
                others: true,
                ..Ranking::by(Score::Avg)
            }
        );
        assert_eq!(
            ranking("metric-host top mem --by kernel-id -k 3 --rank-by p99.9 --lowest --no-others"),
            Ranking {
                score: Score::Quantile(0.999),
                k: Some(3),
                lowest: true,
                others: false,
            }
        );
        assert_eq!(
            ranking("metric-host top mem --rank-by total").score,
            Score::Total
        );
        let wrong = "metric-host top mem --rank-by sum";
        assert!(Cli::try_parse_from(wrong.split(' ')).is_err());
    }

    #[test]
    fn what_is_watched_for_reaches_its_field() {
        let Command::Anomalies(Online { own: args, .. }) = command(
            "metric-host anomalies mem --by agent-id --strategy robust --sensitivity 2.5 --direction below --min-deviation 7 --min-relative-deviation 0 --min-points 2 --lookback 2d --season 7d --fail-on-anomaly",
        ) else {
            panic!("anomalies were asked for")
        };
        assert_eq!(
            args.detection(),
            Detection {
                strategy: Some(Strategy::Robust),
                tolerance: Tolerance {
                    sensitivity: Some(2.5),
                    direction: Direction::Below,
                    min_deviation: Some(7.0),
                    min_relative_deviation: Some(0.0),
                    min_points: Some(2),
                },
                lookback: Some(172_800),
                season: Some(604_800),
            }
        );
        assert!(args.fail_on_anomaly);
        assert_eq!(args.ask.query().unwrap().group_by, [Dimension::AgentId]);
    }

    #[test]
    fn one_metric_is_summed_up_not_several() {
        for line in [
            "metric-host summary mem cpu_util",
            "metric-host summary mem --value-type current,capacity",
        ] {
            let Command::Summary(Online { own: args, .. }) = command(line) else {
                panic!("a summary was asked for")
            };
            assert!(args.ask.query().unwrap_err().contains("2 queries"));
        }
    }

    #[test]
    fn a_dimension_is_known_by_its_name_and_all_else_is_a_label() {
        let of = |line| match command(line) {
            Command::Values(Online { own: args, .. }) => args.into_filter().unwrap(),
            other => panic!("{other:?}"),
        };
        let (source, filter) = of("metric-host values user-id --metric mem --agent-id a --limit 5");
        assert_eq!(source, ValueSource::Dimension(Dimension::UserId));
        assert_eq!(filter.labels.agent_id, ["a"]);
        assert_eq!((filter.limit, filter.start), (Some(5), None));
        let (source, filter) = of("metric-host values instance --start 0 --end 60");
        assert_eq!(source, ValueSource::Label("instance".into()));
        assert_eq!(filter.end.as_deref(), Some("60"));
    }
}
