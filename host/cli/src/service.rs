//! From flags to a service that can be called: finds the plugin, loads it, configures it.

use metric_host::{Config, Host, HostOptions, Limits, MetricService, Plugin};

use crate::args::ServiceArgs;
use crate::failure::Failure;
use crate::locate;
use crate::output::say;

/// A service as the flags describe it.
pub(crate) fn open(args: &ServiceArgs) -> Result<MetricService, Failure> {
    Ok(plugin(args)?.service_with(config(args), &args.options.options())?)
}

/// The same for the verbs that send nothing: without a way out, and quicker to start.
pub(crate) fn open_offline(args: &ServiceArgs) -> Result<MetricService, Failure> {
    Ok(plugin(args)?.offline(config(args))?)
}

/// Says which addresses answered, where others than the first did.
pub(crate) fn say_who_answered(service: &MetricService) {
    let answers = service.answers_by_address();
    let all: u64 = answers.iter().map(|(_, number)| number).sum();
    let Some(((first, _), others)) = answers.split_first() else {
        return;
    };
    for (address, number) in others.iter().filter(|(_, number)| *number > 0) {
        let text =
            format!("{address} answered {number} of {all} requests, in the place of {first}");
        say("note", &text);
    }
}

/// The limits of one command, which makes one call after the other. It reserves little, makes nothing ahead, and so is
/// there sooner.
fn limits_of_a_command() -> Limits {
    Limits {
        concurrent_calls: 16,
        ready_instances: 0,
        ..Limits::default()
    }
}

/// The host of one command, which loads the one plugin that the flags ask for, if they ask for one.
pub(crate) fn host(args: &ServiceArgs) -> Result<Host, Failure> {
    host_within(args, limits_of_a_command())
}

fn host_within(args: &ServiceArgs, limits: Limits) -> Result<Host, Failure> {
    let host = Host::new(HostOptions {
        limits,
        ..HostOptions::default()
    })?;
    Ok(match args.plugin_sha256 {
        Some(digest) => host.only(digest),
        None => host,
    })
}

/// The plugin that the flags name.
pub(crate) fn plugin(args: &ServiceArgs) -> Result<Plugin, Failure> {
    Ok(host_and_plugin(args, limits_of_a_command())?.1)
}

/// The same within these limits, with the host that has loaded it.
pub(crate) fn host_and_plugin(
    args: &ServiceArgs,
    limits: Limits,
) -> Result<(Host, Plugin), Failure> {
    let file = locate::plugin(args.plugin.as_deref())?;
    let start = std::time::Instant::now();
    let host = host_within(args, limits)?;
    let plugin = host.load_file(&file)?;
    tracing::debug!(file = %file.display(), took = ?start.elapsed(), "the plugin is loaded");
    Ok((host, plugin))
}

/// The plugin's configuration.
pub(crate) fn config(args: &ServiceArgs) -> Config {
    Config {
        timewindow: args.timewindow.clone(),
        label_schema: args.label_schema,
        sample_interval: args.sample_interval,
        max_range: args.max_range,
        max_points: args.max_points,
        max_result_bytes: args.max_result_bytes,
        timeout: args.timeout,
        method: args.method,
        backend: args.backend,
        partial: args.partial,
        ..Config::new(args.address.clone())
    }
}
