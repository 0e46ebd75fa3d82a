//! Summaries, ranks, anomalies, outliers and values on populations whose truth is known by heart.

use std::sync::OnceLock;
use std::time::Instant;

use metric_host::{
    CacheOptions, Config, Detection, Dimension, HttpMethod, HttpRequest, HttpScheme, MetricQuery,
    MetricService, RangeOptions, Ranking, Scope, Score, ServiceOptions, Strategy, Tolerance,
    ValueFilter, ValueSource, ValueType,
};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};
use metric_tests::counting_proxy::CountingProxy;
use metric_tests::{adaptive, plugin, reference, uncached};

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
const GIB: f64 = (1_u64 << 30) as f64;

/// Users of kernels that were not scraped for so many minutes.
const OUTAGES: [(&str, i64); 3] = [("outage-10", 10), ("outage-70", 70), ("outage-180", 180)];

/// Midnight, UTC.
fn midnight() -> i64 {
    Shape::fixed_start().div_euclid(DAY) * DAY
}

/// A series of a user's kernel.
fn series(
    metric: &str,
    (user, kernel): (&str, &str),
    (from, to): (i64, i64),
    value: impl Fn(i64) -> f64,
) -> Series {
    let timestamps: Vec<i64> = (from..to).step_by(30).collect();
    let labels = [
        ("container_metric_name", metric),
        ("kernel_id", kernel),
        ("owner_user_id", user),
        ("value_type", "current"),
    ];
    Series {
        labels: labels.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
        values: timestamps.iter().map(|&at| value(at)).collect(),
        timestamps,
    }
}

/// Three days from midnight on. All begins and ends between two points.
fn server() -> &'static Prometheus {
    static SERVER: OnceLock<Prometheus> = OnceLock::new();
    SERVER.get_or_init(|| {
        let start = midnight();
        let mut dataset = Dataset::generate(&Shape {
            kernels: 0,
            ..Shape::one_series()
        });
        // Half a core each for 100 and 200 s, the second after the first has gone: 150 s of CPU time.
        for (kernel, from, length) in [("first", 1000, 100), ("second", 2000, 200)] {
            let begun = start + from;
            let used = move |at: i64| ((at - begun) * 500) as f64;
            let span = (begun, begun + length + 1);
            dataset.push(series("cpu_util", ("bill", kernel), span, used));
        }
        // A second in each second, and begins anew after half an hour.
        dataset.push(series(
            "cpu_util",
            ("reset", "r"),
            (start, start + HOUR + 1),
            move |at| ((at - start) % 1800 * 1000) as f64,
        ));
        for (kernel, gib) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)] {
            let span = (start, start + 2 * HOUR + 1);
            dataset.push(series("mem", ("rank", kernel), span, move |_| gib * GIB));
        }
        // Five at work, of which one stands still for the second hour.
        for (kernel, work) in [
            ("w0", 90.0),
            ("w1", 91.0),
            ("w2", 92.0),
            ("w3", 93.0),
            ("w4", 94.0),
        ] {
            let span = (start, start + 2 * HOUR + 1);
            dataset.push(series("cuda_util", ("training", kernel), span, move |at| {
                if kernel == "w2" && at >= start + HOUR {
                    0.0
                } else {
                    work
                }
            }));
        }
        // Now and then much more than else.
        dataset.push(series(
            "mem",
            ("bursts", "k"),
            (start, start + 2 * DAY),
            move |at| {
                let burst = (at / 300).wrapping_mul(2_654_435_761).rem_euclid(97) < 12;
                if burst { 900.0 } else { 3.0 + (at % 7) as f64 }
            },
        ));
        // Each day like the other, but for an hour of the third.
        // A core each, of which 100 hours were used before; not scraped for a while from the third hour on.
        for (user, minutes) in OUTAGES {
            let used = move |at: i64| (100 * HOUR + at - start) as f64 * 1000.0;
            let mut outage = series(
                "cpu_util",
                (user, user),
                (start, start + 10 * HOUR + 1),
                used,
            );
            let missed = start + 3 * HOUR..start + 3 * HOUR + minutes * 60;
            let kept = |(at, _): &(i64, f64)| !missed.contains(at);
            let points = outage
                .timestamps
                .iter()
                .copied()
                .zip(outage.values.iter().copied());
            (outage.timestamps, outage.values) = points.filter(kept).unzip();
            dataset.push(outage);
        }
        dataset.push(series(
            "mem",
            ("days", "k"),
            (start, start + 3 * DAY),
            move |at| {
                let day = (at as f64 / DAY as f64 * std::f64::consts::TAU).sin();
                let odd = (start + 2 * DAY + 6 * HOUR..start + 2 * DAY + 7 * HOUR).contains(&at);
                100.0 + 50.0 * day + if odd { 80.0 } else { 0.0 }
            },
        ));
        Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap()
    })
}

fn service_at(address: String, options: &ServiceOptions) -> MetricService {
    let mut config = Config::new(address);
    config.sample_interval = Some(30);
    config.now = Some((midnight() + 10 * DAY) * 1000);
    plugin().unwrap().service_with(config, options).unwrap()
}

fn service() -> MetricService {
    service_at(server().address(), &uncached())
}

fn query(metric: &str, user: &str, length: i64, step: u32) -> MetricQuery {
    let start = midnight();
    let mut query = MetricQuery::new(metric, start.to_string(), (start + length).to_string());
    query.step = Some(step);
    query.labels.value_type = Some(ValueType::Current);
    query.labels.user_id = vec![user.to_owned()];
    query.group_by = vec![Dimension::UserId];
    query
}

#[tokio::test]
async fn core_hours_are_what_the_counters_grew_by_and_not_what_increase_makes_of_it() {
    for step in [60, 300, 900, 3600] {
        let answer = service()
            .summarize(
                &query("cpu_util", "bill", HOUR, step),
                &[],
                &RangeOptions::default(),
            )
            .await
            .unwrap();
        assert_eq!(answer.total_unit.as_deref(), Some("millicore-seconds"));
        // Half a core, from the first sample at nought to the last one: 90 and 180 s after it.
        assert_eq!(answer.summaries[0].total, Some(135_000.0), "{step}");
        assert!(
            answer.answer.warnings.is_empty(),
            "{:?}",
            answer.answer.warnings
        );
    }
}

#[tokio::test]
async fn what_was_counted_while_nothing_was_scraped_is_counted_once_and_nothing_twice() {
    for (user, minutes) in OUTAGES {
        let mut query = query("cpu_util", user, 0, 900);
        query.start = (midnight() + HOUR).to_string();
        query.end = (midnight() + 9 * HOUR).to_string();
        let options = RangeOptions::default();
        let answer = service().summarize(&query, &[], &options).await.unwrap();
        let warnings = &answer.answer.warnings;
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(answer.summaries[0].total, Some(28_800_000.0), "{minutes}");
    }
}

#[tokio::test]
async fn what_was_counted_before_there_are_any_data_is_in_no_total_and_a_warning_says_so() {
    let mut query = query("cpu_util", "outage-10", 0, 900);
    query.start = (midnight() - 2 * HOUR).to_string();
    query.end = (midnight() + 8 * HOUR).to_string();
    let options = RangeOptions::default();
    let answer = service().summarize(&query, &[], &options).await.unwrap();
    assert_eq!(answer.summaries[0].total, Some(28_800_000.0));
    let warnings = &answer.answer.warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("first samples of up to 1 counters")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn what_a_counter_had_counted_before_it_was_reset_is_in_its_total() {
    for step in [60, 300, 900, 3600] {
        let answer = service()
            .summarize(
                &query("cpu_util", "reset", HOUR, step),
                &[],
                &RangeOptions::default(),
            )
            .await
            .unwrap();
        assert!(
            answer.answer.warnings.is_empty(),
            "{:?}",
            answer.answer.warnings
        );
        // An hour but for the two times that it took from its last sample to beginning anew: nobody has seen those.
        let total = answer.summaries[0].total.unwrap();
        assert_eq!(total, 3_600_000.0 - 2.0 * 30_000.0, "{step}");
    }
}

#[tokio::test]
async fn a_summary_is_that_of_the_points_of_a_query() {
    let service = service();
    let query = query("mem", "days", 3 * DAY, 600);
    let options = RangeOptions::default();
    let answer = service
        .summarize(&query, &[0.0, 0.5, 1.0], &options)
        .await
        .unwrap();
    let points = service.query_range(&query, &options).await.unwrap();
    let values = &points.answer.series[0].values;
    let [summary] = &answer.summaries[..] else {
        panic!("{:?}", answer.summaries)
    };
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(summary.points as usize, values.len());
    assert_eq!(summary.asked, 433);
    assert_eq!(summary.quantiles[0], sorted[0]);
    assert_eq!(summary.quantiles[2], sorted[sorted.len() - 1]);
    assert_eq!(
        (summary.first, summary.last),
        (values[0], values[values.len() - 1])
    );
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!((summary.avg - mean).abs() < 1e-9 * mean);
}

#[tokio::test]
async fn the_groups_that_matter_stand_in_order_and_the_rest_is_one() {
    let mut query = query("mem", "rank", 2 * HOUR, 300);
    query.group_by = vec![Dimension::KernelId];
    let ranking = Ranking {
        k: Some(2),
        others: true,
        ..Ranking::by(Score::Total)
    };
    let ranked = service()
        .rank(&query, &ranking, &RangeOptions::default())
        .await
        .unwrap();
    let names: Vec<_> = ranked
        .answer
        .answer
        .series
        .iter()
        .map(|s| s.labels[0].1.as_str())
        .collect();
    assert_eq!(names, ["d", "c"]);
    assert_eq!(ranked.scores, [4.0 * GIB * 7200.0, 3.0 * GIB * 7200.0]);
    assert_eq!(
        (ranked.groups, ranked.score_unit.as_deref()),
        (4, Some("byte-seconds"))
    );
    assert_eq!(ranked.others.unwrap().values, vec![3.0 * GIB; 25]);
}

#[tokio::test]
async fn an_hour_unlike_those_of_other_days_is_found_and_a_straggler_among_its_peers() {
    let service = service();
    let start = midnight();
    let mut days = query("mem", "days", DAY, 300);
    days.start = (start + 2 * DAY).to_string();
    days.end = (start + 3 * DAY - 300).to_string();
    days.step = None;
    let options = RangeOptions::default();
    let found = service
        .find_anomalies(&days, &Detection::default(), &options)
        .await
        .unwrap();
    assert!(found.has_anomalies());
    assert_eq!(
        (found.answer.step, found.answer.start),
        (300, (start + 2 * DAY) * 1000)
    );
    let [one] = &found.watched[..] else {
        panic!("{}", found.watched.len())
    };
    assert_eq!(one.strategy, Some(Strategy::Seasonal));
    let [anomaly] = &one.anomalies[..] else {
        panic!("{:?}", one.anomalies)
    };
    let odd = (start + 2 * DAY + 6 * HOUR) * 1000;
    assert_eq!((anomaly.start, anomaly.end), (odd, odd + 55 * 60_000));
    assert!(anomaly.above && anomaly.score > 1.0);

    let training = query("cuda_util", "training", 2 * HOUR, 60);
    let found = service
        .find_outliers(
            &training,
            Dimension::KernelId,
            &Tolerance::default(),
            &options,
        )
        .await
        .unwrap();
    let odd: Vec<_> = found
        .watched
        .iter()
        .filter(|one| !one.anomalies.is_empty())
        .collect();
    let [straggler] = &odd[..] else {
        panic!("{odd:?}")
    };
    assert!(
        straggler
            .labels
            .contains(&("kernel_id".to_owned(), "w2".to_owned()))
    );
    assert_eq!(straggler.anomalies[0].start, (start + HOUR) * 1000);
}

/// The adaptive bands are those of Grafana's rules (`rules/adaptive.yml`), which Prometheus evaluates as nested
/// subqueries over the same samples.
#[tokio::test]
async fn adaptive_bands_are_those_of_grafanas_rules() {
    let start = midnight();
    for user in ["bursts", "days"] {
        let mut asked = query("mem", user, DAY, 300);
        asked.start = (start + 30 * HOUR).to_string();
        asked.end = (start + 36 * HOUR).to_string();
        let adaptive = Detection {
            strategy: Some(Strategy::Adaptive),
            ..Detection::default()
        };
        let options = RangeOptions::default();
        let began = Instant::now();
        let found = service()
            .find_anomalies(&asked, &adaptive, &options)
            .await
            .unwrap();
        let ours = began.elapsed();
        let [one] = &found.watched[..] else {
            panic!("{}", found.watched.len())
        };

        let [upper, lower] = adaptive::nested(&found.answer.promql, "5m");
        let began = Instant::now();
        let (upper, lower) = (ask(&upper, &asked), ask(&lower, &asked));
        let theirs = began.elapsed();
        println!("adaptive bands of {user}: {ours:?}; as nested subqueries {theirs:?}");
        for (name, ours, theirs) in [("upper", &one.upper, upper), ("lower", &one.lower, lower)] {
            assert_eq!(ours.len(), theirs.len(), "{user} {name}");
            for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                let near = (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0);
                assert!(near, "{user} {name} {place}: {ours} is not {theirs}");
            }
        }
        // If hours are restless there is more than the margin to see.
        let widened = one
            .upper
            .iter()
            .zip(&one.expected)
            .any(|(u, e)| *u > e * 1.5 + 1e-6);
        assert_eq!(widened, user == "bursts");
    }
}

/// Asks Prometheus a query at the points of another.
fn ask(promql: &str, at: &MetricQuery) -> Vec<f64> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("query", promql)
        .append_pair("start", &at.start)
        .append_pair("end", &at.end)
        .append_pair("step", "300");
    let (status, body) = reference::send(&HttpRequest {
        method: HttpMethod::Post,
        scheme: HttpScheme::Http,
        authority: server().address(),
        path_with_query: "/api/v1/query_range".to_owned(),
        headers: vec![(
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: form.finish(),
    })
    .unwrap();
    assert_eq!(status, 200, "{body}");
    let series = reference::read_matrix(&body).unwrap();
    let values = series.into_values().flatten();
    values.map(|(_, bits)| f64::from_bits(bits)).collect()
}

#[tokio::test]
async fn a_summary_on_a_warm_cache_asks_prometheus_for_nothing() {
    let proxy = CountingProxy::to(server().address()).await.unwrap();
    let mut options = ServiceOptions::default();
    options.cache = CacheOptions::default();
    let service = service_at(proxy.address(), &options);
    // Only ranges with data: an empty answer is asked for each time.
    for (metric, user, length) in [("mem", "days", 2 * DAY), ("cpu_util", "reset", HOUR)] {
        let query = query(metric, user, length, 600);
        let range = RangeOptions::default();
        let first = service.summarize(&query, &[], &range).await.unwrap();
        let requests = proxy.requests();
        let again = service.summarize(&query, &[], &range).await.unwrap();
        assert_eq!(again, first);
        assert_eq!(proxy.requests(), requests, "{metric}");
        // A rank and a query are of the same chunks, with which a counter's totals are not asked for.
        service.query_range(&query, &range).await.unwrap();
        let requests = proxy.requests();
        service
            .rank(&query, &Ranking::by(Score::Avg), &range)
            .await
            .unwrap();
        assert_eq!(proxy.requests(), requests, "{metric}");
    }
}

#[tokio::test]
async fn a_summary_that_is_asked_for_again_a_minute_later_asks_for_the_tail_alone() {
    let proxy = CountingProxy::to(server().address()).await.unwrap();
    let mut options = ServiceOptions::default();
    options.cache = CacheOptions::default();
    let service = service_at(proxy.address(), &options);
    let mut asked = Vec::new();
    for late in [0, 60] {
        let now = midnight() + 2 * DAY + 7 * HOUR + late;
        let mut query = query("mem", "days", 0, 60);
        query.start = (now - DAY).to_string();
        query.end = now.to_string();
        let before = (proxy.requests(), proxy.answer_bytes());
        let service = service.with_now(now * 1000);
        let answer = service
            .summarize(&query, &[], &RangeOptions::default())
            .await
            .unwrap();
        assert_eq!(answer.summaries[0].points, 1441);
        asked.push((proxy.requests() - before.0, proxy.answer_bytes() - before.1));
    }
    let [(_, whole), (requests, tail)] = asked[..] else {
        panic!("{asked:?}")
    };
    assert!(requests <= 2, "{asked:?}");
    assert!(tail * 20 <= whole, "{asked:?}");
}

#[tokio::test]
async fn the_values_are_those_of_the_filter_and_of_the_scope_alone() {
    let service = service();
    let values = async |service: &MetricService, source, filter: &ValueFilter| {
        service.values(&source, filter).await.unwrap()
    };
    let users = || ValueSource::Dimension(Dimension::UserId);
    let all = values(&service, users(), &ValueFilter::default()).await;
    assert_eq!(
        all.values,
        [
            "bill",
            "bursts",
            "days",
            "outage-10",
            "outage-180",
            "outage-70",
            "rank",
            "reset",
            "training"
        ]
    );
    let filter = ValueFilter {
        metric_name: Some("mem".into()),
        limit: Some(1),
        ..ValueFilter::default()
    };
    let some = values(&service, users(), &filter).await;
    assert_eq!((some.values, some.more), (vec!["bursts".to_owned()], true));
    // Another tenant's values are not listed, whichever label is asked for.
    let scoped = service.scoped("owner_user_id=rank".parse::<Scope>().unwrap());
    assert_eq!(
        values(&scoped, users(), &ValueFilter::default())
            .await
            .values,
        ["rank"]
    );
    let kernels = ValueSource::Label("kernel_id".into());
    let mine = values(&scoped, kernels, &ValueFilter::default()).await;
    assert_eq!(mine.values, ["a", "b", "c", "d"]);
    let mut theirs = ValueFilter::default();
    theirs.labels.user_id = vec!["days".into()];
    let none = values(&scoped, ValueSource::Label("kernel_id".into()), &theirs).await;
    assert!(none.values.is_empty());
}

#[tokio::test]
async fn what_these_verbs_ask_is_held_to_the_scope() {
    let scoped = service().scoped("owner_user_id=rank".parse::<Scope>().unwrap());
    let options = RangeOptions::default();
    let theirs = query("cpu_util", "bill", HOUR, 300);
    let summary = scoped.summarize(&theirs, &[], &options).await.unwrap();
    assert!(summary.summaries.is_empty());
    assert!(
        summary.answer.promql.contains(r#"owner_user_id="rank""#),
        "{}",
        summary.answer.promql
    );
    let mut all = query("mem", "rank", HOUR, 300);
    all.labels.user_id.clear();
    let ranked = scoped
        .rank(&all, &Ranking::by(Score::Max), &options)
        .await
        .unwrap();
    assert_eq!(ranked.groups, 1);
}
