//! `doctor`: looks at the Prometheus, and says what to set. It needs no plugin.

use std::io::Write;

use metric_host::doctor::Verdict;
use metric_host::{Host, HostOptions};

use crate::args::choices::ReportFormat;
use crate::args::{DoctorArgs, ServiceArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::RAISE_THE_LIMITS;
use crate::output::{self, Screen, say};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: &DoctorArgs) -> Result<Exit, Failure> {
    let host = Host::new(HostOptions::default())?;
    let doctor = host.doctor(service::config(args), &args.options.options())?;
    let examination = doctor.examine().await;
    let mut out = output::stdout(command.format.escape());
    match command.format {
        ReportFormat::Table => {
            output::examination::table(&mut out, &examination, &Screen::of_stdout())?;
        }
        ReportFormat::Json => output::examination::json(&mut out, &examination)?,
    }
    out.flush()?;
    if examination.lacks_resources {
        say("hint", RAISE_THE_LIMITS);
    }
    Ok(match examination.verdict() {
        Verdict::Fail if examination.lacks_resources => Exit::OutOfResources,
        Verdict::Fail => Exit::DoctorFailed,
        _ => Exit::Success,
    })
}
