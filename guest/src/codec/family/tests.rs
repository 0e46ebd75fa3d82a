//! Tests of joining two sides, whose answers are written by hand.

use super::*;
use crate::codec::query_metric::MetricResult;
use crate::domain::derived::Operation;
use crate::domain::family::{Family, FamilyKind};
use crate::domain::{
    Dimension, LabelFilter, MetricQuery, MetricType, RangeOptionsInput, ValueType,
};

fn config() -> Config {
    let address = "h:1".to_owned();
    Config::try_from(ConfigInput {
        address,
        ..ConfigInput::default()
    })
    .unwrap()
}

fn options() -> RangeOptions {
    RangeOptions::try_from(RangeOptionsInput::default()).unwrap()
}

fn metric(name: &str, value_type: ValueType) -> MetricQuery {
    MetricQuery {
        metric_name: name.into(),
        start: "0".into(),
        end: "300".into(),
        step: Some(60),
        labels: LabelFilter {
            value_type: Some(value_type),
            ..LabelFilter::default()
        },
        group_by: vec![Dimension::AgentId],
        ..MetricQuery::default()
    }
}

fn family(name: &str, kind: FamilyKind, unit: &str) -> FamilyQuery {
    FamilyQuery {
        family: Family {
            name: name.into(),
            kind,
            unit: Some(unit.into()),
            ..Family::default()
        },
        group_by: vec!["agent_id".into()],
        start: "0".into(),
        end: "300".into(),
        step: Some(60),
        ..FamilyQuery::default()
    }
}

fn side(query: impl Into<Side>) -> Side {
    query.into()
}

impl From<MetricQuery> for Side {
    fn from(query: MetricQuery) -> Self {
        Self::Metric(Box::new(query))
    }
}

impl From<FamilyQuery> for Side {
    fn from(query: FamilyQuery) -> Self {
        Self::Family(Box::new(query))
    }
}

fn derived(of: Side, operation: Operation, with: Side) -> DerivedQuery {
    DerivedQuery {
        sides: vec![of, with],
        derivation: Derivation::Of(operation),
        unit: None,
    }
}

fn plan(query: DerivedQuery) -> Result<Derive, Failure> {
    Derive::new(&config(), query, &options())
}

fn refused(query: DerivedQuery) -> (String, String) {
    match plan(query) {
        Err(Failure::InvalidArgument { field, reason }) => (field, reason),
        other => panic!("{other:?}"),
    }
}

/// A series: its agent, its value type, its points.
type Told<'a> = (&'a str, &'a str, &'a [(i64, f64)]);

fn answer(query: &QueryRange, series: &[Told<'_>]) -> RangeResult {
    let one = |(agent, value_type, points): &Told<'_>| {
        let mut labels = vec![("agent_id".to_owned(), (*agent).to_owned())];
        if !value_type.is_empty() {
            labels.push(("value_type".to_owned(), (*value_type).to_owned()));
        }
        Series {
            labels,
            timestamps: points.iter().map(|(at, _)| at * 1000).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
        }
    };
    RangeResult {
        answer: MetricResult {
            plan: query.plan.plan.clone(),
            series: series.iter().map(one).collect(),
            warnings: vec!["w".into()],
            infos: Vec::new(),
            partial: false,
        },
        missing: Vec::new(),
    }
}

#[test]
fn sides_meet_by_their_labels_and_points_and_gaps_are_counted_and_said() {
    let power = family("power", FamilyKind::Gauge, "watts");
    let query = derived(
        side(metric("mem", ValueType::Current)),
        Operation::Ratio,
        side(power),
    );
    let verb = plan(query).unwrap();
    let [first, second] = &verb.queries()[..] else {
        panic!("two queries")
    };
    let result = verb
        .result(vec![
            answer(
                first,
                &[
                    ("i-1", "current", &[(0, 1.0), (60, 2.0), (120, 3.0)]),
                    ("i-2", "current", &[(0, 5.0)]),
                ],
            ),
            answer(
                second,
                &[
                    ("i-1", "", &[(0, 4.0), (120, 0.0), (180, 1.0)]),
                    ("i-3", "", &[(0, 1.0), (60, 1.0)]),
                ],
            ),
        ])
        .unwrap();
    let answer = &result.range.answer;
    let series = &answer.series[..];
    assert_eq!(series.len(), 1);
    assert_eq!(
        series[0].labels,
        [("agent_id".to_owned(), "i-1".to_owned())]
    );
    assert_eq!(
        (&series[0].timestamps[..], &series[0].values[..]),
        (&[0][..], &[0.25][..])
    );
    // 60 and 180 of i-1, one of i-2, two of i-3.
    assert_eq!(
        (result.gaps.missing_sides, result.gaps.zero_divisors),
        (5, 1)
    );
    assert_eq!(
        answer.warnings,
        [
            "w",
            "5 points of groups have no value: one side has none there",
            "1 points of groups have no value: the divisor is zero there"
        ]
    );
    assert_eq!(answer.plan.unit.as_deref(), Some("bytes/watts"));
    assert_eq!(
        answer.plan.promql,
        format!(
            "({}) / ({})",
            first.plan.plan.promql, second.plan.plan.promql
        )
    );
}

#[test]
fn a_level_and_a_rate_are_asked_for_at_the_same_points() {
    let rate = family("requests_total", FamilyKind::Counter, "count");
    let level = metric("mem", ValueType::Current);
    for (start, end) in [("7", "307"), ("0", "300"), ("61", "61")] {
        let (mut level, mut rate) = (level.clone(), rate.clone());
        for (query_start, query_end) in [
            (&mut level.start, &mut level.end),
            (&mut rate.start, &mut rate.end),
        ] {
            *query_start = start.into();
            *query_end = end.into();
        }
        let verb = plan(derived(side(level), Operation::Ratio, side(rate))).unwrap();
        let queries = verb.queries();
        assert_eq!(
            queries[0].plan.plan.grid, queries[1].plan.plan.grid,
            "{start}"
        );
        assert_eq!(queries[0].plan.chunks, queries[1].plan.chunks, "{start}");
    }
}

#[test]
fn two_value_types_of_one_metric_are_sides_of_equal_labels() {
    let query = derived(
        side(metric("mem", ValueType::Current)),
        Operation::Percent,
        side(metric("mem", ValueType::Capacity)),
    );
    let verb = plan(query).unwrap();
    let queries = verb.queries();
    let result = verb
        .result(vec![
            answer(&queries[0], &[("i", "current", &[(0, 1.0)])]),
            answer(&queries[1], &[("i", "capacity", &[(0, 4.0)])]),
        ])
        .unwrap();
    assert_eq!(result.range.answer.series[0].values, [25.0]);
    assert_eq!(result.range.answer.plan.unit.as_deref(), Some("percent"));
    assert_eq!(result.range.answer.plan.metric_type, MetricType::Gauge);
}

#[test]
fn what_does_not_go_together_is_refused_with_what_would() {
    let mem = || metric("mem", ValueType::Current);
    let power = || family("power", FamilyKind::Gauge, "watts");
    let mut by_nothing = power();
    by_nothing.group_by.clear();
    let (field, reason) = refused(derived(side(mem()), Operation::Ratio, side(by_nothing)));
    assert_eq!(field, "sides");
    assert!(
        reason.contains("tells agent_id apart, the second nothing"),
        "{reason}"
    );
    // Of no one value type, it tells them apart.
    let mut both = mem();
    both.labels.value_type = None;
    let (_, reason) = refused(derived(side(both), Operation::Ratio, side(power())));
    assert!(reason.contains("agent_id, value_type apart"), "{reason}");
    let mut later = power();
    later.end = "360".into();
    let (_, reason) = refused(derived(side(mem()), Operation::Ratio, side(later)));
    assert!(reason.contains("equal `start`"), "{reason}");
    let (field, reason) = refused(derived(side(mem()), Operation::Sum, side(power())));
    assert_eq!(field, "unit");
    assert!(reason.contains("bytes and watts are unlike"), "{reason}");
    let mut hot = power();
    hot.family.intensive = true;
    let (_, reason) = refused(derived(side(hot.clone()), Operation::Sum, side(hot)));
    assert!(
        reason.contains("does not add up; accepted are `difference`"),
        "{reason}"
    );
    let scale = |factor| DerivedQuery {
        sides: vec![side(power())],
        derivation: Derivation::Scale(factor),
        unit: Some("kilowatts".into()),
    };
    assert!(refused(scale(f64::NAN)).1.contains("finite"));
    let mut two = scale(2.0);
    two.sides.push(side(power()));
    assert!(
        refused(two)
            .1
            .contains("accepted are two, or one for `scale`")
    );
    let mut one = derived(side(power()), Operation::Sum, side(power()));
    one.sides.pop();
    assert_eq!(refused(one).0, "sides");
    let (field, _) = refused(derived(
        side(mem()),
        Operation::Ratio,
        side(family("a b", FamilyKind::Gauge, "x")),
    ));
    assert_eq!(field, "family.name");

    let verb = plan(scale(0.001)).unwrap();
    let queries = verb.queries();
    let result = verb
        .result(vec![answer(
            &queries[0],
            &[("i", "", &[(0, 250.0), (60, f64::NAN)])],
        )])
        .unwrap();
    let series = &result.range.answer.series[0];
    assert_eq!(series.values[0], 0.25);
    assert!(series.values[1].is_nan());
    assert_eq!(result.range.answer.plan.unit.as_deref(), Some("kilowatts"));
    assert_eq!(
        result.range.answer.plan.promql,
        "(sum by (agent_id)(power)) * 0.001"
    );
}

#[test]
fn a_chunk_that_both_sides_lack_is_missing_once() {
    let query = derived(
        side(metric("mem", ValueType::Current)),
        Operation::Difference,
        side(metric("mem", ValueType::Capacity)),
    );
    let verb = plan(query).unwrap();
    let queries = verb.queries();
    let missing = |span| Missing {
        span,
        failure: Failure::no_answer(),
    };
    let mut first = answer(&queries[0], &[]);
    let mut second = answer(&queries[1], &[]);
    first.missing = vec![missing((60, 120))];
    second.missing = vec![missing((0, 0)), missing((60, 120))];
    second.answer.partial = true;
    let result = verb.result(vec![first, second]).unwrap();
    let spans: Vec<_> = result.range.missing.iter().map(|one| one.span).collect();
    assert_eq!(spans, [(0, 0), (60, 120)]);
    assert!(result.range.answer.partial);
    assert_eq!(result.range.answer.warnings, ["w"]);
}
