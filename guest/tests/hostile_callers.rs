//! Everything that a caller can pass, drawn from the worst there is: what comes of it is the query that the contract
//! promises, with exactly the selectors and values that went in, or a refusal where it promises one.

use std::cell::Cell;

use metric_callers::{Asked, Expected, Reading, asked, automatic_window, expected, text, trials};
use metric_service::codec::{self, Failure, QueryMetric};
use metric_service::domain::{
    Dimension, Fold, LabelFilter, LabelSchema, MetricQuery, MetricType, RangeOptions,
    RangeOptionsInput, Settings, SettingsInput, ValueType, plan_range, quote, quote_regex,
};
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
        let Ok(settings) = Settings::try_from(config(&asked).settings) else {
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
        let step = i64::from(plan.plan.grid.step());
        let interval = i64::from(settings.sample_interval.get());
        let mut wanted = asked.clone();
        // What is left of the expectation once the range may be of any length: its labels, and the functions.
        wanted.config.max_range = Some(u32::MAX);
        wanted.config.max_points = Some(u32::MAX);
        wanted.query.step = Some(plan.plan.grid.step());
        let (Expected::Query(expected) | Expected::Either(expected)) = expected(&wanted) else {
            return Err(TestCaseError::fail(format!(
                "{promql} should have been refused"
            )));
        };
        let fold = asked.options.fold.map(|fold| format!("{fold}_over_time"));
        for (side, expected) in sides(&read).into_iter().zip(sides(&expected)) {
            prop_assert_eq!(&side.by, &expected.by);
            prop_assert_eq!(&side.matchers, &expected.matchers);
            let function = side.function.as_ref();
            let wanted = expected.function.as_ref().map(|(function, _)| function);
            prop_assert_eq!(
                function.map(|(f, _)| f),
                wanted.or(fold.as_ref()),
                "{}",
                promql
            );
            let window = function.and_then(|(_, window)| *window);
            match (function, &settings.timewindow) {
                (None, _) => {}
                (Some(_), _) if fold.is_some() => prop_assert_eq!(window, Some(step * 1000)),
                (Some(_), Some(fixed)) => {
                    prop_assert_eq!(window, i64::try_from(fixed.millis()).ok());
                }
                (Some(_), None) => {
                    prop_assert_eq!(window, Some(1000 * automatic_window(step, interval)));
                }
            }
        }
        // The chunks hold each point of the range, in order.
        let mut next = None;
        for chunk in &plan.chunks {
            prop_assert!(
                next.is_none_or(|next| chunk.grid.start() == next),
                "{:?}",
                plan.chunks
            );
            prop_assert!(chunk.grid.points() <= u64::from(settings.max_points.get()));
            next = Some(chunk.grid.end() + step);
        }
        let (first, last) = (plan.chunks.first(), plan.chunks.last());
        prop_assert!(first.is_some_and(|chunk| chunk.grid.start() <= plan.plan.grid.start()));
        prop_assert!(last.is_some_and(|chunk| chunk.grid.end() >= plan.plan.grid.end()));
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
        let read = readings(&format!("sum(m{{l={literal}}})"))?;
        let Reading::Sum(side) = read else {
            return Err(TestCaseError::fail("not a sum"));
        };
        prop_assert_eq!(side.matchers, [("l".to_owned(), value.clone())]);

        // As a regular expression it stands for itself: in it, only what is escaped has a meaning.
        let read = readings(&format!("sum(m{{l={}}})", quote_regex(&value)))?;
        let Reading::Sum(side) = read else {
            return Err(TestCaseError::fail("not a sum"));
        };
        let [(_, pattern)] = side.matchers.as_slice() else {
            return Err(TestCaseError::fail("not one matcher"));
        };
        let mut plain = String::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            plain.extend(match letter {
                '\\' => letters.next(),
                special if ".+*?()|[]{}^$".contains(special) => None,
                letter => Some(letter),
            });
        }
        prop_assert_eq!(plain, value);
        Ok(())
    });
}

/// Read letter by letter and by a parser, the same comes out.
fn readings(promql: &str) -> Result<Reading, TestCaseError> {
    prop_assert!(
        promql.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{promql}"
    );
    let by_hand = Reading::of(promql);
    let by_tree = Reading::of_tree(promql)
        .map_err(|error| TestCaseError::fail(format!("{promql}: {error}")))?;
    prop_assert_eq!(by_hand.as_ref(), Some(&by_tree), "{}", promql);
    Ok(by_tree)
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

fn sides(reading: &Reading) -> Vec<&metric_callers::Side> {
    match reading {
        Reading::Sum(side) => vec![side],
        Reading::Percent { part, of } => vec![part, of],
    }
}

fn config(Asked { config, .. }: &Asked) -> codec::Config {
    codec::Config {
        address: "prometheus:9090".to_owned(),
        settings: SettingsInput {
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
        },
    }
}

fn query(Asked { query, .. }: &Asked) -> MetricQuery {
    let dimension = |name: &&str| match *name {
        "agent-id" => Dimension::AgentId,
        "kernel-id" => Dimension::KernelId,
        "session-id" => Dimension::SessionId,
        "user-id" => Dimension::UserId,
        "project-id" => Dimension::ProjectId,
        "metric-name" => Dimension::MetricName,
        _ => Dimension::ValueType,
    };
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
        group_by: query.group_by.iter().map(dimension).collect(),
        metric_type: query.metric_type.map(|name| match name {
            "gauge" => MetricType::Gauge,
            "rate" => MetricType::Rate,
            _ => MetricType::Diff,
        }),
    }
}

fn options(Asked { options, .. }: &Asked) -> RangeOptionsInput {
    RangeOptionsInput {
        now: options.now,
        max_points: options.max_points,
        fold: options.fold.map(|name| match name {
            "avg" => Fold::Avg,
            "max" => Fold::Max,
            "min" => Fold::Min,
            _ => Fold::Last,
        }),
        interval: options.interval,
        freshness: options.freshness,
        concurrency: options.concurrency,
        partial: options.partial,
    }
}
