//! The flags, as clap reads them. Values are parsed here into types; nothing is decided yet.

pub(crate) mod choices;
pub(crate) mod csv;
pub(crate) mod decisions;
pub(crate) mod family;
pub(crate) mod further;
pub(crate) mod insight;
pub(crate) mod options;
pub(crate) mod pointwise;
pub(crate) mod query;
pub(crate) mod range;
pub(crate) mod scope;
pub(crate) mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use metric_conformance::Level;
use metric_host::{Backend, LabelSchema, PluginDigest, RequestMethod, ValueType};

use crate::args::choices::{ConformanceFormat, DataFormat, QueryFormat, ReportFormat, When};
use crate::args::csv::CsvArgs;
use crate::args::decisions::{
    EVALUATE_EXAMPLES, EvaluateMetricArgs, LIVE_EXAMPLES, LiveArgs, PRESET_EXAMPLES, PresetArgs,
};
use crate::args::family::{FAMILY_EXAMPLES, FamilyArgs};
use crate::args::further::{FurtherArgs, Online};
use crate::args::options::OptionsArgs;
use crate::args::query::QueryArgs;
use crate::args::range::LongRangeArgs;
use crate::args::scope::ScopeArgs;
use crate::duration;

const EXAMPLES: &str = "\
Examples:
  metric-host doctor --address prometheus:9090
  metric-host metrics
  metric-host type net_rx
  metric-host promql cpu_util --value-type current --agent-id i-0a1b2c
  metric-host query mem --value-type current --last 30m
  metric-host query net_rx --group-by agent-id --start 2026-01-31 --format csv
  metric-host query cpu_util --value-type pct --session-id UUID --format json | jq .series
  metric-host query cpu_util mem --last 7d --explain
  metric-host serve --address prometheus:9090

The plugin is found by --plugin, METRIC_PLUGIN, or as metric_service.wasm beside this program.

Exit codes:
  0 done                       6 timed out
  1 anything else              7 denied by the host's policy
  2 usage                      8 no plugin, or a broken one
  3 invalid query or address   9 conformance failed
  4 Prometheus said no        10 a limit was exceeded
  5 cannot connect            11 the answer was not Prometheus's
  13 the answer is partial     12 the doctor found what fails
  14 out of files or threads   15 an anomaly, with --fail-on-anomaly
  (13: --partial accepts it)";

/// Asks for the metrics of Backend.AI's containers, through a Metric Service plugin in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "metric-host", bin_name = "metric-host", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,

    /// Log to stderr (see also RUST_LOG)
    #[arg(long, short, global = true, help_heading = None)]
    pub(crate) verbose: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The flags for the plugin and its configuration. Accepted before and after the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Plugin and Prometheus")]
pub(crate) struct ServiceArgs {
    /// The plugin, a WebAssembly component
    #[arg(
        long,
        value_name = "FILE",
        env = "METRIC_PLUGIN",
        hide_env_values = true,
        global = true
    )]
    pub(crate) plugin: Option<PathBuf>,

    /// Load the plugin only if this is its SHA-256, which `inspect` shows
    #[arg(
        long,
        value_name = "HEX",
        env = "METRIC_PLUGIN_SHA256",
        hide_env_values = true,
        global = true,
        hide_short_help = true
    )]
    pub(crate) plugin_sha256: Option<PluginDigest>,

    /// Address of Prometheus: host:port, or http(s)://host[:port][/prefix]
    #[arg(
        long,
        value_name = "ADDR",
        env = "METRIC_ADDRESS",
        hide_env_values = true,
        global = true
    )]
    #[arg(default_value = "127.0.0.1:9090")]
    pub(crate) address: String,

    /// The window of a rate, such as 5m [default: chosen from step and sample interval]
    #[arg(long, value_name = "DUR", global = true)]
    pub(crate) timewindow: Option<String>,

    /// Label schema of the series
    #[arg(
        long,
        value_name = "SCHEMA",
        value_parser = choices::label_schema(),
        default_value = "documented",
        global = true
    )]
    pub(crate) label_schema: LabelSchema,

    /// Time between two samples of a series [default: 15s]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, global = true, hide_short_help = true)]
    pub(crate) sample_interval: Option<u32>,

    /// The longest range that may be asked for [default: 7d]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_seconds, global = true, hide_short_help = true)]
    pub(crate) max_range: Option<u32>,

    /// The most points of a series that one request may ask for [default: 11001]
    #[arg(long, value_name = "N", global = true, hide_short_help = true)]
    pub(crate) max_points: Option<u32>,

    /// The most bytes that a result may hold [default: 100000000]
    #[arg(long, value_name = "N", global = true, hide_short_help = true)]
    pub(crate) max_result_bytes: Option<u64>,

    /// Deadline of a call [default: 30s]
    #[arg(long, value_name = "DUR", value_parser = duration::parse_timeout, global = true)]
    pub(crate) timeout: Option<u32>,

    /// HTTP method of the queries
    #[arg(
        long,
        value_name = "METHOD",
        value_parser = choices::method(),
        default_value = "auto",
        global = true,
        hide_short_help = true
    )]
    pub(crate) method: RequestMethod,

    /// The kind of server (`doctor` proposes it)
    #[arg(
        long,
        value_name = "SERVER",
        value_parser = choices::backend(),
        default_value = "auto",
        global = true
    )]
    pub(crate) backend: Backend,

    /// Accept an answer of which data may be missing, and say so; no error unless all is missing
    #[arg(long, global = true)]
    pub(crate) partial: bool,

    #[command(flatten)]
    pub(crate) options: OptionsArgs,
}

impl ServiceArgs {
    /// These flags, and those that stood after the command.
    pub(crate) fn with(mut self, further: FurtherArgs) -> Self {
        self.options.set_further(further);
        self
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what can be queried: name, unit, category, description
    #[command(after_help = "Example:\n  metric-host metrics --format json | jq -r '.[].name'")]
    Metrics(Online<MetricsArgs>),

    /// Say how a metric is read: gauge, rate or diff
    #[command(after_help = "Example:\n  metric-host type cpu_util --value-type current   # diff")]
    Type(TypeArgs),

    /// Print the queries that would be sent, one a line, and send nothing
    #[command(after_help = "Example:\n  metric-host promql net_rx --agent-id i-0a1b2c --step 30")]
    Promql(PromqlArgs),

    /// Ask Prometheus, and print the series
    #[command(after_help = QUERY_EXAMPLES)]
    Query(Online<QueryCommandArgs>),

    /// Show what kernels, sessions, users, projects or agents use at the moment
    #[command(after_help = LIVE_EXAMPLES)]
    Live(Online<LiveArgs>),

    /// Check, run, or decide by a preset: PromQL with placeholders, as data
    #[command(after_help = PRESET_EXAMPLES)]
    Preset(PresetArgs),

    /// A verdict on each of many subjects by a metric, and whether a condition holds
    #[command(after_help = EVALUATE_EXAMPLES)]
    Evaluate(Online<EvaluateMetricArgs>),

    /// Sum up each group over the whole range: mean, quantiles, extremes, totals such as core-hours
    #[command(after_help = insight::SUMMARY_EXAMPLES)]
    Summary(Online<insight::SummaryArgs>),

    /// Rank the groups over the whole range, and show the ones that matter, and all others as one
    #[command(after_help = insight::TOP_EXAMPLES)]
    Top(Online<insight::TopArgs>),

    /// Find what is out of the ordinary, each series by itself
    #[command(after_help = insight::ANOMALIES_EXAMPLES)]
    Anomalies(Online<insight::AnomaliesArgs>),

    /// Find members that are unlike the others at the same time, such as a straggler in a training
    #[command(after_help = insight::OUTLIERS_EXAMPLES)]
    Outliers(Online<insight::OutliersArgs>),

    /// Ask for a metric beyond the container's, which a file describes, or list those that it describes
    #[command(after_help = FAMILY_EXAMPLES)]
    Family(Online<FamilyArgs>),

    /// List the values of a dimension or a label
    #[command(after_help = insight::VALUES_EXAMPLES)]
    Values(Online<insight::ValuesArgs>),

    /// Answer over HTTP: an API and a page for people, until it is stopped
    #[command(after_help = serve::SERVE_EXAMPLES)]
    Serve(Online<serve::ServeArgs>),

    /// Look at the Prometheus, and say what to set: version, clock, labels, sample interval, limits
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Online<DoctorArgs>),

    /// Judge the plugin, or any component, by the conformance tests, and say at which level it stands
    #[command(after_help = CONFORMANCE_EXAMPLES)]
    Conformance(ConformanceArgs),

    /// Show what the plugin says of itself, its size, SHA-256, world, imports and exports, and whether this host would load it
    #[command(after_help = "Example:\n  metric-host inspect --plugin other.wasm --format json")]
    Inspect(InspectArgs),

    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  metric-host completions bash > ~/.local/share/bash-completion/completions/metric-host"
    )]
    Completions(CompletionsArgs),

    /// Write the manual's pages into a folder, one a command
    #[command(after_help = "Example:\n  metric-host man ~/.local/share/man/man1")]
    Man(ManArgs),
}

const QUERY_EXAMPLES: &str = "\
Times: 2026-01-31T12:00:00Z, 2026-01-31T12:00:00+09:00, 2026-01-31T12:00:00 (UTC), 2026-01-31,
Unix seconds, now, now-1h, now+5m. Without any: the last hour.

Examples:
  metric-host query mem --value-type current
  metric-host query cpu_util --value-type current --kernel-id UUID --last 1h --step 60
  metric-host query net_rx --agent-id i-0a1b2c --last 5m --step 30
  metric-host query mem --project-id UUID --group-by project-id --last 1d --step 1h
  metric-host query mem --scope owner_user_id=UUID --scope 'owner_project_id=~p1|p2'
  metric-host query mem --start 2026-01-31 --end 2026-02-01 --format csv > mem.csv
  metric-host query cpu_util mem net_rx --value-type current,capacity --format json
  metric-host query mem --last 30d --max-range 30d --fold max --points 500
  metric-host query cpu_util --value-type current --last 1d --statistic p95 --over members:kernel-id
  metric-host query mem --last 7d --step 1d --fold max --utc-offset +09:00
  metric-host query mem --group-by agent-id --last 1d --plot
  metric-host query mem --group-by agent-id --last 1d --format svg > mem.svg
  metric-host query mem --last 30d --max-range 30d --step 15 --explain
  metric-host query mem --last 30d --max-range 30d --step 15 --format ndjson | gzip > mem.ndjson.gz";

const DOCTOR_EXAMPLES: &str = "\
The configuration is judged by what is found: give the flags that queries are asked with.
It needs no plugin, and ends with 0 when nothing failed.

Examples:
  metric-host doctor --address prometheus:9090
  metric-host doctor --label-schema agent --sample-interval 30s
  metric-host doctor --format json | jq .set";

const CONFORMANCE_EXAMPLES: &str = "\
Levels:
  0  imports nothing but what is granted    3  the verbs with I/O, on a scripted Prometheus
  1  targets a world of the contract        4  hostile conditions: denied, out of time, out of memory
  2  the verbs without I/O

Examples:
  metric-host conformance
  metric-host conformance --plugin metric_codec.wasm --level 2
  metric-host conformance --filter time-ranges
  metric-host conformance --format junit > conformance.xml";

#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: DataFormat,

    #[command(flatten)]
    pub(crate) csv: CsvArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TypeArgs {
    /// The metric, such as cpu_util
    pub(crate) metric: String,

    /// Value type: usage, capacity, current or pct
    #[arg(long, value_name = "V", value_parser = choices::value_type())]
    pub(crate) value_type: Option<ValueType>,
}

#[derive(Debug, Args)]
pub(crate) struct PromqlArgs {
    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QueryCommandArgs {
    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) range: LongRangeArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// Show what would be asked, in which requests and why so, and send nothing (as table or json)
    #[arg(long, help_heading = None)]
    pub(crate) explain: bool,

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

impl QueryCommandArgs {
    pub(crate) fn format(&self) -> QueryFormat {
        match self.plot {
            true => QueryFormat::Plot,
            false => self.format,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ConformanceArgs {
    /// Run only the case of this name, or those whose folder, file or name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Stop after this level, which is also the one to reach [default: the highest of the plugin's world]
    #[arg(long, value_name = "N")]
    pub(crate) level: Option<Level>,

    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ConformanceFormat,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder, which is made if it is not there
    pub(crate) folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn scopes_add_up_and_stand_behind_the_command() {
        let cli = Cli::try_parse_from(["x", "query", "mem", "--scope", "a=1", "--scope", "b=~2|3"]);
        let Command::Query(args) = cli.unwrap().command else {
            panic!("query was asked for");
        };
        let scope = args.own.scope.scope().unwrap();
        assert_eq!(scope.to_string(), r#"{a="1",b=~"2|3"}"#);
        for line in [
            "x query mem --scope a!=1",
            "x query mem --scope a=~.*",
            "x --scope a=1 query mem",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn the_global_flags_are_taken_before_and_after_the_command() {
        for line in [
            "metric-host --address a:1 --label-schema agent --timeout 500ms metrics",
            "metric-host metrics --address a:1 --label-schema agent --timeout 500ms",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.service.address, "a:1");
            assert_eq!(cli.service.label_schema, LabelSchema::Agent);
            assert_eq!(cli.service.timeout, Some(500));
        }
    }
}
