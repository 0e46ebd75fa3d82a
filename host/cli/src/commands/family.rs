//! `family`: metrics beyond the container's, which files describe, and those that are derived of them.

use std::io::Write;
use std::path::Path;

use chrono::Local;
use metric_host::families::{DerivedQuery, Family, FamilyQuery, FamilyStatistic, Side};
use metric_host::{
    CallError, DerivedMetric, Families, FamiliesError, MetricResult, MetricService, RangeAnswer,
    RangeOptions, Scope,
};

use crate::args::ServiceArgs;
use crate::args::choices::QueryFormat;
use crate::args::family::FamilyArgs;
use crate::commands::query::{check_scope, exit_of, is_empty, remarks};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use crate::output::heading::Subject;
use crate::output::point::{meaning as meaning_of_metric, meaning_of_family};
use crate::output::printable::{Escape, REPEATED, head, line};
use crate::output::{self, Screen, Style, say};
use crate::service;

/// Asks for a family and prints its series; or lists those that there are.
pub(crate) async fn run(args: &ServiceArgs, command: &FamilyArgs) -> Result<Exit, Failure> {
    let families = described(command)?;
    let Some(name) = &command.name else {
        return list(args, command, &families).await;
    };
    let asked = Asked::named(name, command, &families)?;
    if command.promql {
        return promql(args, command, &asked).await;
    }
    let service = command.scope.narrow(service::open(args)?);
    let options = command.long_range.options(args.partial);
    let answer = asked
        .send(&service, &options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let result = &answer.answer;
    let style = Style {
        format: command.format(),
        cells: command.csv.cells(),
        partial: options.partial,
        screen: Screen::of_stdout().with_sparkline(command.sparkline),
    };
    remarks("", result, &answer.missing, style.format);
    let subject = asked.subject(result.step);
    if is_empty(&answer) {
        say(
            "note",
            &nothing_found(subject.metric, result, command.scope.scope().as_ref()),
        );
    }
    let mut out = output::stdout(style.format.escape());
    style.write(&mut out, &subject, &answer)?;
    out.flush()?;
    service::say_who_answered(&service);
    Ok(exit_of(result, &answer.missing))
}

/// The question: a family, or a derived metric.
enum Asked<'a> {
    /// A family.
    Family(Box<FamilyQuery>),
    /// A derived metric, and its query.
    Derived(&'a DerivedMetric, Box<DerivedQuery>),
}

impl<'a> Asked<'a> {
    fn named(name: &str, command: &FamilyArgs, families: &'a Families) -> Result<Self, Failure> {
        if let Some(metric) = families.derived(name) {
            let query = command.derived(metric, families).map_err(invalid)?;
            return Ok(Self::Derived(metric, Box::new(query)));
        }
        let family = families.get(name).ok_or_else(|| unknown(name, families))?;
        let query = command.query(family).map_err(invalid)?;
        Ok(Self::Family(Box::new(query)))
    }

    async fn send(
        &self,
        service: &MetricService,
        options: &RangeOptions,
    ) -> Result<RangeAnswer, CallError> {
        match self {
            Self::Family(query) => service.query_family(query, options).await,
            // Its gaps are counted in the warnings.
            Self::Derived(_, query) => Ok(service.query_derived(query, options).await?.answer),
        }
    }

    /// The queries that would be sent: one, or one a side.
    async fn promql(&self, service: &MetricService) -> Result<Vec<String>, CallError> {
        match self {
            Self::Family(query) => Ok(vec![service.family_promql(query).await?]),
            Self::Derived(_, query) => {
                let mut all = Vec::new();
                for side in &query.sides {
                    all.push(match side {
                        Side::Family(query) => service.family_promql(query).await?,
                        Side::Metric(query) => service.build_promql(query).await?,
                    });
                }
                Ok(all)
            }
        }
    }

    /// The heading of the answer, whose step is in seconds.
    fn subject(&self, step: u32) -> Subject<'_> {
        match self {
            Self::Family(query) => Subject {
                metric: &query.family.name,
                meaning: meaning(query, step),
            },
            Self::Derived(metric, query) => Subject {
                metric: &metric.name,
                meaning: format!("  {}", output::families::formula(metric))
                    + &meaning_of_sides(query, step),
            },
        }
    }
}

/// All that the files describe.
fn described(command: &FamilyArgs) -> Result<Families, Failure> {
    let mut all = Families::default();
    for file in &command.families {
        let of_file = |error: FamiliesError| of_file(file, &error);
        let families =
            Families::parse(&input::read_at_most(file, Families::MOST_BYTES)?).map_err(of_file)?;
        all.extend(families).map_err(of_file)?;
    }
    Ok(all)
}

fn of_file(file: &Path, error: &FamiliesError) -> Failure {
    invalid(format!("{}: {error}", file.display()))
}

fn invalid(reason: String) -> Failure {
    Failure::new(Exit::InvalidQuery, reason)
}

fn unknown(name: &str, families: &Families) -> Failure {
    /// The most names that are a help.
    const SHOWN: usize = 20;
    let derived = families.iter_derived().map(|metric| metric.name.as_str());
    let names = families.iter().map(|family| family.name.as_str());
    let names: Vec<&str> = names.chain(derived).collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>();
    let others = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        others => format!(", and {others} others"),
    };
    let name = head(name, REPEATED);
    invalid(format!(
        "no family {name:?} is described; accepted are {}{others}",
        shown.join(", ")
    ))
}

async fn promql(
    args: &ServiceArgs,
    command: &FamilyArgs,
    asked: &Asked<'_>,
) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open_offline(args)?);
    let queries = asked
        .promql(&service)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(Escape::Text);
    for promql in queries {
        writeln!(out, "{}", line(&promql))?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Checks all that are described, and lists them.
async fn list(
    args: &ServiceArgs,
    command: &FamilyArgs,
    families: &Families,
) -> Result<Exit, Failure> {
    let all: Vec<Family> = families.iter().cloned().collect();
    service::open_offline(args)?
        .check_families(&all)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let derived: Vec<&DerivedMetric> = families.iter_derived().collect();
    for metric in &derived {
        command.derived(metric, families).map_err(invalid)?;
    }
    let format = command.format();
    let mut out = output::stdout(format.escape());
    match format {
        QueryFormat::Json => output::families::json(&mut out, &all, &derived)?,
        QueryFormat::Csv => {
            output::families::csv(&mut out, &all, &derived, command.csv.cells())?;
        }
        QueryFormat::Table => output::families::table(&mut out, &all, &derived)?,
        QueryFormat::Ndjson | QueryFormat::Plot | QueryFormat::Svg => {
            return Err(Failure::new(
                Exit::Usage,
                "without a name what is described is listed; its formats are table, json and csv",
            ));
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Describes a point in words, behind a heading. The step is in seconds.
fn meaning(query: &FamilyQuery, step: u32) -> String {
    let of = match query.statistic {
        None => String::new(),
        Some(FamilyStatistic::Sum) => "  sum".to_owned(),
        Some(FamilyStatistic::Avg) => "  avg".to_owned(),
        Some(FamilyStatistic::Max) => "  max".to_owned(),
        Some(FamilyStatistic::Min) => "  min".to_owned(),
        Some(FamilyStatistic::Quantile(q)) => {
            format!("  {}", metric_host::Statistic::Quantile(q))
        }
        Some(FamilyStatistic::Rate) => "  observations per second".to_owned(),
    };
    of + &meaning_of_family(query.over_time.as_ref(), step)
}

/// The meaning of a point of each side, in words.
fn meaning_of_sides(query: &DerivedQuery, step: u32) -> String {
    let of_side = |side: &Side| match side {
        Side::Family(query) => meaning_of_family(query.over_time.as_ref(), step),
        Side::Metric(query) => meaning_of_metric(query.pointwise.as_ref(), step),
    };
    query.sides.first().map(of_side).unwrap_or_default()
}

/// An empty answer is no error, and rarely what was hoped for.
fn nothing_found(name: &str, result: &MetricResult, scope: Option<&Scope>) -> String {
    let range = output::times::range(result.start, result.end, &Local);
    let name = head(name, REPEATED);
    format!(
        "no series of {name} from {range}\n\
         asked: {}\n\
         check: whether Prometheus scrapes its exporter\n\
         \x20      the name and the kind in the file, and --filter\n\
         \x20      the time range{}",
        head(&result.promql, REPEATED * 4),
        check_scope(scope)
    )
}
