//! `inspect`: what a plugin is, whether or not this host would load it. Nothing of it is run.

use std::io::Write;

use metric_host::{Limits, PluginDescription, PluginDigest};

use crate::args::choices::ReportFormat;
use crate::args::{InspectArgs, ServiceArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate;
use crate::output::{self, inspection::Inspection};
use crate::service;

/// Ends with the code of a broken plugin when this host would not load it.
pub(crate) fn run(args: &ServiceArgs, command: &InspectArgs) -> Result<Exit, Failure> {
    let file = locate::plugin(args.plugin.as_deref())?;
    let bytes = metric_host::read_plugin(&file, Limits::default().plugin_bytes)?;
    let description = PluginDescription::of(&bytes)?;
    let host = service::host(args)?;
    let refused = match description.has_io() {
        true => host.load(&bytes).err(),
        false => host.load_codec(&bytes).err(),
    }
    .map(Failure::from);

    let inspection = Inspection {
        file: &file,
        digest: PluginDigest::of(&bytes),
        description: &description,
        refused_because: refused.as_ref().map(ToString::to_string),
    };
    let mut out = output::stdout(command.format.escape());
    match command.format {
        ReportFormat::Table => inspection.write_table(&mut out)?,
        ReportFormat::Json => inspection.write_json(&mut out)?,
    }
    out.flush()?;
    Ok(if refused.is_some() {
        Exit::PluginBroken
    } else {
        Exit::Success
    })
}
