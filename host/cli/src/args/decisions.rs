//! The flags of live stats, presets and verdicts.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use metric_host::decisions::{Bound, Combine, Condition, LabelValues};
use metric_host::{Dimension, MetricType};

use crate::args::choices::{self, ReportFormat};
use crate::args::further::Online;
use crate::args::pointwise::PointwiseArgs;
use crate::args::query::FilterArgs;
use crate::args::scope::ScopeArgs;
use crate::duration;
use crate::time::Instant;

pub(crate) const LIVE_EXAMPLES: &str = "\
Examples:
  metric-host live KERNEL-UUID KERNEL-UUID
  metric-host live SESSION-UUID --by session-id --watch 5s
  metric-host live AGENT-ID --by agent-id --window 2m --format json | jq '.subjects[].stats'";

pub(crate) const PRESET_EXAMPLES: &str = "\
FILE is a preset as JSON, or an array of them, - is stdin:
  {\"template\": \"sum by (${{group_by}})(rate(m{${{labels}}}[${{window}}]))\", \"time_window\": \"5m\",
   \"filter_labels\": [], \"group_labels\": [], \"required_labels\": [], \"unit\": null}

Examples:
  metric-host preset check preset.json
  metric-host preset run preset.json --filter session_id=UUID --by session_id --last 1h
  metric-host preset evaluate preset.json --subject session_id --ids ids.txt --below 5 --for 10m";

pub(crate) const EVALUATE_EXAMPLES: &str = "\
Examples:
  metric-host evaluate cpu_util --value-type current --subject session-id --ids ids.txt --below 50 --for 1h
  metric-host evaluate mem --value-type pct --subject kernel-id --ids - --above 90
  metric-host evaluate cuda_util --value-type current --subject session-id --by kernel-id --combine max --ids ids.txt";

#[derive(Debug, Args)]
pub(crate) struct LiveArgs {
    /// Whose stats
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,

    /// What the ids name
    #[arg(long, value_name = "DIM", value_parser = choices::subject(), default_value = "kernel-id")]
    pub(crate) by: Dimension,

    /// Ask again each time so much has passed, until interrupted
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds)]
    pub(crate) watch: Option<u32>,

    /// How far to look back [default: 5m]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds)]
    pub(crate) window: Option<u32>,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// How the stats are written
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PresetArgs {
    #[command(subcommand)]
    pub(crate) command: PresetCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PresetCommand {
    /// Say what a template is; one that is refused ends with 3, and which placeholder stands where
    Check(CheckArgs),
    /// Ask Prometheus what a preset asks
    Run(Online<RunArgs>),
    /// A verdict on each of many subjects, and whether a condition holds
    Evaluate(Online<EvaluateArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The preset
    pub(crate) file: PathBuf,

    /// How the outline is written
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

/// The arguments of a preset.
#[derive(Debug, Args)]
pub(crate) struct FillArgs {
    /// Only series with this label; the same label more than once: any of the values
    #[arg(long = "filter", value_name = "LABEL=VALUE", value_parser = parse_filter)]
    filters: Vec<(String, String)>,

    /// The window, in the place of the preset's
    #[arg(long, value_name = "DUR")]
    pub(crate) window: Option<String>,
}

impl FillArgs {
    /// Each label once, with all its values.
    pub(crate) fn filters(&self) -> Vec<LabelValues> {
        gathered(&self.filters)
    }
}

/// Each label once, with all its values.
pub(crate) fn gathered(pairs: &[(String, String)]) -> Vec<LabelValues> {
    let mut filters: Vec<LabelValues> = Vec::new();
    for (label, value) in pairs {
        match filters.iter_mut().find(|filter| filter.label == *label) {
            Some(filter) => filter.values.push(value.clone()),
            None => filters.push(LabelValues {
                label: label.clone(),
                values: vec![value.clone()],
            }),
        }
    }
    filters
}

pub(crate) fn parse_filter(text: &str) -> Result<(String, String), String> {
    let (label, value) = text
        .split_once('=')
        .ok_or("accepted is LABEL=VALUE, such as session_id=UUID")?;
    Ok((label.to_owned(), value.to_owned()))
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The preset
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) fill: FillArgs,

    /// What to tell apart
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) by: Vec<String>,

    /// Over so long up to the present; otherwise at an instant
    #[arg(long, value_name = "DUR", value_parser = duration::parse, conflicts_with = "at")]
    pub(crate) last: Option<std::time::Duration>,

    /// At this instant [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Instant>,

    /// Time between two points [default: chosen from the range]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, requires = "last")]
    pub(crate) step: Option<u32>,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// How the series are written
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The preset
    pub(crate) file: PathBuf,

    /// The label that names a subject
    #[arg(long, value_name = "LABEL")]
    pub(crate) subject: String,

    #[command(flatten)]
    pub(crate) fill: FillArgs,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateMetricArgs {
    /// The metric, such as cpu_util, mem, net_rx
    #[arg(value_name = "METRIC")]
    pub(crate) metric: String,

    /// What the subjects are
    #[arg(long, value_name = "DIM", value_parser = choices::dimension())]
    pub(crate) subject: Dimension,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Dimensions to tell apart, of which --combine makes one number; without, there is one, the subject's sum
    #[arg(long, visible_alias = "by", value_name = "D,D", value_parser = choices::dimension(), value_delimiter = ',', help_heading = None)]
    pub(crate) group_by: Vec<Dimension>,

    /// How to read the samples [default: detected]
    #[arg(long, value_name = "TYPE", value_parser = choices::metric_type(), help_heading = None)]
    pub(crate) metric_type: Option<MetricType>,

    #[command(flatten)]
    pub(crate) pointwise: PointwiseArgs,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,
}

/// The flags for the subjects, and for the condition to decide on.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("bound").args(["above", "below"]), next_help_heading = "Verdicts")]
pub(crate) struct DecideArgs {
    /// The subjects, one a line; - is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) ids: PathBuf,

    /// How several series of a subject become one number
    #[arg(long, value_name = "HOW", value_parser = choices::combine(), default_value = "max")]
    pub(crate) combine: Combine,

    /// Decide whether it is greater than this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    above: Option<f64>,

    /// Decide whether it is less than this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    below: Option<f64>,

    /// For so long up to the instant
    #[arg(long = "for", value_name = "DUR", value_parser = duration::parse_seconds, requires = "bound")]
    lasting: Option<u32>,

    /// At this instant [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Instant>,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// How the verdicts are written
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

impl DecideArgs {
    /// Returns the condition to decide on; none: there is nothing to decide.
    pub(crate) fn condition(&self) -> Option<Condition> {
        let above = self.above.map(Bound::Above);
        let bound = above.or(self.below.map(Bound::Below))?;
        Some(Condition {
            bound,
            lasting: self.lasting,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn command(line: &str) -> Option<Command> {
        Cli::try_parse_from(line.split(' '))
            .ok()
            .map(|cli| cli.command)
    }

    #[test]
    fn the_values_of_a_label_are_gathered() {
        let line = "x preset run f --filter a=1 --filter b=x=y --filter a=2 --by c,d";
        let Some(Command::Preset(PresetArgs {
            command: PresetCommand::Run(Online { own: args, .. }),
        })) = command(line)
        else {
            panic!("run was asked for");
        };
        let filters = args.fill.filters();
        assert_eq!((filters[0].label.as_str(), filters.len()), ("a", 2));
        assert_eq!(filters[0].values, ["1", "2"]);
        assert_eq!(filters[1].values, ["x=y"]);
        assert_eq!(args.by, ["c", "d"]);
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        let evaluate = "x preset evaluate f --subject s --ids i";
        assert!(command(evaluate).is_some());
        assert!(command(&format!("{evaluate} --below -1.5 --for 10m")).is_some());
        let metric = "x evaluate mem --value-type current --subject kernel-id --ids i --above 1";
        assert!(command(metric).is_some());
        for wrong in [
            format!("{evaluate} --above 1 --below 2"),
            format!("{evaluate} --for 10m"),
            "x preset run f --last 1h --at now".to_owned(),
            "x preset run f --step 1m".to_owned(),
            "x preset run f --filter a".to_owned(),
            "x live".to_owned(),
            "x evaluate mem --subject kernel-id".to_owned(),
            "x evaluate mem --subject kernel --ids i".to_owned(),
        ] {
            assert!(command(&wrong).is_none(), "{wrong}");
        }
    }
}
