//! A query of anything becomes PromQL that parses, with exactly the selectors, labels and values that went in.
//! An input: choices, name, kernels, session, agent, user, project, window. Kernels end in [`NEXT`] where another follows.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::codec::{Config, ConfigInput};
use metric_service::domain::{
    Dimension, LabelFilter, LabelSchema, METRIC_FAMILY, MetricQuery, MetricType, Over, Pointwise,
    Statistic, ValueType, plan,
};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};

/// Stands between two kernels.
const NEXT: char = '\u{1f}';
/// The most values of a filter.
const MOST_VALUES: usize = 100;
const STATISTICS: [Statistic; 5] = [
    Statistic::Avg,
    Statistic::Max,
    Statistic::Min,
    Statistic::Last,
    Statistic::Quantile(0.95),
];
const OVERS: [Over; 3] = [
    Over::Time,
    Over::Members(Dimension::KernelId),
    Over::Both(Dimension::SessionId),
];
const SIDES: [ValueType; 4] = [
    ValueType::Usage,
    ValueType::Capacity,
    ValueType::Current,
    ValueType::Pct,
];
const TYPES: [MetricType; 3] = [MetricType::Gauge, MetricType::Rate, MetricType::Diff];
const DIMENSIONS: [Dimension; 7] = [
    Dimension::AgentId,
    Dimension::KernelId,
    Dimension::SessionId,
    Dimension::UserId,
    Dimension::ProjectId,
    Dimension::MetricName,
    Dimension::ValueType,
];

fuzz_target!(|input: &[u8]| {
    let [
        choices,
        name,
        kernel_id,
        session_id,
        agent_id,
        user_id,
        project_id,
        timewindow,
    ] = parts(input);
    // A choice is a letter: `a` the first, `b` the second, whatever is beyond the last none.
    let choices = choices.unwrap_or_default().into_bytes();
    let choice = |at: usize| {
        choices
            .get(at)
            .map_or(usize::MAX, |&c| usize::from(c.wrapping_sub(b'a')))
    };
    let schema = if choice(0) == 1 {
        LabelSchema::Agent
    } else {
        LabelSchema::Documented
    };
    let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
    let pointwise = STATISTICS.get(choice(12)).zip(OVERS.get(choice(13)));
    let pointwise = pointwise.map(|(&statistic, &over)| Pointwise {
        statistic,
        over,
        window: None,
    });
    let query = MetricQuery {
        metric_name: name.unwrap_or_default(),
        start: "0".into(),
        end: "86400".into(),
        labels: LabelFilter {
            value_type: SIDES.get(choice(1)).copied(),
            agent_id: one(agent_id),
            kernel_id: kernel_id.map_or_else(Vec::new, |kernels| {
                kernels.split(NEXT).map(str::to_owned).collect()
            }),
            session_id: one(session_id),
            user_id: one(user_id),
            project_id: one(project_id),
        },
        pointwise,
        metric_type: TYPES.get(choice(2)).copied(),
        group_by: (3..choices.len().min(12))
            .filter_map(|at| DIMENSIONS.get(choice(at)).copied())
            .collect(),
        ..MetricQuery::default()
    };
    let config = ConfigInput {
        address: "prometheus:9090".to_owned(),
        timewindow,
        label_schema: schema,
        ..ConfigInput::default()
    };
    let Ok(Config { settings, .. }) = config.try_into() else {
        return;
    };
    let Ok(plan) = plan(&settings, &query) else {
        let filters_wrongly = query
            .labels
            .identifiers()
            .any(|(_, values)| values.len() > MOST_VALUES || values.iter().any(String::is_empty));
        let last_of_members = query.pointwise.is_some_and(|pointwise| {
            pointwise.statistic == Statistic::Last && pointwise.over != Over::Time
        });
        assert!(
            query.metric_name.is_empty() || filters_wrongly || last_of_members,
            "{query:?} was refused"
        );
        return;
    };
    let promql = &plan.promql;
    assert!(
        promql.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{promql:?}"
    );
    let tree = parser::parse(promql).unwrap_or_else(|error| panic!("{promql}: {error}"));

    let mut found = Found::default();
    found.look_through(&tree);
    let sides = match query.labels.value_type.map(|side| schema.stored(side)) {
        // Of a core.
        Some(ValueType::Pct) if query.metric_name == "cpu_util" => vec![Some("current")],
        // Use, capacity, and those that have one of the two only.
        Some(ValueType::Pct) => [
            ["current", "capacity"],
            ["capacity", "current"],
            ["current", "capacity"],
            ["capacity", "current"],
        ]
        .concat()
        .into_iter()
        .map(Some)
        .collect(),
        side => vec![side.map(ValueType::label_value)],
    };
    assert_eq!(found.selectors.len(), sides.len(), "{promql}");
    for (selector, side) in found.selectors.iter().zip(sides) {
        assert_eq!(selector.name.as_deref(), Some(METRIC_FAMILY));
        assert!(
            selector.matchers.or_matchers.is_empty()
                && selector.offset.is_none()
                && selector.at.is_none()
        );
        let one = |value: &str| BTreeSet::from([value.to_owned()]);
        let mut expected = vec![("container_metric_name", one(&query.metric_name))];
        expected.extend(side.map(|side| ("value_type", one(side))));
        expected.extend(
            query
                .labels
                .identifiers()
                .map(|(d, values)| (schema.label(d), values.iter().cloned().collect())),
        );
        let matchers = selector.matchers.matchers.iter();
        let got: Vec<_> = matchers.map(|m| (m.name.as_str(), values(m))).collect();
        assert_eq!(got, expected, "{promql}");
    }
    let labels: Vec<_> = DIMENSIONS
        .into_iter()
        .map(|dimension| schema.label(dimension))
        .collect();
    assert!(
        found
            .grouped_by
            .iter()
            .all(|label| labels.contains(&label.as_str())),
        "{promql}"
    );
});

/// The values that a matcher lets through.
fn values(matcher: &Matcher) -> BTreeSet<String> {
    match matcher.op {
        MatchOp::Equal => BTreeSet::from([matcher.value.clone()]),
        MatchOp::Re(_) => alternatives(&matcher.value),
        _ => panic!("{matcher:?}"),
    }
}

/// The alternatives of a pattern that is nothing but values.
fn alternatives(pattern: &str) -> BTreeSet<String> {
    let (mut all, mut value) = (BTreeSet::new(), String::new());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '|' => {
                all.insert(std::mem::take(&mut value));
            }
            '\\' => value.extend(letters.next().filter(char::is_ascii_punctuation)),
            special if ".+*?()[]{}^$".contains(special) => panic!("{pattern}"),
            letter => value.push(letter),
        }
    }
    all.insert(value);
    all
}

/// The parts found in a tree.
#[derive(Default)]
struct Found<'a> {
    selectors: Vec<&'a VectorSelector>,
    grouped_by: Vec<String>,
}

impl<'a> Found<'a> {
    fn look_through(&mut self, expr: &'a Expr) {
        match expr {
            Expr::VectorSelector(selector) => self.selectors.push(selector),
            Expr::MatrixSelector(matrix) => self.selectors.push(&matrix.vs),
            Expr::Paren(paren) => self.look_through(&paren.expr),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
            Expr::Subquery(subquery) => self.look_through(&subquery.expr),
            Expr::Call(call) => {
                let name = call.func.name;
                assert!(
                    matches!(name, "rate" | "label_replace") || name.ends_with("_over_time"),
                    "{name}"
                );
                call.args
                    .args
                    .iter()
                    .for_each(|argument| self.look_through(argument));
            }
            Expr::Binary(binary) => {
                self.look_through(&binary.lhs);
                self.look_through(&binary.rhs);
            }
            Expr::Aggregate(aggregate) => {
                match &aggregate.modifier {
                    Some(LabelModifier::Include(labels)) => {
                        self.grouped_by.extend(labels.labels.clone())
                    }
                    Some(other) => panic!("{other:?}"),
                    None => {}
                }
                self.look_through(&aggregate.expr);
            }
            other => panic!("no query of ours has this: {other:?}"),
        }
    }
}
