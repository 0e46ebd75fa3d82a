//! The flags of the way to Prometheus that may be given more than once.

use clap::{Args, builder::PossibleValue};
use metric_host::Network;

use crate::args::options::{Source, WAY, source};

/// `NAME=FILE` or `NAME=env:VARIABLE`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(super) name: String,
    pub(super) value: Source,
}

fn named(text: &str) -> Result<Named, String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .ok_or("expected is NAME=FILE, or NAME=env:VARIABLE")?;
    let Ok(value) = source(value);
    let name = name.to_owned();
    Ok(Named { name, value })
}

/// `NAME=VALUE`; the value may be empty.
fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected is NAME=VALUE".to_owned())
}

/// [`Network`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetworkArg(pub(super) Network);

impl clap::ValueEnum for NetworkArg {
    fn value_variants<'a>() -> &'a [Self] {
        // All but those where no service is.
        const GRANTABLE: &[NetworkArg] = &[
            NetworkArg(Network::Private),
            NetworkArg(Network::Loopback),
            NetworkArg(Network::LinkLocal),
        ];
        GRANTABLE
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

/// The flags that may be given more than once. Accepted after the command only: of a flag that stands before and after
/// it, clap drops what stands before, and a tenant must not be lost like that.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = WAY)]
pub(crate) struct FurtherArgs {
    /// A further address of the same data, asked when the others cannot be reached, hang up, answer 502, 503 or 504, or
    /// answer partially; more than once
    #[arg(long, value_name = "ADDR")]
    pub(super) failover: Vec<String>,

    /// A network that the addresses' names may lead to besides the internet; more than once
    #[arg(long, value_name = "NETWORK", value_enum, hide_short_help = true)]
    pub(super) allow_network: Vec<NetworkArg>,

    /// A further header, such as X-Scope-OrgID=FILE for a tenant; more than once
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    pub(super) header_file: Vec<Named>,

    /// A further parameter, such as extra_label=FILE for a tenant of VictoriaMetrics; more than once
    #[arg(long, value_name = "NAME=FILE", value_parser = named, hide_short_help = true)]
    pub(super) parameter_file: Vec<Named>,

    /// A further parameter that is no secret, such as nocache=1; more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter, hide_short_help = true)]
    pub(super) parameter: Vec<(String, String)>,
}

/// The flags of a command that asks Prometheus: its own, and [`FurtherArgs`].
#[derive(Debug, Args)]
pub(crate) struct Online<A: Args> {
    #[command(flatten)]
    pub(crate) own: A,

    #[command(flatten)]
    pub(crate) further: FurtherArgs,
}
