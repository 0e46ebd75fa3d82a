//! `serve`: the service over HTTP, until it is told to stop.

use std::io::Write;

use metric_host::{CacheOptions, MetricQuery};
use metric_serve::{Listen, ServeOptions, Server, Stopped};

use crate::args::ServiceArgs;
use crate::args::serve::ServeArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable::Escape, say};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: ServeArgs) -> Result<Exit, Failure> {
    let (host, plugin) = service::host_and_plugin(args)?;
    let mut options = args.options.options();
    options.cache = CacheOptions::default();
    if let Some(bytes) = command.cache_bytes {
        options.cache.bytes = bytes;
    }
    let service = plugin.service_with(service::config(args), &options)?;
    // The operator is told now of an error that callers would be told with each request.
    let probe = MetricQuery::new("mem", "0", "60");
    if let Err(error) = service.build_promql(&probe).await {
        return Err(Failure::of_call(&error, args));
    }
    let mut listen = command.listen;
    match &mut listen {
        Listen::Socket(socket) => socket.for_group = command.socket_group,
        Listen::Address(_) if command.socket_group => {
            let message = "--socket-group is for --listen unix:PATH";
            return Err(Failure::new(Exit::Usage, message));
        }
        Listen::Address(_) => {}
    }
    let options = ServeOptions {
        listen,
        access: command.access,
        hosts: command.host,
        limits: metric_serve::HttpLimits::default(),
    };
    let server = Server::bind(host, service, options)?;
    // For scripts, which may have asked for any free port. The stream is given back at once.
    let mut out = output::stdout(Escape::Text);
    writeln!(out, "listening at {}", server.place())?;
    out.flush()?;
    drop(out);
    if server.run_until_signal().await? == Stopped::CutOff {
        say("warning", "requests that still ran were cut off");
    }
    Ok(Exit::Success)
}
