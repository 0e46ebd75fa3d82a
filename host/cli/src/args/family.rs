//! The flags of `family`: which of the described families, of which series, and what becomes of them.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use metric_host::Statistic;
use metric_host::families::{Family, FamilyQuery, FamilyStatistic, OverTime};

use crate::args::choices::{DataFormat, When};
use crate::args::csv::CsvArgs;
use crate::args::decisions::{gathered, parse_filter};
use crate::args::pointwise;
use crate::args::query::RangeArgs;
use crate::args::range::LongRangeArgs;
use crate::args::scope::ScopeArgs;
use crate::duration;

pub(crate) const FAMILY_EXAMPLES: &str = "\
FILE describes families as JSON (packs/ has some to begin with):
  {\"families\": [{\"name\": \"room_temperature_celsius\", \"former_names\": [], \"kind\": \"gauge\",
    \"unit\": \"celsius\", \"description\": \"…\", \"labels\": [\"room\"], \"intensive\": true}]}
kind is gauge, counter, histogram or native_histogram; intensive is what does not add up.

Examples:
  metric-host family --families packs/vllm.json
  metric-host family vllm:kv_cache_usage_perc --families packs/vllm.json --statistic max --by model_name
  metric-host family vllm:time_to_first_token_seconds --families packs/vllm.json --statistic p95 --last 6h
  metric-host family DCGM_FI_DEV_GPU_TEMP --families packs/dcgm-exporter.json --fold max --by Hostname,gpu --last 1d
  metric-host family node_network_receive_bytes_total --families packs/node-exporter.json --filter device=eth0";

#[derive(Debug, Args)]
pub(crate) struct FamilyArgs {
    /// The family, by its name or one that it had; without it, all that are described are listed
    pub(crate) name: Option<String>,

    /// A file that describes families; more than once: all of them
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) families: Vec<PathBuf>,

    /// Only series with this label; the same label more than once: any of the values
    #[arg(long = "filter", value_name = "LABEL=VALUE", value_parser = parse_filter)]
    filters: Vec<(String, String)>,

    /// Labels to tell apart, separated by commas [default: one group]
    #[arg(
        long,
        visible_alias = "group-by",
        value_name = "LABEL,…",
        value_delimiter = ','
    )]
    by: Vec<String>,

    /// What a group's series become: sum, avg, max, min, a percentile such as p95, and of a histogram's
    /// observations avg, rate or a percentile [default: avg of what does not add up and of histograms, else sum]
    #[arg(long, value_name = "STAT", value_parser = statistic)]
    statistic: Option<FamilyStatistic>,

    /// A statistic of that since the point before: avg, max, min, last or a percentile
    #[arg(long, value_name = "FOLD", value_parser = pointwise::statistic)]
    fold: Option<Statistic>,

    /// How far back it looks [default: the step]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, requires = "fold")]
    window: Option<u32>,

    #[command(flatten)]
    range: RangeArgs,

    #[command(flatten)]
    pub(crate) long_range: LongRangeArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// Print the query, and send nothing
    #[arg(long, help_heading = None)]
    pub(crate) promql: bool,

    /// Output format
    #[arg(long, value_enum, default_value = "table", help_heading = None)]
    pub(crate) format: DataFormat,

    /// Draw a sparkline for each series of the table; auto: when stdout is a terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = None)]
    pub(crate) sparkline: When,

    #[command(flatten)]
    pub(crate) csv: CsvArgs,
}

impl FamilyArgs {
    /// The query of a family. The error says what would be accepted.
    pub(crate) fn query(&self, family: &Family) -> Result<FamilyQuery, String> {
        let range = self.range.clone().resolve(Utc::now())?;
        Ok(FamilyQuery {
            family: family.clone(),
            filters: gathered(&self.filters),
            group_by: self.by.clone(),
            statistic: self.statistic,
            over_time: self.fold.map(|statistic| OverTime {
                statistic,
                window: self.window,
            }),
            start: range.start,
            end: range.end,
            step: range.step,
            utc_offset: Some(range.utc_offset),
        })
    }
}

fn statistic(text: &str) -> Result<FamilyStatistic, String> {
    match text {
        "sum" => Ok(FamilyStatistic::Sum),
        "rate" => Ok(FamilyStatistic::Rate),
        _ => match pointwise::statistic(text) {
            Ok(Statistic::Avg) => Ok(FamilyStatistic::Avg),
            Ok(Statistic::Max) => Ok(FamilyStatistic::Max),
            Ok(Statistic::Min) => Ok(FamilyStatistic::Min),
            Ok(Statistic::Quantile(q)) => Ok(FamilyStatistic::Quantile(q)),
            Ok(Statistic::Last) | Err(_) => Err(
                "accepted are sum, avg, max, min, rate, and percentiles from p0 to p100 such as p95 or p99.9"
                    .to_owned(),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::further::Online;
    use crate::args::{Cli, Command};
    use clap::Parser;
    use metric_host::families::FamilyKind;

    fn args(line: &str) -> Option<FamilyArgs> {
        match Cli::try_parse_from(line.split(' ')).ok()?.command {
            Command::Family(Online { own, .. }) => Some(own),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_flag_reaches_its_field_of_the_query() {
        let line = "x family f --families a --families b --filter l=1 --filter m=x=y --filter l=2 --by l,m --statistic p95 --fold max --window 1h --start 0 --end 60 --step 30 --utc-offset +01:00";
        let args = args(line).unwrap();
        assert_eq!(args.families.len(), 2);
        let query = args.query(&Family::new("f", FamilyKind::Gauge)).unwrap();
        assert_eq!(query.filters.len(), 2);
        assert_eq!(query.filters[0].values, ["1", "2"]);
        assert_eq!(query.group_by, ["l", "m"]);
        assert_eq!(query.statistic, Some(FamilyStatistic::Quantile(0.95)));
        let over = query.over_time.unwrap();
        assert_eq!((over.statistic, over.window), (Statistic::Max, Some(3600)));
        assert_eq!((query.start.as_str(), query.end.as_str()), ("0", "60"));
        assert_eq!((query.step, query.utc_offset), (Some(30), Some(3600)));
    }

    #[test]
    fn a_statistic_is_one_of_families() {
        for (text, expected) in [
            ("sum", FamilyStatistic::Sum),
            ("avg", FamilyStatistic::Avg),
            ("rate", FamilyStatistic::Rate),
            ("p99.9", FamilyStatistic::Quantile(0.999)),
        ] {
            assert_eq!(statistic(text), Ok(expected));
        }
        for wrong in ["last", "p101", "median", ""] {
            assert!(statistic(wrong).unwrap_err().contains("sum, avg"));
        }
        assert!(args("x family f").is_none());
        assert!(args("x family f --families a --window 1h").is_none());
    }
}
