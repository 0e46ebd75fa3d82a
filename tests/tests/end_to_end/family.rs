//! Families that are described to the plugin, asked of real servers: numbers held to the samples, former names, gaps,
//! scopes, batches, and what is derived.

use std::sync::OnceLock;

use metric_host::families::{
    Derivation, DerivedQuery, Family, FamilyKind, FamilyOver, FamilyQuery, FamilyStatistic,
    OverTime, Side,
};
use metric_host::{
    CallError, Config, MetricQuery, MetricResult, MetricService, RangeOptions, Scope, ServiceError,
    ServiceOptions, Statistic, ValueType,
};
use metric_testbed::oracle::Semantics;
use metric_testbed::{Dataset, Finder, Prometheus, PrometheusOptions, PrometheusRelease};
use metric_tests::{plugin, uncached};

use crate::command_line::{command, json};
use crate::family_data::{Asked, Groups, INTERVAL, LENGTH, TENANTS, Truth, dataset, family, start};

struct Bed {
    dataset: Dataset,
    servers: Vec<(PrometheusRelease, Prometheus)>,
}

/// The oldest and the newest release.
fn bed() -> &'static Bed {
    static BED: OnceLock<Bed> = OnceLock::new();
    BED.get_or_init(|| {
        let dataset = dataset();
        let mut servers = Vec::new();
        for (release, tools) in Finder::new().prometheus_releases() {
            if release != PrometheusRelease::V2_53 {
                let options = PrometheusOptions {
                    tools: Some(tools),
                    ..PrometheusOptions::default()
                };
                servers.push((release, Prometheus::start_with(options, &dataset).unwrap()));
            }
        }
        assert!(!servers.is_empty(), "no Prometheus");
        Bed { dataset, servers }
    })
}

fn service_at(address: String, options: &ServiceOptions) -> MetricService {
    let mut config = Config::new(address);
    config.sample_interval = Some(INTERVAL as u32);
    config.now = Some((start() + 10 * LENGTH) * 1000);
    plugin().unwrap().service_with(config, options).unwrap()
}

fn service() -> MetricService {
    service_at(bed().servers[0].1.address(), &uncached())
}

fn query(family: Family, statistic: Option<FamilyStatistic>, by: &[&str]) -> FamilyQuery {
    let (from, to) = (start() + 600, start() + LENGTH + 300);
    let mut query = FamilyQuery::new(family, from.to_string(), to.to_string());
    query.statistic = statistic;
    query.group_by = by.iter().map(|label| (*label).to_owned()).collect();
    query.step = Some(60);
    query
}

fn instants(answer: &MetricResult) -> Vec<i64> {
    let step = usize::try_from(answer.step).unwrap();
    (answer.start / 1000..=answer.end / 1000)
        .step_by(step)
        .collect()
}

/// Holds each value of an answer, and each gap, to the truth; gives how many values there were.
fn compare(answer: &MetricResult, truth: &Groups, place: &str) -> usize {
    let instants = instants(answer);
    let mut found = Groups::new();
    for series in &answer.series {
        let mut labels = series.labels.clone();
        labels.sort();
        let column = found
            .entry(labels)
            .or_insert_with(|| vec![None; instants.len()]);
        for (at, value) in series.timestamps.iter().zip(&series.values) {
            column[instants.binary_search(&(at / 1000)).unwrap()] = Some(*value);
        }
    }
    let is_there = |(_, column): &(&Vec<(String, String)>, &Vec<Option<f64>>)| {
        column.iter().any(Option::is_some)
    };
    let expected: Vec<_> = truth.iter().filter(is_there).collect();
    let groups: Vec<_> = found.keys().collect();
    assert_eq!(
        groups,
        expected
            .iter()
            .map(|(labels, _)| *labels)
            .collect::<Vec<_>>(),
        "{place}"
    );
    let mut values = 0;
    for (labels, column) in expected {
        for ((at, right), given) in instants.iter().zip(column).zip(&found[labels]) {
            let alike = match (right, given) {
                (None, None) => true,
                (Some(right), Some(given)) => {
                    right.is_nan() && given.is_nan()
                        || (right - given).abs() <= 1e-9 * right.abs().max(1.0)
                }
                _ => false,
            };
            assert!(
                alike,
                "{place}\n{labels:?} at {at}: {given:?}, and not {right:?}\n{}",
                answer.promql
            );
            values += usize::from(given.is_some());
        }
    }
    values
}

/// The values of an answer by their labels: the points of one, and of the other but for the order in which Prometheus adds.
fn assert_same(one: &MetricResult, other: &MetricResult, place: &str) {
    assert_eq!(instants(one), instants(other), "{place}");
    let columns = |answer: &MetricResult| -> Groups {
        let instants = instants(answer);
        let column = |series: &metric_host::Series| {
            let mut column = vec![None; instants.len()];
            for (at, value) in series.timestamps.iter().zip(&series.values) {
                column[instants.binary_search(&(at / 1000)).unwrap()] = Some(*value);
            }
            column
        };
        let series = answer.series.iter();
        series
            .map(|series| (series.labels.clone(), column(series)))
            .collect()
    };
    compare(one, &columns(other), place);
}

/// Without a statistic over time, and cut in three ways, of which none may be seen.
#[tokio::test]
async fn each_statistic_of_each_kind_is_what_the_samples_say_however_the_range_is_cut() {
    let quantile = FamilyStatistic::Quantile;
    let asks = [
        (
            "room_temperature_celsius",
            FamilyStatistic::Avg,
            &["room"][..],
        ),
        ("room_temperature_celsius", FamilyStatistic::Max, &["room"]),
        ("room_temperature_celsius", FamilyStatistic::Min, &[]),
        ("room_temperature_celsius", quantile(0.75), &[]),
        ("app_requests_total", FamilyStatistic::Sum, &[]),
        (
            "app_requests_total",
            FamilyStatistic::Max,
            &["owner_user_id"],
        ),
        (
            "app_requests_total",
            FamilyStatistic::Sum,
            &["instance", "owner_user_id"],
        ),
        ("app_latency_seconds", quantile(0.5), &[]),
        ("app_latency_seconds", quantile(0.95), &["instance"]),
        (
            "app_latency_seconds",
            FamilyStatistic::Avg,
            &["owner_user_id"],
        ),
        ("app_latency_seconds", FamilyStatistic::Rate, &["instance"]),
        ("cache_usage", FamilyStatistic::Sum, &["instance"]),
        ("cache_usage", FamilyStatistic::Sum, &[]),
        ("jobs_total", FamilyStatistic::Sum, &["instance"]),
        ("jobs_total", FamilyStatistic::Sum, &[]),
        ("wait_seconds", quantile(0.9), &["instance"]),
        ("wait_seconds", FamilyStatistic::Avg, &["instance"]),
        ("wait_seconds", FamilyStatistic::Rate, &[]),
    ];
    let mut values = 0;
    for (release, server) in &bed().servers {
        let service = service_at(server.address(), &uncached());
        let truth = Truth {
            dataset: &bed().dataset,
            semantics: Semantics::of(*release),
        };
        for (name, statistic, by) in asks {
            let family = family(name);
            let place = format!("{release:?} {name} {statistic:?} by {by:?}");
            let mut query = query(family.clone(), Some(statistic), by);
            let whole = service.query_family(&query, &RangeOptions::default()).await;
            let whole = whole
                .unwrap_or_else(|error| panic!("{place}: {error}"))
                .answer;
            let mut asked = Asked {
                family: &family,
                statistic,
                by,
                filter: None,
                window: 120,
            };
            values += compare(&whole, &truth.of(&asked, &instants(&whole)), &place);
            for interval in [240, 900, 3600] {
                let options = RangeOptions {
                    cached: true,
                    interval: Some(interval),
                    ..RangeOptions::default()
                };
                let cut = service.query_family(&query, &options).await.unwrap().answer;
                assert_same(&cut, &whole, &format!("{place} {interval}"));
            }
            let mut filtered = query.clone();
            let (label, value) = match name {
                "room_temperature_celsius" => ("room", "a"),
                "app_requests_total" | "app_latency_seconds" => ("instance", "i2"),
                _ => ("instance", "renamed"),
            };
            filtered.filters = vec![metric_host::decisions::LabelValues {
                label: label.to_owned(),
                values: vec![value.to_owned(), "no such".to_owned()],
            }];
            asked.filter = Some((label, value));
            let one = service
                .query_family(&filtered, &RangeOptions::default())
                .await;
            let one = one.unwrap().answer;
            values += compare(
                &one,
                &truth.of(&asked, &instants(&one)),
                &format!("{place} filtered"),
            );
            // The mean over time of what is read per second is that of the longer window.
            if family.kind != FamilyKind::Gauge
                && (family.kind == FamilyKind::Histogram || statistic == FamilyStatistic::Sum)
            {
                query.over_time = Some(OverTime {
                    window: Some(900),
                    ..Statistic::Avg.into()
                });
                asked.filter = None;
                asked.window = 900;
                let wide = service.query_family(&query, &RangeOptions::default()).await;
                let wide = wide.unwrap().answer;
                values += compare(
                    &wide,
                    &truth.of(&asked, &instants(&wide)),
                    &format!("{place} over 15 min"),
                );
            }
        }
    }
    assert!(values > 15_000, "{values} values were compared");
}

/// A quantile of members at an instant, and of all their values within the window; cut anywhere.
#[tokio::test]
async fn a_statistic_of_members_is_one_of_all_their_values() {
    const WINDOW: i64 = 600;
    for (release, server) in &bed().servers {
        let service = service_at(server.address(), &uncached());
        let truth = Truth {
            dataset: &bed().dataset,
            semantics: Semantics::of(*release),
        };
        for (name, statistic, member, read) in [
            (
                "room_temperature_celsius",
                FamilyStatistic::Max,
                "sensor",
                300,
            ),
            ("app_requests_total", FamilyStatistic::Sum, "instance", 120),
            (
                "app_latency_seconds",
                FamilyStatistic::Rate,
                "instance",
                120,
            ),
        ] {
            let family = family(name);
            let member = member.to_owned();
            for (over, interval) in [
                (FamilyOver::Members(member.clone()), None),
                (FamilyOver::Both(member.clone()), None),
                (FamilyOver::Both(member.clone()), Some(900)),
            ] {
                let is_pooled = matches!(over, FamilyOver::Both(_));
                let mut query = query(family.clone(), Some(statistic), &[]);
                query.step = Some(300);
                query.over_time = Some(OverTime {
                    over,
                    window: is_pooled.then_some(WINDOW as u32),
                    ..Statistic::Quantile(0.75).into()
                });
                let options = RangeOptions {
                    interval,
                    ..RangeOptions::default()
                };
                let answer = service.query_family(&query, &options).await.unwrap().answer;
                let points = instants(&answer);
                let all: Vec<i64> = match is_pooled {
                    false => points.clone(),
                    true => (points[0] - WINDOW..=points[points.len() - 1])
                        .step_by(INTERVAL as usize)
                        .collect(),
                };
                // What is read per second at points of their own: over the step and a sample; in a window, over four.
                let window = match (is_pooled, read) {
                    (false, 120) => 300 + INTERVAL,
                    (_, read) => read,
                };
                let by = [member.as_str()];
                let asked = Asked {
                    family: &family,
                    statistic,
                    by: &by,
                    filter: None,
                    window,
                };
                let members = truth.of(&asked, &all);
                let at = |point: &i64| {
                    let mut values: Vec<f64> = Vec::new();
                    for column in members.values() {
                        let column = all.iter().zip(column);
                        let within = column.filter(|(at, _)| match is_pooled {
                            false => *at == point,
                            true => **at > point - WINDOW && *at <= point,
                        });
                        values.extend(within.filter_map(|(_, value)| *value));
                    }
                    quantile(0.75, values)
                };
                let right = Groups::from([(Vec::new(), points.iter().map(at).collect())]);
                let place = format!("{release:?} {name} {:?}", query.over_time);
                assert!(compare(&answer, &right, &place) > 20, "{place}");
            }
        }
    }
}

/// By linear interpolation; not-a-numbers come first.
fn quantile(q: f64, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(|one, other| other.is_nan().cmp(&one.is_nan()).then(one.total_cmp(other)));
    let rank = q * (values.len().checked_sub(1)?) as f64;
    let (low, high) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
    Some(low + (high - low) * rank.fract())
}

#[tokio::test]
async fn a_statistic_over_time_is_one_of_the_group_at_each_instant() {
    for (release, server) in &bed().servers {
        let service = service_at(server.address(), &uncached());
        let truth = Truth {
            dataset: &bed().dataset,
            semantics: Semantics::of(*release),
        };
        for (name, statistic) in [
            ("room_temperature_celsius", FamilyStatistic::Avg),
            ("cache_usage", FamilyStatistic::Sum),
            ("app_latency_seconds", FamilyStatistic::Quantile(0.9)),
        ] {
            let family = family(name);
            let mut query = query(family.clone(), Some(statistic), &[]);
            query.over_time = Some(OverTime {
                window: Some(600),
                ..Statistic::Max.into()
            });
            query.step = Some(300);
            let answer = service.query_family(&query, &RangeOptions::default()).await;
            let answer = answer.unwrap().answer;
            let asked = Asked {
                family: &family,
                statistic,
                by: &[],
                filter: None,
                window: 120,
            };
            let points = instants(&answer);
            let inner: Vec<i64> = (points[0] - 600..=points[points.len() - 1])
                .step_by(INTERVAL as usize)
                .collect();
            let values = truth.of(&asked, &inner);
            let largest = |column: &Vec<Option<f64>>| {
                let at = |point: &i64| {
                    let within = inner.iter().zip(column);
                    let within = within.filter(|(at, _)| **at > point - 600 && *at <= point);
                    let numbers = within
                        .filter_map(|(_, value)| *value)
                        .filter(|v| !v.is_nan());
                    numbers.reduce(f64::max)
                };
                points.iter().map(at).collect()
            };
            let expected: Groups = values
                .iter()
                .map(|(labels, column)| (labels.clone(), largest(column)))
                .collect();
            assert!(compare(&answer, &expected, &format!("{release:?} {name}")) > 15);
        }
    }
}

#[tokio::test]
async fn under_a_scope_a_family_without_the_tenants_label_yields_nothing_cached_or_not() {
    let all = service_at(bed().servers[0].1.address(), &ServiceOptions::default());
    let options = RangeOptions::default();
    let scope = |value: &str| Scope::equal("owner_user_id", value).unwrap();
    let requests = query(family("app_requests_total"), None, &["owner_user_id"]);
    let latency = query(family("app_latency_seconds"), None, &["instance"]);
    let renamed = query(
        family("wait_seconds"),
        Some(FamilyStatistic::Quantile(0.5)),
        &[],
    );
    let derived = DerivedQuery {
        sides: vec![
            Side::Family(query(family("app_requests_total"), None, &[])),
            Side::Family(query(
                family("app_latency_seconds"),
                Some(FamilyStatistic::Rate),
                &[],
            )),
        ],
        derivation: Derivation::Ratio,
        unit: None,
    };
    // The answers to the service without a scope are kept, and must not be given to a tenant.
    let everything = all.query_family(&requests, &options).await.unwrap();
    assert_eq!(everything.answer.series.len(), 2);
    all.query_family(&renamed, &options).await.unwrap();
    let derived_of_all = all.query_derived(&derived, &options).await.unwrap();
    for _ in 0..2 {
        for tenant in TENANTS {
            let own = all.scoped(scope(tenant));
            let answer = own.query_family(&requests, &options).await.unwrap().answer;
            assert_eq!(answer.series.len(), 1);
            assert_eq!(answer.series[0].labels[0].1, tenant);
            assert!(
                answer
                    .promql
                    .contains(&format!("owner_user_id=\"{tenant}\""))
            );
            let of_own = all.query_family(&requests, &options).await.unwrap().answer;
            let same = of_own
                .series
                .iter()
                .find(|series| series.labels == answer.series[0].labels);
            assert_eq!(same.unwrap().values, answer.series[0].values);
            let instances = own.query_family(&latency, &options).await.unwrap().answer;
            assert_eq!(
                instances.series.len(),
                if tenant == TENANTS[0] { 2 } else { 1 }
            );
            for foreign in [
                &renamed,
                &query(family("cache_usage"), None, &["instance"]),
                &query(family("jobs_total"), None, &[]),
                &query(family("room_temperature_celsius"), None, &[]),
            ] {
                let answer = own.query_family(foreign, &options).await.unwrap().answer;
                assert_eq!(answer.series, [], "{}", answer.promql);
            }
            let of_tenant = own.query_derived(&derived, &options).await.unwrap();
            assert!(!of_tenant.answer.answer.series.is_empty());
            assert_ne!(
                of_tenant.answer.answer.series,
                derived_of_all.answer.answer.series
            );
            assert_eq!(own.denials().total(), 0);
        }
    }
    assert!(all.cache_statistics().hits > 0);
}

#[tokio::test]
async fn a_query_of_many_fails_alone_and_is_answered_as_if_it_were_alone() {
    let service = service();
    let options = RangeOptions::default();
    let mut hot = query(
        family("room_temperature_celsius"),
        Some(FamilyStatistic::Sum),
        &["room"],
    );
    let queries = [
        query(family("app_requests_total"), None, &["instance"]),
        hot.clone(),
        query(family("wait_seconds"), None, &[]),
        query(family("app_requests_total"), None, &["instance"]),
    ];
    let answers = service.query_families(&queries, &options).await.unwrap();
    assert_eq!(answers.len(), 4);
    for (query, answer) in queries.iter().zip(&answers) {
        match (service.query_family(query, &options).await, answer) {
            (Ok(alone), Ok(together)) => {
                assert_same(&alone.answer, &together.answer, &alone.answer.promql);
                assert!(!alone.answer.series.is_empty());
            }
            (Err(alone), Err(together)) => assert_eq!(alone.to_string(), together.to_string()),
            other => panic!("{other:?}"),
        }
    }
    let Err(CallError::Service(ServiceError::InvalidArgument(refused))) = &answers[1] else {
        panic!("{:?}", answers[1]);
    };
    assert_eq!(refused.field, "statistic");
    assert!(
        refused
            .reason
            .contains("accepted are `avg`, `max`, `min` and quantiles")
    );
    hot.statistic = None;
    let mean = service.query_family(&hot, &options).await.unwrap().answer;
    assert!(
        mean.promql
            .starts_with("avg by (room)(room_temperature_celsius")
    );
    assert_eq!(service.family_promql(&hot).await.unwrap(), mean.promql);
}

/// A point of each side, by time.
fn column(answer: &MetricResult) -> std::collections::BTreeMap<i64, f64> {
    let [series] = &answer.series[..] else {
        panic!("{:?}", answer.series)
    };
    series
        .timestamps
        .iter()
        .copied()
        .zip(series.values.iter().copied())
        .collect()
}

#[tokio::test]
async fn a_container_metric_per_something_else_is_computed_point_by_point() {
    let service = service();
    let options = RangeOptions::default();
    let requests = query(family("app_requests_total"), None, &[]);
    let mut memory = MetricQuery::new("mem", requests.start.clone(), requests.end.clone());
    memory.labels.value_type = Some(ValueType::Current);
    memory.step = Some(60);
    for interval in [None, Some(600)] {
        let options = RangeOptions {
            interval,
            cached: true,
            ..options
        };
        let per_request = DerivedQuery {
            sides: vec![Side::Metric(memory.clone()), Side::Family(requests.clone())],
            derivation: Derivation::Ratio,
            unit: None,
        };
        let derived = service.query_derived(&per_request, &options).await.unwrap();
        let first = column(&service.query_range(&memory, &options).await.unwrap().answer);
        let second = column(
            &service
                .query_family(&requests, &options)
                .await
                .unwrap()
                .answer,
        );
        let found = column(&derived.answer.answer);
        assert!(found.len() > 100);
        for (at, value) in &found {
            assert_eq!(*value, first[at] / second[at], "{at}");
        }
        assert_eq!(derived.zero_divisors, 0);
        let grid = instants(&derived.answer.answer);
        let alone = grid.iter().filter(|at| {
            let at = **at * 1000;
            first.contains_key(&at) != second.contains_key(&at)
        });
        assert!(derived.missing_sides as usize >= alone.count());
        assert!(
            derived
                .answer
                .answer
                .promql
                .starts_with("(sum by (value_type)(backendai_container")
        );
    }
    // If nothing was observed the rate is zero, and nothing is divided by it.
    let observations = query(
        family("app_latency_seconds"),
        Some(FamilyStatistic::Rate),
        &["instance"],
    );
    let by_instance = query(family("app_requests_total"), None, &["instance"]);
    let ratio = DerivedQuery {
        sides: vec![Side::Family(by_instance), Side::Family(observations)],
        derivation: Derivation::Ratio,
        unit: Some("requests per observation".to_owned()),
    };
    let derived = service.query_derived(&ratio, &options).await.unwrap();
    assert!(derived.zero_divisors > 30, "{}", derived.zero_divisors);
    let answer = &derived.answer.answer;
    assert!(
        answer
            .series
            .iter()
            .all(|series| series.values.iter().all(|value| value.is_finite()))
    );
    assert_eq!(answer.series.len(), 3);
    let said = format!(
        "{} points of groups have no value: the divisor is zero there",
        derived.zero_divisors
    );
    assert!(answer.warnings.contains(&said), "{:?}", answer.warnings);
}

/// A file that derives metrics: of families, of filtered ones, and of the containers' metrics.
const DERIVED: &str = r#"{"families": [
    {"name": "app_requests_total", "kind": "counter", "unit": "count"},
    {"name": "app_latency_seconds", "kind": "histogram", "unit": "seconds"},
    {"name": "room_temperature_celsius", "kind": "gauge", "unit": "celsius", "intensive": true}],
  "derived": [
    {"name": "observed_percent", "derivation": "percent", "sides": [
        {"family": "app_latency_seconds", "statistic": "rate"}, {"family": "app_requests_total"}]},
    {"name": "warmer_by", "derivation": "difference", "sides": [
        {"family": "room_temperature_celsius", "statistic": "max", "filters": [{"label": "room", "values": ["b"]}]},
        {"family": "room_temperature_celsius", "statistic": "min", "filters": [{"label": "room", "values": ["a"]}]}]},
    {"name": "kilorequests", "derivation": {"scale": 0.001}, "unit": "kilocount/s", "sides": [
        {"family": "app_requests_total"}]},
    {"name": "mem_percent", "derivation": "percent", "sides": [
        {"metric": "mem", "value_type": "current"}, {"metric": "mem", "value_type": "capacity"}]},
    {"name": "mem_capacity_per_request", "derivation": "ratio", "sides": [
        {"metric": "mem", "value_type": "capacity"}, {"family": "app_requests_total"}]}]}"#;

/// The value of each point of the only series of a document.
fn points(document: &serde_json::Value) -> std::collections::BTreeMap<i64, f64> {
    let series = document["series"].as_array().unwrap();
    let [one] = &series[..] else {
        panic!("{document}")
    };
    let times = one["timestamps"].as_array().unwrap().iter();
    let values = one["values"].as_array().unwrap().iter();
    times
        .map(|time| time.as_i64().unwrap() / 1000)
        .zip(values.map(|value| value.as_f64().unwrap_or(f64::NAN)))
        .collect()
}

/// On the command line, from a file; held to the samples.
#[test]
fn what_a_file_derives_is_computed_of_both_sides_samples() {
    let bed = bed();
    let (release, server) = &bed.servers[0];
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, DERIVED.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let (from, to) = (start() + 600, start() + LENGTH - 600);
    let (from_text, to_text) = (from.to_string(), to.to_string());
    let ask = |name: &str, more: &[&str]| {
        let own = [
            "family",
            name,
            "--families",
            path,
            "--start",
            &from_text,
            "--end",
            &to_text,
        ];
        let step = ["--step", "60", "--format", "json", "--timewindow", "4m"];
        let args = [&own[..], &step, more].concat();
        command(&server.address(), &args).output().unwrap()
    };
    let truth = Truth {
        dataset: &bed.dataset,
        semantics: Semantics::of(*release),
    };
    let instants: Vec<i64> = (from..=to + 60).step_by(60).collect();
    let column = |name: &str, statistic, filter| {
        let family = family(name);
        let asked = Asked {
            family: &family,
            statistic,
            by: &[],
            filter,
            window: 240,
        };
        let mut groups = truth.of(&asked, &instants);
        groups.remove(&Vec::new()).unwrap()
    };
    let requests = || column("app_requests_total", FamilyStatistic::Sum, None);
    let observed = column("app_latency_seconds", FamilyStatistic::Rate, None);
    let room =
        |statistic, room| column("room_temperature_celsius", statistic, Some(("room", room)));
    type Column = Vec<Option<f64>>;
    type Arithmetic = fn(f64, f64) -> f64;
    let cases: [(&str, Column, Column, Arithmetic); 3] = [
        ("observed_percent", observed, requests(), |a, b| {
            100.0 * a / b
        }),
        (
            "warmer_by",
            room(FamilyStatistic::Max, "b"),
            room(FamilyStatistic::Min, "a"),
            |a, b| a - b,
        ),
        ("kilorequests", requests(), requests(), |a, _| a * 0.001),
    ];
    for (name, first, second, of) in cases {
        let document = json(&ask(name, &[]));
        let found = points(&document);
        assert!(found.len() > 90, "{name}: {document}");
        for ((at, first), second) in instants.iter().zip(first).zip(second) {
            let Some(value) = found.get(at) else { continue };
            let right = of(first.unwrap(), second.unwrap());
            let alike = right.is_nan() && value.is_nan()
                || (right - value).abs() <= 1e-9 * right.abs().max(1.0);
            assert!(alike, "{name} at {at}: {value}, and not {right}");
        }
    }
    // The containers' sides are those of `query`; percent of capacity is the metric's own.
    let percent = json(&ask("mem_percent", &[]));
    assert_eq!(percent["unit"], "percent");
    let both = |value_type: &str| {
        let own = [
            "query",
            "mem",
            "--value-type",
            value_type,
            "--start",
            &from_text,
        ];
        let more = ["--end", &to_text, "--step", "60", "--format", "json"];
        points(&json(
            &command(&server.address(), &[&own[..], &more].concat())
                .output()
                .unwrap(),
        ))
    };
    let (current, capacity) = (both("current"), both("capacity"));
    let found = points(&percent);
    assert!(found.len() > 90);
    for (at, value) in found {
        assert_eq!(value, 100.0 * current[&at] / capacity[&at], "{at}");
    }
    // A level lies on the points of a rate.
    let per_request = points(&json(&ask("mem_capacity_per_request", &[])));
    let rates: std::collections::BTreeMap<i64, Option<f64>> =
        instants.iter().copied().zip(requests()).collect();
    assert!(per_request.len() > 90);
    for (at, value) in per_request {
        let right = capacity
            .get(&at)
            .map(|capacity| capacity / rates[&at].unwrap());
        let Some(right) = right else { continue };
        assert!(
            (value - right).abs() <= 1e-9 * right,
            "{at}: {value}, and not {right}"
        );
    }
    let apart = json(&ask("warmer_by", &["--by", "sensor"]));
    let warning = apart["warnings"][0].as_str().unwrap();
    assert!(warning.contains("one side has none there"), "{warning}");
}

#[tokio::test]
async fn what_is_no_name_is_sent_nowhere() {
    let service = service();
    for name in ["up or vector(1)", "a{b=\"c\"}", "sum", "Inf", ""] {
        let query = query(Family::new(name, FamilyKind::Gauge), None, &[]);
        let error = service.query_family(&query, &RangeOptions::default()).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("is no name of a metric"), "{error}");
        let listed = service
            .check_families(&[Family::new(name, FamilyKind::Gauge)])
            .await;
        assert!(
            listed
                .unwrap_err()
                .to_string()
                .contains("is no name of a metric")
        );
    }
    assert!(
        service
            .check_families(&[family("wait_seconds"), family("jobs_total")])
            .await
            .is_ok()
    );
    assert_eq!(
        service
            .answers_by_address()
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        0
    );
}

#[tokio::test]
async fn every_pack_is_accepted_and_says_where_its_names_were_found() {
    let service = service();
    let mut packs = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../packs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let sources = document["sources"].as_array().unwrap();
        assert!(!sources.is_empty(), "{path:?}");
        for source in sources {
            assert!(source.as_str().unwrap().starts_with("https://"), "{path:?}");
        }
        let families = metric_host::Families::parse(&text).unwrap();
        let all: Vec<Family> = families.iter().cloned().collect();
        service.check_families(&all).await.unwrap();
        for family in all {
            assert!(!family.description.is_empty(), "{}", family.name);
            service
                .family_promql(&query(family, None, &["instance"]))
                .await
                .unwrap();
        }
        for metric in families.iter_derived() {
            assert!(!metric.description.is_empty(), "{}", metric.name);
            for side in metric.families() {
                assert!(families.get(side).is_some(), "{}: {side}", metric.name);
            }
        }
        packs += 1;
    }
    assert!(packs >= 5, "{packs}");
}
