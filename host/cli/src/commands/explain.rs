//! `query --explain`: what would be asked, in which requests and why so. It sends nothing.

use std::io::Write;

use chrono::Local;
use metric_host::{MetricQuery, RangeOptions, RangePlan};

use crate::args::ServiceArgs;
use crate::args::choices::QueryFormat;
use crate::args::scope::ScopeArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, say};
use crate::{commands::batch, service};

/// A query, and what would become of it.
pub(crate) struct Planned<'a> {
    pub(crate) query: &'a MetricQuery,
    pub(crate) plan: RangePlan,
    /// The addresses that would be asked, in the order of preference.
    pub(crate) addresses: &'a [&'a str],
}

/// Plans each query, within the scope.
pub(crate) async fn run(
    args: &ServiceArgs,
    scope: &ScopeArgs,
    queries: &[MetricQuery],
    options: &RangeOptions,
    format: QueryFormat,
) -> Result<Exit, Failure> {
    if !matches!(format, QueryFormat::Table | QueryFormat::Json) {
        return Err(Failure::new(
            Exit::Usage,
            "--explain prints no series; its formats are table and json",
        ));
    }
    let service = scope.narrow(service::open_offline(args)?);
    let further = args.options.failover().iter().map(String::as_str);
    let addresses: Vec<_> = std::iter::once(&*args.address).chain(further).collect();
    let mut plans = Vec::new();
    for query in queries {
        let plan = service
            .plan(query, options)
            .await
            .map_err(|error| Failure::of_call(&error, args))?;
        plans.push(Planned {
            query,
            plan,
            addresses: &addresses,
        });
    }
    let mut out = output::stdout(format.escape());
    if format == QueryFormat::Json {
        output::plan::json(&mut out, &plans)?;
    } else {
        for (at, planned) in plans.iter().enumerate() {
            for warning in &planned.plan.warnings {
                let of = match plans.len() {
                    1 => String::new(),
                    _ => format!("{}: ", batch::name(planned.query)),
                };
                say("warning", &format!("{of}{warning}"));
            }
            if at > 0 {
                writeln!(out, "\n")?;
            }
            output::plan::table(&mut out, planned, &Local)?;
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}
