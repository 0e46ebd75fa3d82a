//! The same as a user of the command line meets it: a process that loads the plugin, asks it for a query, and ends.
//! `--version` does all of that but the plugin.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Measurement, Row};
use crate::outcome::Goal;
use crate::race::{Contender, Race};
use crate::setting::Setting;

const VERSION: &str = "metric-host --version";

pub(super) const ROW: Row = Row {
    name: "cold start of the command line, cached",
    measure,
};

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let process = |name, arguments: &'static [&'static str]| {
            let (host, plugin) = (setting.host_executable.clone(), setting.plugin_file.clone());
            Contender::new(name, move || {
                let mut command = Command::new(&host);
                command.env("METRIC_PLUGIN", &plugin).args(arguments);
                async move { run(&mut command) }
            })
        };
        Race {
            baseline: Some(VERSION),
            contenders: vec![
                // A process, and what else a completion at every keystroke may wait for.
                process("metric-host promql mem", &["promql", "mem"])
                    .with_goal(Goal::RatioAtMost(3.5)),
                process(VERSION, &["--version"]),
            ],
            warm_up: 3,
            least_rounds: 50,
            time: Duration::from_secs(3),
        }
        .run()
        .await
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
