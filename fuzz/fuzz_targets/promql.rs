//! A query of anything becomes PromQL that parses, with exactly the selectors, labels and values that went in.
//! An input: choices, name, kernel, session, agent, user, project, window.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::domain::{
    Dimension, LabelFilter, LabelSchema, METRIC_FAMILY, MetricQuery, MetricType, Settings,
    SettingsInput, ValueType, plan,
};
use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};

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
    let query = MetricQuery {
        metric_name: name.unwrap_or_default(),
        start: "0".into(),
        end: "86400".into(),
        labels: LabelFilter {
            value_type: SIDES.get(choice(1)).copied(),
            agent_id,
            kernel_id,
            session_id,
            user_id,
            project_id,
        },
        metric_type: TYPES.get(choice(2)).copied(),
        group_by: (3..choices.len().min(12))
            .filter_map(|at| DIMENSIONS.get(choice(at)).copied())
            .collect(),
        ..MetricQuery::default()
    };
    let settings = SettingsInput {
        timewindow,
        label_schema: schema,
        ..SettingsInput::default()
    };
    let Ok(settings) = Settings::try_from(settings) else {
        return;
    };
    let Ok(plan) = plan(&settings, &query) else {
        let filters_on_nothing = query
            .labels
            .identifiers()
            .any(|(_, value)| value.is_empty());
        assert!(
            query.metric_name.is_empty() || filters_on_nothing,
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
        Some(ValueType::Pct) => vec![Some("current"), Some("capacity")],
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
        let mut expected = vec![("container_metric_name", query.metric_name.as_str())];
        expected.extend(side.map(|side| ("value_type", side)));
        expected.extend(
            query
                .labels
                .identifiers()
                .map(|(d, value)| (schema.label(d), value)),
        );
        let matchers = &selector.matchers.matchers;
        let got: Vec<_> = matchers
            .iter()
            .map(|m| (m.name.as_str(), m.value.as_str()))
            .collect();
        assert_eq!(got, expected, "{promql}");
        assert!(matchers.iter().all(|m| m.op == MatchOp::Equal), "{promql}");
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

/// What stands in a tree.
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
            Expr::NumberLiteral(_) => {}
            Expr::Call(call) => {
                assert_eq!(call.func.name, "rate");
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
