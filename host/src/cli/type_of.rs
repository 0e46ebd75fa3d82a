//! `type`: one word, gauge, rate or diff.

use std::io::Write;

use metric_host::ValueType;

use super::args::{ServiceArgs, TypeArgs};
use super::choices::{LabelSchemaArg, ValueTypeArg};
use super::exit::Exit;
use super::failure::Failure;
use super::output::{self, printable::Escape};
use super::service;

pub(crate) async fn run(args: &ServiceArgs, command: &TypeArgs) -> Result<Exit, Failure> {
    let service = service::open_offline(args)?;
    // The verb takes no configuration; the contract says what becomes of `usage` under `agent`.
    let value_type = match (args.label_schema, command.value_type) {
        (LabelSchemaArg::Agent, Some(ValueTypeArg::Usage)) => Some(ValueType::Current),
        (_, value_type) => value_type.map(Into::into),
    };
    let metric_type = service
        .detect_metric_type(&command.metric, value_type)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(Escape::Text);
    writeln!(out, "{}", metric_type.as_str())?;
    out.flush()?;
    Ok(Exit::Success)
}
