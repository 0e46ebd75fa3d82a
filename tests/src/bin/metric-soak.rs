//! Asks a real Prometheus through faults for a long time, and says what callers were given. `cargo xtask soak` starts it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use metric_tests::soak::Soak;

/// Lets callers ask while Prometheus is killed and connections break
#[derive(Debug, Parser)]
#[command(name = "metric-soak")]
struct Arguments {
    /// The length, in minutes
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Callers at once
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// A caller's pause between two questions, in milliseconds
    #[arg(long, default_value_t = 200)]
    pause: u64,
    /// Ask over HTTP, too, beside clients that are slow or half open
    #[arg(long)]
    serve: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let outcome = Soak {
        callers: arguments.callers,
        time: Duration::from_secs(60 * arguments.minutes),
        pause: Duration::from_millis(arguments.pause),
        restarts: (Duration::from_secs(50), Duration::from_secs(3)),
        mischief: 0.2,
        serve: arguments.serve,
    }
    .run()
    .await?;
    println!("{outcome}");
    let mut complaints = outcome.complaints();
    if !outcome.memory_is_flat() {
        complaints.push("memory grows".to_owned());
    }
    for complaint in &complaints {
        eprintln!("not as promised: {complaint}");
    }
    Ok(if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
