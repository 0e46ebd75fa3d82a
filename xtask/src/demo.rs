//! `cargo xtask demo`: builds, starts a Prometheus with a day of generated data (or takes one that is
//! there), and answers a user's questions through the command line, as the user would.

use std::fs;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use metric_testbed::{Dataset, Finder, LabelSchema, Prometheus, PrometheusOptions, Shape};

use crate::build::{self, HostProfile};
use crate::process;
use crate::progress::{Task, seconds};
use crate::scenario::{self, Subject};
use crate::workspace;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Ask this Prometheus instead of one with generated data: host:port or a URL
    #[arg(long, value_name = "ADDR")]
    address: Option<String>,
    /// Keep the Prometheus with the generated data, and serve a page over it, until Ctrl-C
    #[arg(long, conflicts_with = "address")]
    keep: bool,
    /// The labels that the series carry; today's agents write those of `agent`
    #[arg(long, value_enum, value_name = "SCHEMA", default_value_t)]
    label_schema: Schema,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Schema {
    #[default]
    Documented,
    Agent,
}

impl Schema {
    fn labels(self) -> LabelSchema {
        match self {
            Self::Documented => LabelSchema::Documented,
            Self::Agent => LabelSchema::Agent,
        }
    }

    /// The flags that tell `metric-host` so.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Documented => &[],
            Self::Agent => &["--label-schema", "agent"],
        }
    }

    fn other(self) -> &'static str {
        match self {
            Self::Documented => "agent",
            Self::Agent => "documented",
        }
    }
}

pub(crate) fn run(arguments: &DemoArgs) -> Result<()> {
    let profile = HostProfile::Debug;
    process::quiet("Building the host", &mut profile.build(&["metric-host"]))?;
    build::plugin_quietly(profile)?;

    let started = Instant::now();
    let server = match &arguments.address {
        Some(_) => None,
        None => Some(generated(arguments.label_schema.labels())?),
    };
    let address = match (&arguments.address, &server) {
        (Some(address), _) => address.clone(),
        (None, Some(server)) => server.address(),
        (None, None) => bail!("no Prometheus"),
    };
    let host = HostCommand {
        profile,
        address,
        schema: arguments.label_schema,
    };
    show(&host)?;
    println!("\nThat took {}.", seconds(started.elapsed()));
    if arguments.keep {
        println!("Prometheus listens on {} until Ctrl-C.", host.address);
        println!("Its page, and what curl may ask:");
        // Ctrl-C ends it, and us; the testbed then ends Prometheus and removes its data.
        process::shown(&mut host.command(&scenario::words(&["serve", "--listen", "127.0.0.1:0"])))?;
    } else if server.is_some() {
        println!(
            "This Prometheus stops now; `cargo xtask demo --keep` keeps it, for the lines above, and serves a page over it."
        );
    }
    Ok(())
}

/// A Prometheus that holds the day before now.
fn generated(schema: LabelSchema) -> Result<Prometheus> {
    let task = Task::start("Finding Prometheus");
    let tools = Finder::new().prometheus()?;
    task.done();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let dataset = Dataset::generate(&Shape::demo(i64::try_from(now)?).with_schema(schema));
    let task = Task::start(format!(
        "Loading a day of {} series, {} samples, into Prometheus",
        dataset.series().len(),
        dataset.sample_count()
    ));
    let options = PrometheusOptions {
        tools: Some(tools),
        ..PrometheusOptions::default()
    };
    let server = Prometheus::start_with(options, &dataset)?;
    task.done();
    Ok(server)
}

/// `metric-host`, told where to ask.
struct HostCommand {
    profile: HostProfile,
    address: String,
    schema: Schema,
}

impl HostCommand {
    fn command(&self, arguments: &[String]) -> Command {
        let mut command = workspace::command(self.profile.host());
        command
            .args(arguments)
            .args(self.schema.flags())
            .env("METRIC_ADDRESS", &self.address)
            // The plugin that was just built, beside the executable.
            .env_remove("METRIC_PLUGIN");
        command
    }

    /// The line that a user would type for it.
    fn line(&self, arguments: &[String]) -> String {
        process::line(&self.command(arguments))
    }

    /// Shows the line, and what it prints.
    fn show(&self, arguments: &[String], display: &[&str]) -> Result<()> {
        println!("$ {}\n", self.line(arguments));
        process::shown(self.command(arguments).args(display))
    }
}

fn show(host: &HostCommand) -> Result<()> {
    println!("\nWhat can be asked for?");
    host.show(&["metrics".to_owned()], &[])?;
    let subject = subject(host)?;
    let (scenarios, insights) = (scenario::scenarios(&subject), scenario::insights());
    for (number, scenario) in scenarios.iter().chain(&insights).enumerate() {
        println!(
            "\n\n{}. {}\n   {}",
            number + 1,
            scenario.question,
            scenario.reading
        );
        // A terminal gets sparklines by itself; whoever reads this in a file should see them, too.
        host.show(&scenario.arguments, &["--sparkline", "always"])?;
    }
    decisions(host, &subject)?;
    println!("\n\nTo go on from here:\n");
    println!(
        "export METRIC_ADDRESS={} PATH=\"$PWD/{}:$PATH\"",
        host.address,
        folder(host.profile)
    );
    for line in scenario::suggestions(&subject) {
        println!("{}", host.line(&line));
    }
    println!("metric-host --help");
    Ok(())
}

/// Shows what the manager decides by: the present use of a session, and whether it is idle.
fn decisions(host: &HostCommand, subject: &Subject) -> Result<()> {
    println!(
        "\n\nWhat does this session use at the moment?\n   `at` says when that was measured; what is old is marked"
    );
    host.show(&scenario::live(subject), &[])?;
    let folder = workspace::target().join("demo");
    fs::create_dir_all(&folder)?;
    let (preset, ids) = (folder.join("idle.json"), folder.join("sessions.txt"));
    fs::write(&preset, scenario::IDLE_PRESET)?;
    fs::write(&ids, format!("{}\nno-such-session\n", subject.session))?;
    println!(
        "\n\nIs it idle: below a twentieth of a core for ten minutes?\n   What is missing is no zero: nothing is decided on it"
    );
    let files = [preset, ids].map(|file| file.display().to_string());
    host.show(&scenario::verdict(&files), &[])
}

fn folder(profile: HostProfile) -> String {
    profile
        .host()
        .parent()
        .map(workspace::shown)
        .unwrap_or_default()
}

/// Finds the subject to ask about.
fn subject(host: &HostCommand) -> Result<Subject> {
    let answer = process::output(&mut host.command(&scenario::who_there_is()))?;
    let answer = serde_json::from_str(&answer)
        .context("`metric-host query --format json` printed no JSON")?;
    scenario::subject_in(&answer, host.schema.labels().project_label()).with_context(|| {
        format!(
            "{} holds no kernel with a session and a project that used memory during the last day; try `--label-schema {}`",
            host.address,
            host.schema.other()
        )
    })
}
