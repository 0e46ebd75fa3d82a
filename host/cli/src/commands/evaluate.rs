//! `evaluate`: verdicts by a metric of the containers; and what `preset evaluate` has in common with it.

use std::io::Write as _;

use chrono::Utc;
use metric_host::decisions::{Judgement, MetricQuestion};
use metric_host::{MetricQuery, RangeOptions};

use crate::args::ServiceArgs;
use crate::args::choices::ReportFormat;
use crate::args::decisions::{DecideArgs, EvaluateMetricArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use crate::output;
use crate::service;
use crate::time::{self, Instant};

pub(crate) async fn run(args: &ServiceArgs, command: EvaluateMetricArgs) -> Result<Exit, Failure> {
    let refused = |reason| Failure::new(Exit::InvalidQuery, reason);
    let decide = &command.decide;
    let question = MetricQuestion {
        metric_name: command.metric,
        labels: command.filters.one().map_err(refused)?,
        group_by: command.group_by,
        metric_type: command.metric_type,
        pointwise: command.pointwise.pointwise().map_err(refused)?,
        subject: command.subject,
        subjects: subjects(decide)?,
        combine: decide.combine,
        at: instant(decide.at.as_ref())?,
        condition: decide.condition(),
    };
    let service = decide.scope.narrow(service::open(args)?);
    let judgements = service
        .evaluate_metric(&question)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    // The plan of a query says in which unit its values are.
    let mut query = MetricQuery::new(question.metric_name, "0", "3600");
    query.labels = question.labels;
    query.metric_type = question.metric_type;
    let plan = service.plan(&query, &RangeOptions::default()).await;
    let unit = plan.ok().and_then(|plan| plan.unit);
    write(decide, &judgements, unit.as_deref())
}

/// Writes the verdicts.
pub(super) fn write(
    decide: &DecideArgs,
    judgements: &[Judgement],
    unit: Option<&str>,
) -> Result<Exit, Failure> {
    let mut out = output::stdout(decide.format.escape());
    match decide.format {
        ReportFormat::Json => output::json::verdicts(&mut out, judgements)?,
        ReportFormat::Table => output::verdicts::write(&mut out, judgements, unit)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// The subjects, of the file that has one a line.
pub(super) fn subjects(decide: &DecideArgs) -> Result<Vec<String>, Failure> {
    let text = input::read(&decide.ids)?;
    let ids = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(ids.map(ToOwned::to_owned).collect())
}

/// Unix milliseconds.
pub(super) fn instant(at: Option<&Instant>) -> Result<Option<i64>, Failure> {
    at.map(|at| time::millis(at, Utc::now()))
        .transpose()
        .map_err(|reason| Failure::new(Exit::InvalidQuery, reason))
}
