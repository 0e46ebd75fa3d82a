//! `type`: one word, gauge, rate or diff.

use std::io::Write;

use metric_host::{LabelSchema, ValueType};

use crate::args::{ServiceArgs, TypeArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable::Escape};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: &TypeArgs) -> Result<Exit, Failure> {
    let service = service::open_offline(args)?;
    // The verb takes no configuration; the contract says what becomes of `usage` under `agent`.
    let value_type = match (args.label_schema, command.value_type) {
        (LabelSchema::Agent, Some(ValueType::Usage)) => Some(ValueType::Current),
        (_, value_type) => value_type,
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
