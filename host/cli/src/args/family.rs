//! The flags of `family`: which of the described families, of which series, and what becomes of them.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use metric_host::families::{
    DerivedQuery, Family, FamilyOver, FamilyQuery, FamilyStatistic, OverTime, Side,
};
use metric_host::{
    DeclaredSide, DerivedMetric, Dimension, Families, LabelFilter, MetricQuery, MetricSide, Over,
    Pointwise, Statistic,
};

use crate::args::choices::{self, QueryFormat, When};
use crate::args::csv::CsvArgs;
use crate::args::decisions::{gathered, parse_filter};
use crate::args::pointwise;
use crate::args::query::{Range, RangeArgs};
use crate::args::range::LongRangeArgs;
use crate::args::scope::ScopeArgs;
use crate::duration;

pub(crate) const FAMILY_EXAMPLES: &str = "\
FILE describes families as JSON (packs/ has some to begin with):
  {\"families\": [{\"name\": \"room_temperature_celsius\", \"former_names\": [], \"kind\": \"gauge\",
    \"unit\": \"celsius\", \"description\": \"…\", \"labels\": [\"room\"], \"intensive\": true}]}
kind is gauge, counter, histogram or native_histogram; intensive is what does not add up.
It may also derive metrics: ratio, percent, difference and sum of two sides, or {\"scale\": NUMBER} of one:
  {\"derived\": [{\"name\": \"heat_per_request\", \"derivation\": \"ratio\", \"description\": \"…\",
    \"sides\": [{\"family\": \"room_temperature_celsius\", \"statistic\": \"max\"},
              {\"metric\": \"mem\", \"value_type\": \"current\"}]}]}

Examples:
  metric-host family --families packs/vllm.json
  metric-host family vllm:kv_cache_usage_perc --families packs/vllm.json --statistic max --by model_name
  metric-host family vllm:time_to_first_token_seconds --families packs/vllm.json --statistic p95 --last 6h
  metric-host family DCGM_FI_DEV_GPU_TEMP --families packs/dcgm-exporter.json --fold max --by Hostname,gpu --last 1d
  metric-host family node_network_receive_bytes_total --families packs/node-exporter.json --filter device=eth0
  metric-host family node_memory_available_percent --families packs/node-exporter.json --by instance --plot";

#[derive(Debug, Args)]
pub(crate) struct FamilyArgs {
    /// The family, by its name or one that it had, or a derived metric; without it, all that are described are listed
    pub(crate) name: Option<String>,

    /// A file that describes families and derived metrics; more than once: all of them
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

    /// The values that --fold is of: time, the group's; members:LABEL, those of its members at an instant; both:LABEL, all of
    /// all members [default: time]
    #[arg(long, value_name = "OVER", value_parser = over, requires = "fold")]
    over: Option<FamilyOver>,

    /// How far back it looks [default: the step]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, requires = "fold")]
    window: Option<u32>,

    #[command(flatten)]
    range: RangeArgs,

    #[command(flatten)]
    pub(crate) long_range: LongRangeArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// Print the query, of a derived metric that of each side, and send nothing
    #[arg(long, help_heading = None)]
    pub(crate) promql: bool,

    /// Output format
    #[arg(long, value_enum, default_value = "table", help_heading = None)]
    format: QueryFormat,

    /// The same as --format plot
    #[arg(long, conflicts_with = "format", help_heading = None)]
    plot: bool,

    /// Draw a sparkline for each series of the table; auto: when stdout is a terminal
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = None)]
    pub(crate) sparkline: When,

    #[command(flatten)]
    pub(crate) csv: CsvArgs,
}

impl FamilyArgs {
    pub(crate) fn format(&self) -> QueryFormat {
        match self.plot {
            true => QueryFormat::Plot,
            false => self.format,
        }
    }

    /// The query of a family. The error says what would be accepted.
    pub(crate) fn query(&self, family: &Family) -> Result<FamilyQuery, String> {
        let range = self.range.clone().resolve(Utc::now())?;
        Ok(self.within(&range, family))
    }

    /// The query of a derived metric: filters, labels and statistics over time are those of each side. The error says
    /// what would be accepted.
    pub(crate) fn derived(
        &self,
        metric: &DerivedMetric,
        families: &Families,
    ) -> Result<DerivedQuery, String> {
        if self.statistic.is_some() {
            return Err(
                "--statistic is of a family; each side of a derived metric has its own in the file"
                    .to_owned(),
            );
        }
        let range = self.range.clone().resolve(Utc::now())?;
        let side = |side: &DeclaredSide| match side {
            DeclaredSide::Family(side) => {
                let family = families.get(&side.family).ok_or_else(|| {
                    format!("a side is {:?}, and no file describes it", side.family)
                })?;
                let mut query = self.within(&range, family);
                query.statistic = side.statistic;
                query.filters.extend(side.filters.iter().cloned());
                Ok(Side::Family(query))
            }
            DeclaredSide::Metric(side) => Ok(Side::Metric(self.of_containers(&range, side)?)),
        };
        Ok(DerivedQuery {
            sides: metric
                .sides
                .iter()
                .map(side)
                .collect::<Result<_, String>>()?,
            derivation: metric.derivation,
            unit: metric.unit.clone(),
        })
    }

    fn within(&self, range: &Range, family: &Family) -> FamilyQuery {
        FamilyQuery {
            family: family.clone(),
            filters: gathered(&self.filters),
            group_by: self.by.clone(),
            statistic: self.statistic,
            over_time: self.fold.map(|statistic| OverTime {
                statistic,
                over: self.over.clone().unwrap_or(FamilyOver::Time),
                window: self.window,
            }),
            start: range.start.clone(),
            end: range.end.clone(),
            step: range.step,
            utc_offset: Some(range.utc_offset),
        }
    }

    /// The same of a metric of the containers, whose labels are dimensions.
    fn of_containers(&self, range: &Range, side: &MetricSide) -> Result<MetricQuery, String> {
        let mut labels = LabelFilter {
            value_type: side.value_type,
            ..LabelFilter::default()
        };
        for filter in gathered(&self.filters) {
            let values = match dimension(&filter.label)? {
                Dimension::AgentId => &mut labels.agent_id,
                Dimension::KernelId => &mut labels.kernel_id,
                Dimension::SessionId => &mut labels.session_id,
                Dimension::UserId => &mut labels.user_id,
                Dimension::ProjectId => &mut labels.project_id,
                _ => return Err(no_dimension(&filter.label)),
            };
            values.extend(filter.values);
        }
        let group_by = self.by.iter().map(|label| dimension(label));
        Ok(MetricQuery {
            metric_name: side.metric.clone(),
            start: range.start.clone(),
            end: range.end.clone(),
            step: range.step,
            labels,
            group_by: group_by.collect::<Result<_, _>>()?,
            metric_type: None,
            pointwise: match self.fold {
                None => None,
                Some(statistic) => Some(Pointwise {
                    statistic,
                    over: match &self.over {
                        None | Some(FamilyOver::Time) => Over::Time,
                        Some(FamilyOver::Members(label)) => Over::Members(dimension(label)?),
                        Some(FamilyOver::Both(label)) => Over::Both(dimension(label)?),
                    },
                    window: self.window,
                }),
            },
            utc_offset: Some(range.utc_offset),
        })
    }
}

/// The dimension of a label of the containers' series, under either label schema.
fn dimension(label: &str) -> Result<Dimension, String> {
    let name = label.strip_prefix("owner_").unwrap_or(label);
    let found = choices::dimension_named(name);
    found
        .filter(|found| !matches!(found, Dimension::MetricName | Dimension::ValueType))
        .ok_or_else(|| no_dimension(label))
}

fn no_dimension(label: &str) -> String {
    let accepted =
        "accepted are agent_id, kernel_id, session_id, owner_user_id and owner_project_id";
    format!("{label:?} is no label of the side that is a container's metric; {accepted}")
}

fn over(text: &str) -> Result<FamilyOver, String> {
    pointwise::over_of(text).ok_or_else(|| {
        "accepted are time, members:LABEL and both:LABEL, such as members:instance".to_owned()
    })
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
        let line = "x family f --families a --families b --filter l=1 --filter m=x=y --filter l=2 --by l,m --statistic p95 --fold max --over both:m --window 1h --start 0 --end 60 --step 30 --utc-offset +01:00";
        let args = args(line).unwrap();
        assert_eq!(args.families.len(), 2);
        let query = args.query(&Family::new("f", FamilyKind::Gauge)).unwrap();
        assert_eq!(query.filters.len(), 2);
        assert_eq!(query.filters[0].values, ["1", "2"]);
        assert_eq!(query.group_by, ["l", "m"]);
        assert_eq!(query.statistic, Some(FamilyStatistic::Quantile(0.95)));
        let over = query.over_time.as_ref().unwrap();
        assert_eq!((over.statistic, over.window), (Statistic::Max, Some(3600)));
        assert_eq!(over.over, FamilyOver::Both("m".to_owned()));
        assert_eq!((query.start.as_str(), query.end.as_str()), ("0", "60"));
        assert_eq!((query.step, query.utc_offset), (Some(30), Some(3600)));
    }

    #[test]
    fn each_side_of_a_derived_metric_is_asked_alike() {
        let file = r#"{"families": [{"name": "f", "kind": "gauge"}], "derived": [
            {"name": "d", "derivation": "ratio", "sides": [
                {"family": "f", "statistic": "max", "filters": [{"label": "mode", "values": ["idle"]}]},
                {"metric": "mem", "value_type": "capacity"}]},
            {"name": "lost", "derivation": {"scale": 2.0}, "sides": [{"family": "g"}]}]}"#;
        let families = Families::parse(file).unwrap();
        let derived = |name: &str, more: &str| {
            let args = args(&format!("x family d --families a --start 0 --end 60{more}")).unwrap();
            args.derived(families.derived(name).unwrap(), &families)
        };
        let flags = " --by owner_user_id --filter session_id=s --fold max --over both:kernel_id --window 1h --step 30";
        let query = derived("d", flags).unwrap();
        let [Side::Family(first), Side::Metric(second)] = &query.sides[..] else {
            panic!("{query:?}")
        };
        let filters: Vec<_> = first.filters.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(filters, ["session_id", "mode"]);
        assert_eq!(first.statistic, Some(FamilyStatistic::Max));
        assert_eq!(first.group_by, ["owner_user_id"]);
        assert_eq!(second.group_by, [Dimension::UserId]);
        assert_eq!(second.labels.session_id, ["s"]);
        assert_eq!(
            second.labels.value_type,
            Some(metric_host::ValueType::Capacity)
        );
        let over = first.over_time.as_ref().unwrap();
        let pointwise = second.pointwise.unwrap();
        assert_eq!(over.over, FamilyOver::Both("kernel_id".to_owned()));
        assert_eq!(pointwise.over, Over::Both(Dimension::KernelId));
        assert_eq!(
            (over.statistic, over.window),
            (pointwise.statistic, pointwise.window)
        );
        assert_eq!((&first.start, first.step), (&second.start, second.step));

        for (name, more, expected) in [
            ("d", " --by room", "accepted are agent_id"),
            ("d", " --filter value_type=x", "accepted are agent_id"),
            ("d", " --statistic sum", "has its own in the file"),
            ("lost", "", "\"g\", and no file describes it"),
        ] {
            let error = derived(name, more).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
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
        assert!(args("x family f --families a --over both:m").is_none());
        assert!(args("x family f --families a --fold max --over all").is_none());
    }
}
