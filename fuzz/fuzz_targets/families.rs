//! A family of anything, asked for anything, in the JSON interface's form: it is refused, or becomes a query with no other
//! selectors than those of its names, no other matchers than its filters. And what the verbs over whole ranges take, which
//! is planned or refused; as is what is derived. An input: the family's document, the label of a filter, its value, the
//! label to group by, the kind of statistic, then a request of such a verb, and a statistic over time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::codec::insight::{FindAnomalies, FindOutliers, Rank, Summarize};
use metric_service::codec::json::{FamilyRequest, Request};
use metric_service::codec::{Config, QueryMetric};
use metric_service::domain::RangeOptions;
use promql_parser::parser::{Expr, parse};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::{Value, json};

fuzz_target!(|input: &[u8]| {
    let [family, label, value, group_by, statistic, request, over] = parts(input);
    of_family(
        &family.unwrap_or_default(),
        (label.as_deref(), value.as_deref()),
        group_by.as_deref(),
        (statistic.as_deref(), over.as_deref()),
    );
    if let Some(request) = request {
        of_derived(&request);
        of_insight(&request);
    }
});

fn of_family(
    family: &str,
    filter: (Option<&str>, Option<&str>),
    group_by: Option<&str>,
    (statistic, over): (Option<&str>, Option<&str>),
) {
    let Ok(document) = serde_json::from_str::<Value>(family) else {
        return;
    };
    let filters: Vec<Value> = match filter {
        (Some(label), Some(value)) => vec![json!({"label": label, "values": [value]})],
        _ => Vec::new(),
    };
    let over: Option<Value> = over.and_then(|over| serde_json::from_str(over).ok());
    let query = json!({
        "family": document, "filters": filters, "start": "0", "end": "3600",
        "group_by": group_by.into_iter().collect::<Vec<_>>(), "statistic": statistic,
        "over_time": over,
    });
    let request = json!({"config": {"address": "h:1"}, "query": query, "families": [document]});
    let Ok(request) = FamilyRequest::read(&request.to_string()) else {
        return;
    };
    let checked = request.check();
    let query = request.query().expect("it has one");
    let Ok(call) = QueryMetric::of_family(request.config(), query) else {
        return;
    };
    assert!(checked.is_ok(), "a query of a family that is refused");
    let promql = call.promql();
    let tree = parse(&promql).unwrap_or_else(|error| panic!("{promql}: {error}"));
    let mut seen = Selectors(Vec::new());
    let _ = walk_expr(&mut seen, &tree);
    let names: Vec<&String> = std::iter::once(&query.family.name)
        .chain(&query.family.former_names)
        .collect();
    assert!(!seen.0.is_empty(), "{promql}");
    for (name, matchers) in seen.0 {
        let name = name.expect("a selector with a name");
        let is_of = |own: &&String| {
            let rest = name.strip_prefix(own.as_str());
            matches!(rest, Some("" | "_bucket" | "_sum" | "_count"))
        };
        assert!(names.iter().any(is_of), "{promql}");
        let expected: Vec<_> = query
            .filters
            .iter()
            .map(|filter| (filter.label.clone(), filter.values[0].clone()))
            .collect();
        assert_eq!(matchers, expected, "{promql}");
    }
}

type Selector = (Option<String>, Vec<(String, String)>);

struct Selectors(Vec<Selector>);

impl ExprVisitor for Selectors {
    type Error = ();

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
        let selector = match expr {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(matrix) => &matrix.vs,
            _ => return Ok(true),
        };
        let matchers = selector.matchers.matchers.iter();
        let matchers = matchers.map(|one| (one.name.clone(), one.value.clone()));
        self.0.push((selector.name.clone(), matchers.collect()));
        Ok(true)
    }
}

/// A derived metric is refused, or planned on the same points, with a query that parses.
fn of_derived(request: &str) {
    let Ok(request) = FamilyRequest::read(request) else {
        return;
    };
    let (Ok(config), Ok(derived), Ok(options)) = (
        Config::try_from(request.config()),
        request.derived(),
        RangeOptions::try_from(request.options()),
    ) else {
        return;
    };
    if let Ok(plan) = derived.plan(&config.settings, &options) {
        assert!(parse(&plan.promql).is_ok(), "{}", plan.promql);
        let second = plan.second.as_ref().unwrap_or(&plan.first);
        assert_eq!(second.plan.grid, plan.first.plan.grid);
    }
}

/// Each verb plans what the request asks for, or refuses it.
fn of_insight(request: &str) {
    let Ok(request) = Request::read(request) else {
        return;
    };
    let (Ok(config), Ok(query), Ok(options)) = (
        Config::try_from(request.config()),
        request.query(),
        RangeOptions::try_from(request.options()),
    ) else {
        return;
    };
    let _ = Summarize::new(&config, &query, request.quantiles(), &options);
    if let Ok(ranking) = request.ranking() {
        let _ = Rank::new(&config, &query, ranking, &options);
    }
    let _ = FindAnomalies::new(&config, &query, request.detection(), &options);
    if let Ok(member) = request.member() {
        let _ = FindOutliers::new(&config, &query, member, request.tolerance(), &options);
    }
}
