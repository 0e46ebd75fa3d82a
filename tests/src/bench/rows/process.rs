//! The same as a user of the command line meets it: a process that loads the plugin, asks it for a query, and ends.
//! `--version` does all of that but the plugin.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Preparation, Row};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "cold start of the command line, cached",
    prepare,
};

fn prepare(setting: &Setting) -> Preparation<'_> {
    Box::pin(async move {
        let process = |name, arguments: &'static [&'static str]| {
            let (host, plugin) = (setting.host_executable.clone(), setting.plugin_file.clone());
            Contender::new(name, move || {
                let mut command = Command::new(&host);
                command.env("METRIC_PLUGIN", &plugin).args(arguments);
                async move { run(&mut command) }
            })
        };
        Ok(Race {
            baseline: None,
            contenders: vec![
                process("metric-host promql mem", &["promql", "mem"]),
                process("metric-host --version", &["--version"]),
            ],
            warm_up: 3,
            least_rounds: 50,
            time: Duration::from_secs(3),
        })
    })
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "{status}");
    Ok(())
}
