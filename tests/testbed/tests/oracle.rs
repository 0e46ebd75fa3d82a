//! The oracle against Prometheus asked directly, in PromQL that is written here: by hand, and for random questions.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "these are tests, their helpers too"
)]

mod asking;

use metric_testbed::oracle::{
    Grid, Oracle, Over, Pointwise, Question, Questions, Semantics, Statistic, ValueType,
    first_difference,
};
use metric_testbed::{
    Dataset, Finder, Population, Prometheus, PrometheusOptions, PrometheusRelease, Series, Shape,
};

/// Random questions that each data set is asked. `ORACLE_QUESTIONS` asks more, `ORACLE_SEED` others.
const QUESTIONS: usize = 250;

/// A server of each release, with the data.
fn servers(dataset: &Dataset) -> Vec<(PrometheusRelease, Prometheus)> {
    let start = |(release, tools)| {
        let options = PrometheusOptions {
            tools: Some(tools),
            ..PrometheusOptions::default()
        };
        (release, Prometheus::start_with(options, dataset).unwrap())
    };
    Finder::new()
        .prometheus_releases()
        .into_iter()
        .map(start)
        .collect()
}

/// `mem`, current, by agent, at the end of the first hour and of the second.
fn hourly() -> Question {
    Question {
        metric: "mem".to_owned(),
        value_type: Some(ValueType::Current),
        filters: Vec::new(),
        group_by: vec!["agent_id".to_owned()],
        pointwise: None,
        start: Shape::fixed_start() + 3600,
        end: Shape::fixed_start() + 7200,
        step: 3600,
        utc_offset: 0,
        sample_interval: 30,
        timewindow: None,
    }
}

/// A statistic of the first hour and of the second.
fn over_time(statistic: Statistic, question: Question) -> Question {
    Question {
        pointwise: Some(Pointwise {
            statistic,
            over: Over::Time,
            window: 3600,
        }),
        start: Shape::fixed_start(),
        ..question
    }
}

/// A question, in PromQL and of the oracle, and the values of the first series.
type Case = (&'static str, Question, &'static [f64]);

fn assert_agree(dataset: &Dataset, cases: &[Case]) {
    for (release, server) in servers(dataset) {
        let oracle = Oracle::new(dataset, Semantics::of(release));
        for (promql, question, values) in cases {
            let Grid { first, last, step } = question.grid();
            let answer = asking::range(&server.address(), promql, first, last, step);
            let right = oracle.answer(question);
            assert_eq!(
                first_difference(&right, &answer),
                None,
                "{release:?} {promql}"
            );
            assert_eq!(right[0].values, *values, "{release:?} {promql}");
        }
    }
}

const GIB: f64 = 1_073_741_824.0;

#[test]
fn a_statistic_over_time_is_one_of_the_group_and_no_sum_of_its_members() {
    assert_agree(
        &Dataset::one_after_another(),
        &[
            (
                r#"max_over_time((sum by (agent_id,value_type)(backendai_container_utilization{container_metric_name="mem",value_type="current"}))[3599999ms:60s])"#,
                over_time(Statistic::Max, hourly()),
                &[8.0 * GIB, 8.0 * GIB],
            ),
            (
                r#"min_over_time((sum by (agent_id,value_type)(backendai_container_utilization{container_metric_name="mem",value_type="current"}))[3599999ms:60s])"#,
                over_time(Statistic::Min, hourly()),
                &[4.0 * GIB, 4.0 * GIB],
            ),
        ],
    );
}

#[test]
fn a_percentage_is_of_the_members_that_have_both_sides_and_cpu_adds_up() {
    let user = |metric: &str, user: &str| Question {
        metric: metric.to_owned(),
        value_type: Some(ValueType::Pct),
        filters: vec![("owner_user_id".to_owned(), vec![user.to_owned()])],
        group_by: vec!["owner_user_id".to_owned()],
        ..hourly()
    };
    assert_agree(
        &Dataset::uneven_capacity(),
        &[
            (
                r#"100 * sum by (owner_user_id)(backendai_container_utilization{container_metric_name="mem",value_type="current",owner_user_id="u1"} and ignoring(value_type) (backendai_container_utilization{container_metric_name="mem",value_type="capacity",owner_user_id="u1"} > 0)) / sum by (owner_user_id)((backendai_container_utilization{container_metric_name="mem",value_type="capacity",owner_user_id="u1"} > 0) and ignoring(value_type) backendai_container_utilization{container_metric_name="mem",value_type="current",owner_user_id="u1"})"#,
                user("mem", "u1"),
                &[75.0, 75.0],
            ),
            (
                r#"sum by (owner_user_id)(rate(backendai_container_utilization{container_metric_name="cpu_util",value_type="current",owner_user_id="u1"}[1h])) / 10"#,
                over_time(Statistic::Avg, user("cpu_util", "u1")),
                &[200.0, 200.0],
            ),
        ],
    );
}

#[test]
fn samples_further_apart_than_the_lookback_are_found() {
    assert_agree(
        &Dataset::every_ten_minutes(),
        &[(
            r#"sum by (agent_id,value_type)(last_over_time(backendai_container_utilization{container_metric_name="mem",value_type="current"}[20m]))"#,
            Question {
                sample_interval: 600,
                ..hourly()
            },
            &[GIB, GIB],
        )],
    );
}

#[test]
fn random_questions_about_many_kernels_are_answered_as_prometheus_does() {
    assert_random(Population::dense);
}

#[test]
fn random_questions_about_sparse_samples_are_answered_as_prometheus_does() {
    assert_random(Population::sparse);
}

fn assert_random(population: fn(u64) -> Population) {
    let set = |variable| {
        std::env::var(variable)
            .ok()
            .map(|text| text.parse().unwrap())
    };
    let seed = set("ORACLE_SEED").unwrap_or(11);
    let count = set("ORACLE_QUESTIONS").map_or(QUESTIONS, |count| count as usize);
    let population = population(seed);
    let dataset = Dataset::of_population(&population);
    for (release, server) in servers(&dataset) {
        let oracle = Oracle::new(&dataset, Semantics::of(release));
        let questions = Questions::new(&dataset, &population, seed).take(count);
        for (number, question) in questions.enumerate() {
            let answer = asked(&server.address(), &question);
            let difference = first_difference(&oracle.answer(&question), &answer);
            let place = format!("{release:?}, seed {seed}, question {number}");
            assert_eq!(difference, None, "{place}: {question:#?}");
        }
    }
}

/// Asks Prometheus. A statistic over members and time is beyond it: their values are asked for and pooled here.
fn asked(address: &str, question: &Question) -> Vec<Series> {
    let Grid { first, last, step } = question.grid();
    if last < first {
        return Vec::new();
    }
    match &question.pointwise {
        Some(Pointwise {
            statistic,
            over: Over::Both(member),
            window,
        }) => {
            let resolution = resolution(question, *window);
            let start = (first - window).div_euclid(resolution) * resolution;
            let groups = [question.groups(), vec![member.as_str()]].concat();
            let promql = value(question, &groups, inner_rate(question));
            let members = asking::range(address, &promql, start, last, resolution);
            pool(&members, question, *statistic, *window)
        }
        _ => asking::range(address, &promql(question), first, last, step),
    }
}

fn pool(members: &[Series], question: &Question, statistic: Statistic, window: i64) -> Vec<Series> {
    let groups = question.groups();
    let mut pooled: Vec<Series> = Vec::new();
    for member in members {
        let mut labels = member.labels.clone();
        labels.retain(|(name, _)| groups.contains(&name.as_str()));
        if pooled.iter().all(|group| group.labels != labels) {
            pooled.push(Series {
                labels,
                ..Series::default()
            });
        }
    }
    pooled.sort_by(|one, other| one.labels.cmp(&other.labels));
    for group in &mut pooled {
        for point in question.grid().instants() {
            let values: Vec<f64> = members
                .iter()
                .filter(|member| {
                    group
                        .labels
                        .iter()
                        .all(|label| member.labels.contains(label))
                })
                .filter(|member| {
                    let is_group = |(name, _): &&(String, String)| groups.contains(&name.as_str());
                    member.labels.iter().filter(is_group).count() == group.labels.len()
                })
                .flat_map(|member| member.timestamps.iter().zip(&member.values))
                .filter(|(time, _)| (point - window + 1..=point).contains(*time))
                .map(|(_, value)| *value)
                .collect();
            if let Some(value) = statistic.of(&values) {
                group.timestamps.push(point);
                group.values.push(value);
            }
        }
    }
    pooled.retain(|group| !group.values.is_empty());
    pooled
}

/// The question in PromQL.
fn promql(question: &Question) -> String {
    let groups = question.groups();
    let step = question.step;
    let interval = question.sample_interval;
    let widest = 60.max(step + interval).max(4 * interval);
    let outer_rate = question.timewindow.unwrap_or(widest);
    let Some(pointwise) = &question.pointwise else {
        return value(question, &groups, outer_rate);
    };
    let window = pointwise.window;
    let (name, argument) = match pointwise.statistic {
        Statistic::Avg => ("avg", String::new()),
        Statistic::Max => ("max", String::new()),
        Statistic::Min => ("min", String::new()),
        Statistic::Last => ("last", String::new()),
        Statistic::Quantile(part) => ("quantile", format!("{part},")),
    };
    if let Over::Members(member) = &pointwise.over {
        let members = [groups.clone(), vec![member.as_str()]].concat();
        let members = value(question, &members, outer_rate);
        return format!("{name} by ({})({argument}{members})", groups.join(","));
    }
    let is_kernel = groups.contains(&"kernel_id")
        || question
            .filters
            .iter()
            .any(|(label, values)| label == "kernel_id" && values.len() == 1);
    if is_rate(question) && name == "avg" {
        value(question, &groups, window)
    } else if is_kernel && !is_rate(question) && question.value_type != Some(ValueType::Pct) {
        let selector = selector(question, question.value_type);
        let labels = groups.join(",");
        format!("sum by ({labels})({name}_over_time({argument}{selector}[{window}s]))")
    } else {
        let value = value(question, &groups, inner_rate(question));
        let resolution = resolution(question, window);
        let window = window * 1000 - 1;
        format!("{name}_over_time({argument}({value})[{window}ms:{resolution}s])")
    }
}

fn inner_rate(question: &Question) -> i64 {
    question
        .timewindow
        .unwrap_or(60.max(4 * question.sample_interval))
}

fn resolution(question: &Question, window: i64) -> i64 {
    let sixtieth = if window % 60 == 0 {
        window / 60
    } else {
        window / 60 + 1
    };
    question.sample_interval.max(sixtieth)
}

fn is_rate(question: &Question) -> bool {
    question.metric == "net_rx"
        || question.metric == "cpu_util"
            && [Some(ValueType::Current), Some(ValueType::Pct)].contains(&question.value_type)
}

/// The value of groups at an instant.
fn value(question: &Question, groups: &[&str], rate: i64) -> String {
    let labels = groups.join(",");
    let read = |side| {
        let selector = selector(question, side);
        if is_rate(question) {
            format!("rate({selector}[{rate}s])")
        } else if question.sample_interval > 300 {
            format!(
                "last_over_time({selector}[{}s])",
                2 * question.sample_interval
            )
        } else {
            selector
        }
    };
    if question.value_type != Some(ValueType::Pct) {
        return format!("sum by ({labels})({})", read(question.value_type));
    }
    let current = read(Some(ValueType::Current));
    if is_rate(question) {
        return format!("sum by ({labels})({current}) / 10");
    }
    let capacity = format!("({} > 0)", read(Some(ValueType::Capacity)));
    format!(
        "100 * sum by ({labels})({current} and ignoring(value_type) {capacity}) \
         / sum by ({labels})({capacity} and ignoring(value_type) {current})"
    )
}

/// The values here need no quoting.
fn selector(question: &Question, side: Option<ValueType>) -> String {
    let mut matchers = vec![format!("container_metric_name=\"{}\"", question.metric)];
    matchers.extend(side.map(|side| format!("value_type=\"{}\"", side.label())));
    for (label, values) in &question.filters {
        matchers.push(format!("{label}=~\"{}\"", values.join("|")));
    }
    format!("backendai_container_utilization{{{}}}", matchers.join(","))
}
