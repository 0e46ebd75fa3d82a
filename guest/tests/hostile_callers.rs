//! Everything that a caller can pass, drawn from the worst there is: what comes of it is the query that the contract
//! promises, with exactly the selectors and values that went in, or a refusal where it promises one.

use std::cell::Cell;

use metric_callers::{Asked, Expected, Reading, asked, expected, text, trials};
use metric_service::codec::{Call, Config, ConfigInput, Failure, QueryMetric, QueryValues};
use metric_service::domain::insight::{Total, plan_growth};
use metric_service::domain::{
    Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise, RangeOptions,
    RangeOptionsInput, Statistic, ValueFilter, ValueSource, ValueType, plan_range, quote,
    quote_regex,
};
use metric_service::prometheus::{Backend, RequestMethod};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// No message repeats much of what it was given.
const LONGEST_MESSAGE: usize = 1_500;

#[test]
fn a_query_holds_exactly_what_went_in_or_is_refused_for_a_reason() {
    let (queries, refusals) = (Cell::new(0_u32), Cell::new(0_u32));
    trials(12_000, asked(), |asked| {
        let call = QueryMetric::new(config(&asked), &query(&asked));
        let seen = if call.is_ok() { &queries } else { &refusals };
        seen.set(seen.get() + 1);
        check(&asked, call.map(QueryMetric::promql))
    });
    // Of both there is enough for the test to mean something.
    let (queries, refusals) = (queries.get(), refusals.get());
    assert!(
        queries > refusals / 4 && refusals > queries / 4,
        "{queries} queries, {refusals} refusals"
    );
}

/// A range is asked for by the same query, but for what a point stands for and how far apart the points are.
#[test]
fn a_query_over_a_long_range_holds_exactly_what_went_in() {
    trials(6_000, asked(), |asked| {
        let Ok(Config { settings, .. }) = config(&asked).try_into() else {
            return Ok(());
        };
        let Ok(options) = RangeOptions::try_from(options(&asked)) else {
            return Ok(());
        };
        let plan = match plan_range(&settings, &query(&asked), &options) {
            Ok(plan) => plan,
            Err(error) => {
                prop_assert!(error.to_string().len() < LONGEST_MESSAGE);
                return Ok(());
            }
        };
        let promql = &plan.plan.promql;
        let read = readings(promql)?;
        let mut wanted = asked.clone();
        // The rest of the expectation once the range may be of any length, and its step is known.
        wanted.config.max_range = Some(u32::MAX);
        wanted.config.max_points = Some(u32::MAX);
        wanted.query.step = Some(plan.plan.grid.step());
        match expected(&wanted) {
            Expected::Query(expected) => prop_assert_eq!(read, expected, "{}", promql),
            Expected::Either(expected) => prop_assert_eq!(
                read.without_windows(),
                expected.without_windows(),
                "{}",
                promql
            ),
            Expected::Refusal => prop_assert!(false, "{promql} should have been refused"),
        }
        // The chunks hold each point that is asked for, in order.
        let asked = plan.plan.asked;
        let mut next = None;
        for chunk in &plan.chunks {
            prop_assert!(
                next.is_none_or(|next| chunk.grid.start() == next),
                "{:?}",
                plan.chunks
            );
            prop_assert!(chunk.grid.points() <= u64::from(settings.max_points.get()));
            next = Some(chunk.grid.end() + i64::from(asked.step()));
        }
        let (first, last) = (plan.chunks.first(), plan.chunks.last());
        prop_assert!(first.is_some_and(|chunk| chunk.grid.start() <= asked.start()));
        prop_assert!(last.is_some_and(|chunk| chunk.grid.end() >= asked.end()));
        Ok(())
    });
}

/// The one encoder, on its own: more values, and each in both readings.
#[test]
fn a_value_comes_back_from_its_literal_byte_for_byte() {
    trials(10_000, text(), |value| {
        let literal = quote(&value);
        prop_assert!(
            literal.bytes().all(|b| (b' '..=b'~').contains(&b)),
            "{literal}"
        );
        let value_of = |matcher: String| {
            let read = Reading::of(&format!("m{{l{matcher}}}"));
            let values = read.map(|read| match read.selectors().as_slice() {
                [(_, matchers)] => matchers
                    .iter()
                    .flat_map(|(_, values)| values.clone())
                    .collect(),
                _ => Vec::new(),
            });
            values.unwrap_or_default()
        };
        prop_assert_eq!(value_of(format!("={literal}")), [value.clone()]);
        // As a regular expression it stands for itself: in it, only what is escaped has a meaning.
        prop_assert_eq!(value_of(format!("=~{}", quote_regex(&value))), [value]);
        Ok(())
    });
}

/// Read letter by letter and by a parser, the same comes out.
fn readings(promql: &str) -> Result<Reading, TestCaseError> {
    prop_assert!(
        promql.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{promql}"
    );
    let Some(by_hand) = Reading::of(promql) else {
        return Err(TestCaseError::fail(format!(
            "{promql} has words of nobody's"
        )));
    };
    let by_tree = Reading::selectors_of_tree(promql)
        .map_err(|error| TestCaseError::fail(format!("{promql}: {error}")))?;
    let by_tree: Vec<_> = by_tree
        .iter()
        .map(|(family, of)| (family.as_str(), of))
        .collect();
    prop_assert_eq!(by_hand.selectors(), by_tree, "{}", promql);
    Ok(by_hand)
}

fn check(asked: &Asked, got: Result<String, Failure>) -> Result<(), TestCaseError> {
    match (got, expected(asked)) {
        (Ok(promql), Expected::Query(expected)) => {
            prop_assert_eq!(readings(&promql)?, expected, "{}", promql);
        }
        (Ok(promql), Expected::Either(expected)) => {
            prop_assert_eq!(
                readings(&promql)?.without_windows(),
                expected.without_windows(),
                "{}",
                promql
            );
        }
        (Err(failure), Expected::Refusal | Expected::Either(_)) => {
            let said = format!("{failure:?}");
            prop_assert!(said.len() < LONGEST_MESSAGE, "{said}");
            let of_the_caller = matches!(
                failure,
                Failure::InvalidTimeRange { .. }
                    | Failure::InvalidArgument { .. }
                    | Failure::LimitExceeded { .. }
            );
            prop_assert!(of_the_caller, "{said}");
        }
        (Ok(promql), Expected::Refusal) => prop_assert!(false, "{promql} should have been refused"),
        (Err(failure), Expected::Query(expected)) => {
            prop_assert!(false, "{failure:?} instead of {expected:?}");
        }
    }
    Ok(())
}

fn config(Asked { config, .. }: &Asked) -> ConfigInput {
    ConfigInput {
        address: "prometheus:9090".to_owned(),
        timewindow: config.timewindow.as_ref().map(|span| span.text.clone()),
        label_schema: match config.label_schema {
            "agent" => LabelSchema::Agent,
            _ => LabelSchema::Documented,
        },
        sample_interval: config.sample_interval,
        max_range: config.max_range,
        max_points: config.max_points,
        max_result_bytes: config.max_result_bytes,
        timeout: config.timeout,
        partial: config.partial,
        now: config.now,
        method: match config.method {
            "post" => RequestMethod::Post,
            "get" => RequestMethod::Get,
            _ => RequestMethod::Auto,
        },
        backend: match config.backend {
            "prometheus" => Backend::Prometheus,
            "thanos" => Backend::Thanos,
            "mimir" => Backend::Mimir,
            "victoria" => Backend::Victoria,
            "victoria-cluster" => Backend::VictoriaCluster,
            _ => Backend::Auto,
        },
    }
}

fn query(Asked { query, .. }: &Asked) -> MetricQuery {
    MetricQuery {
        metric_name: query.metric_name.clone(),
        start: query.start.text.clone(),
        end: query.end.text.clone(),
        step: query.step,
        labels: LabelFilter {
            value_type: query.value_type.map(|name| match name {
                "usage" => ValueType::Usage,
                "capacity" => ValueType::Capacity,
                "current" => ValueType::Current,
                _ => ValueType::Pct,
            }),
            agent_id: query.agent_id.clone(),
            kernel_id: query.kernel_id.clone(),
            session_id: query.session_id.clone(),
            user_id: query.user_id.clone(),
            project_id: query.project_id.clone(),
        },
        group_by: query.group_by.iter().copied().map(dimension).collect(),
        metric_type: query.metric_type.map(|name| match name {
            "gauge" => MetricType::Gauge,
            "rate" => MetricType::Rate,
            _ => MetricType::Diff,
        }),
        pointwise: query.pointwise.map(pointwise),
        utc_offset: query.utc_offset,
    }
}

fn pointwise(asked: metric_callers::Pointwise) -> Pointwise {
    Pointwise {
        statistic: match asked.statistic {
            metric_callers::Statistic::Named("avg") => Statistic::Avg,
            metric_callers::Statistic::Named("max") => Statistic::Max,
            metric_callers::Statistic::Named("min") => Statistic::Min,
            metric_callers::Statistic::Named(_) => Statistic::Last,
            metric_callers::Statistic::Quantile(part) => Statistic::Quantile(part),
        },
        over: match asked.over {
            metric_callers::Over::Time => Over::Time,
            metric_callers::Over::Members(of) => Over::Members(dimension(of)),
            metric_callers::Over::Both(of) => Over::Both(dimension(of)),
        },
        window: asked.window,
    }
}

fn dimension(name: &str) -> Dimension {
    match name {
        "agent-id" => Dimension::AgentId,
        "kernel-id" => Dimension::KernelId,
        "session-id" => Dimension::SessionId,
        "user-id" => Dimension::UserId,
        "project-id" => Dimension::ProjectId,
        "metric-name" => Dimension::MetricName,
        _ => Dimension::ValueType,
    }
}

fn options(Asked { options, .. }: &Asked) -> RangeOptionsInput {
    RangeOptionsInput {
        cached: options.cached,
        max_points: options.max_points,
        interval: options.interval,
        freshness: options.freshness,
        concurrency: options.concurrency,
        partial: options.partial,
    }
}

/// Queries for the growth of counters have the selector of the query in each of its places, whatever is filtered on.
#[test]
fn what_counters_grew_by_holds_exactly_what_went_in() {
    trials(3_000, asked(), |asked| {
        let Ok(settings) = Config::try_from(config(&asked)).map(|config| config.settings) else {
            return Ok(());
        };
        let Ok(options) = RangeOptions::try_from(options(&asked)) else {
            return Ok(());
        };
        let query = query(&asked);
        if Total::of(&settings, &query) != Total::Growth {
            return Ok(());
        }
        let Ok(range) = plan_range(&settings, &query, &options) else {
            return Ok(());
        };
        let growth = plan_growth(&range, &settings, &query).range.plan;
        let of_query = readings(&range.plan.promql)?;
        let of_growth = Reading::selectors_of_tree(&growth.promql)
            .map_err(|error| TestCaseError::fail(format!("{}: {error}", growth.promql)))?;
        prop_assert_eq!(of_growth.len(), 6, "{}", growth.promql);
        for (family, matchers) in &of_growth {
            let is_there = of_query.selectors().contains(&(family.as_str(), matchers));
            prop_assert!(is_there, "{}", growth.promql);
        }
        Ok(())
    });
}

/// A label's name reaches the path of a request, so that it is a name or refused; a filter its selector, quoted.
#[test]
fn a_list_of_values_is_asked_for_by_a_name_and_a_selector_or_not_at_all() {
    trials(4_000, (text(), text()), |(label, value)| {
        let config = ConfigInput {
            address: "h:1".to_owned(),
            ..Default::default()
        };
        let filter = ValueFilter {
            metric_name: Some(value.clone()),
            ..Default::default()
        };
        let call = QueryValues::new(config, &ValueSource::Label(label.clone()), &filter);
        let is_name = |name: &str| {
            let mut bytes = name.bytes();
            bytes
                .next()
                .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
                && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let Ok(call) = call else {
            prop_assert!(!is_name(&label) || label.len() > 128 || value.is_empty());
            return Ok(());
        };
        prop_assert!(is_name(&label), "{label:?}");
        let sent = Call::request(&call).path_with_query;
        let head = format!("/api/v1/label/{label}/values?");
        let form = sent.strip_prefix(&head);
        prop_assert!(form.is_some(), "{sent}");
        let pairs: Vec<_> = form_urlencoded::parse(form.unwrap_or_default().as_bytes()).collect();
        prop_assert_eq!(pairs.len(), 1);
        let read = readings(&pairs[0].1)?;
        let selectors = read.selectors();
        prop_assert_eq!(selectors.len(), 1);
        let (_, matchers) = &selectors[0];
        let values: Vec<_> = matchers
            .iter()
            .flat_map(|(_, values)| values.clone())
            .collect();
        prop_assert_eq!(values, [value]);
        Ok(())
    });
}
