//! Live stats, presets and verdicts, held to the generator's own samples and to what Prometheus itself computes.

use std::collections::{BTreeMap, BTreeSet};

use metric_host::decisions::{
    Arguments, Bound, Combine, Condition, LabelValues, LiveOptions, LiveStat, MetricQuestion,
    Preset, PresetRange, Question, Run, RunAnswer, Verdict,
};
use metric_host::{
    CacheOptions, CallError, Config, Dimension, HttpMethod, HttpRequest, HttpScheme, LabelFilter,
    RangeOptions, Scope, ServiceError, ServiceOptions, ValueType,
};
use metric_testbed::{Kernel, Shape};
use metric_tests::counting_proxy::CountingProxy;
use metric_tests::{Testbed, plugin, reference, uncached};

const WINDOW: i64 = 300;
/// Of the data, in seconds.
const INTERVAL: i64 = 30;

fn at(millis: i64) -> LiveOptions {
    LiveOptions {
        at: Some(millis),
        ..LiveOptions::default()
    }
}

/// The samples of a kernel's metric within the window before an instant: after its beginning, up to its end.
fn samples(testbed: &Testbed, kernel: &Kernel, metric: &str, at: i64) -> Vec<(i64, f64)> {
    let series = testbed.documented.series().iter().find(|series| {
        series.label("kernel_id") == Some(kernel.kernel_id.as_str())
            && series.label("container_metric_name") == Some(metric)
            && series.label("value_type") == Some("current")
    });
    let Some(series) = series else {
        return Vec::new();
    };
    let all = series
        .timestamps
        .iter()
        .copied()
        .zip(series.values.iter().copied());
    all.filter(|(time, _)| *time > at - WINDOW && *time <= at)
        .collect()
}

fn near(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            (found - expected).abs() <= 1e-9 * expected.abs().max(1e-9)
        }
        (found, expected) => found == expected,
    }
}

fn check_stat(stat: &LiveStat, samples: &[(i64, f64)], at: i64) {
    let is_counter = stat.metric != "mem";
    let rates: Vec<f64> = samples
        .windows(2)
        .map(|pair| {
            let more = match pair[1].1 < pair[0].1 {
                true => pair[1].1,
                false => pair[1].1 - pair[0].1,
            };
            more / (pair[1].0 - pair[0].0) as f64
        })
        .collect();
    let levels: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
    let entries = if is_counter { &rates } else { &levels };
    assert!(near(stat.current, entries.last().copied()), "{stat:?}");
    assert!(
        near(stat.max, entries.iter().copied().reduce(f64::max)),
        "{stat:?}"
    );
    assert!(
        near(stat.min, entries.iter().copied().reduce(f64::min)),
        "{stat:?}"
    );
    let (last, value) = samples[samples.len() - 1];
    assert_eq!(stat.at, last * 1000);
    assert_eq!(stat.stale, at - last > 4 * INTERVAL, "{stat:?}");
    assert_eq!(stat.accumulated, is_counter.then_some(value));
    assert_eq!(stat.samples as usize, samples.len());
}

#[tokio::test]
async fn live_stats_are_those_of_the_samples_through_churn_resets_and_gaps() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let kernels = &testbed.documented.fleet().kernels;
    let ids: Vec<String> = kernels
        .iter()
        .map(|kernel| kernel.kernel_id.clone())
        .collect();
    let start = Shape::fixed_start();
    let (mut compared, mut missing, mut stale, mut single) = (0, 0, 0, 0);
    for at_ in (start + 60..=start + 4 * 3600).step_by(611) {
        let answer = service
            .query_live_stats(Dimension::KernelId, &ids, &at(at_ * 1000))
            .await
            .unwrap();
        assert_eq!(answer.warnings, [""; 0]);
        let found: BTreeMap<&str, _> = answer
            .subjects
            .iter()
            .map(|subject| (subject.id.as_str(), subject))
            .collect();
        for kernel in kernels {
            let Some(subject) = found.get(kernel.kernel_id.as_str()) else {
                assert!(samples(testbed, kernel, "mem", at_).is_empty());
                assert!(answer.missing.contains(&kernel.kernel_id));
                missing += 1;
                continue;
            };
            assert_eq!(subject.agent_id.as_ref(), Some(&kernel.agent_id));
            for stat in &subject.stats {
                let samples = samples(testbed, kernel, &stat.metric, at_);
                check_stat(stat, &samples, at_);
                compared += 1;
                stale += usize::from(stat.stale);
                single += usize::from(samples.len() == 1);
            }
        }
    }
    assert!(
        compared > 500 && missing > 0 && stale > 0,
        "{compared} {missing} {stale} {single}"
    );
}

/// Asks Prometheus a query at an instant, by kernel.
fn prometheus(testbed: &Testbed, promql: &str, at: i64) -> BTreeMap<String, f64> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("query", promql)
        .append_pair("time", &at.to_string())
        .finish();
    let request = HttpRequest {
        method: HttpMethod::Post,
        scheme: HttpScheme::Http,
        authority: testbed
            .server
            .address()
            .trim_start_matches("http://")
            .to_owned(),
        path_with_query: "/api/v1/query".into(),
        headers: vec![(
            "content-type".into(),
            "application/x-www-form-urlencoded".into(),
        )],
        body,
    };
    let (status, body) = reference::send(&request).unwrap();
    assert_eq!(status, 200, "{body}");
    let tree: serde_json::Value = serde_json::from_str(&body).unwrap();
    let result = tree["data"]["result"].as_array().unwrap();
    let one = |series: &serde_json::Value| {
        let kernel = series["metric"]["kernel_id"].as_str()?.to_owned();
        Some((kernel, series["value"][1].as_str()?.parse().ok()?))
    };
    result.iter().filter_map(one).collect()
}

#[tokio::test]
async fn levels_are_what_prometheus_computes_over_the_same_window_and_a_steady_rate_is_its() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let at_ = Shape::fixed_start() + 2 * 3600 + 17;
    let mut ids: Vec<String> = testbed
        .documented
        .fleet()
        .kernels
        .iter()
        .map(|kernel| kernel.kernel_id.clone())
        .collect();
    ids.push(metric_tests::STEADY.to_owned());
    let answer = service
        .query_live_stats(Dimension::KernelId, &ids, &at(at_ * 1000))
        .await
        .unwrap();
    let stat = |kernel: &str, metric: &str| {
        let subject = answer
            .subjects
            .iter()
            .find(|subject| subject.id == kernel)?;
        subject.stats.iter().find(|stat| stat.metric == metric)
    };
    let levels = r#"backendai_container_utilization{container_metric_name="mem",value_type="current",kernel_id!~"agent-.*"}"#;
    let mut compared = 0;
    type Field = fn(&LiveStat) -> Option<f64>;
    let functions: [(&str, Field); 4] = [
        ("max_over_time", |stat| stat.max),
        ("min_over_time", |stat| stat.min),
        ("avg_over_time", |stat| stat.avg),
        ("last_over_time", |stat| stat.current),
    ];
    for (function, part) in functions {
        // A millisecond short, so that every version reads the same samples.
        let expected = prometheus(testbed, &format!("{function}({levels}[4m59s999ms])"), at_);
        for id in &ids {
            let found = stat(id, "mem").and_then(part);
            assert!(
                near(found, expected.get(id).copied()),
                "{function} {id} {found:?}"
            );
            compared += usize::from(found.is_some());
        }
    }
    assert!(compared > 20, "{compared}");
    let steady = stat(metric_tests::STEADY, "net_rx").unwrap();
    let rate = prometheus(
        testbed,
        r#"rate(backendai_container_utilization{container_metric_name="net_rx",kernel_id="steady"}[4m59s999ms])"#,
        at_,
    );
    for found in [steady.current, steady.min, steady.max, steady.avg] {
        assert!(
            near(found, rate.get("steady").copied()),
            "{found:?} {rate:?}"
        );
    }
}

#[tokio::test]
async fn a_scope_lets_no_kernel_of_others_be_seen() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let at_ = Shape::fixed_start() + 3600;
    let kernels = &testbed.documented.fleet().kernels;
    // Kernels under the other schema carry the same sessions.
    let own: Vec<&Kernel> = kernels
        .iter()
        .filter(|kernel| kernel.is_sampled_at(at_))
        .collect();
    let session = own[0].session_id.clone();
    let scope: Scope = format!("session_id={session}").parse().unwrap();
    let scoped = service.scoped(scope);
    let ids: Vec<String> = kernels
        .iter()
        .map(|kernel| kernel.kernel_id.clone())
        .collect();
    let whole = service
        .query_live_stats(Dimension::KernelId, &ids, &at(at_ * 1000))
        .await
        .unwrap();
    let seen = scoped
        .query_live_stats(Dimension::KernelId, &ids, &at(at_ * 1000))
        .await
        .unwrap();
    let members: BTreeSet<&str> = kernels
        .iter()
        .filter(|kernel| kernel.session_id == session)
        .map(|kernel| kernel.kernel_id.as_str())
        .collect();
    assert!(!seen.subjects.is_empty() && seen.subjects.len() < whole.subjects.len());
    assert!(
        seen.subjects
            .iter()
            .all(|subject| members.contains(subject.id.as_str()))
    );
    for subject in &seen.subjects {
        let same = whole.subjects.iter().find(|other| other.id == subject.id);
        assert_eq!(same, Some(subject));
    }
}

#[tokio::test]
async fn who_asks_within_five_seconds_shares_a_request_and_who_asks_later_does_not() {
    let testbed = Testbed::shared().unwrap();
    let proxy = CountingProxy::to(testbed.server.address()).await.unwrap();
    let mut options = ServiceOptions::default();
    options.cache = CacheOptions::default();
    let mut config = Config::new(proxy.address());
    config.sample_interval = Some(30);
    let service = plugin().unwrap().service_with(config, &options).unwrap();
    let now = (Shape::fixed_start() + 3600) * 1000;
    let ids = [testbed.documented.fleet().kernels[0].kernel_id.clone()];
    let mut answers = Vec::new();
    for late in [0, 1000, 4999] {
        let service = service.with_now(now + late);
        let answer = service
            .query_live_stats(Dimension::KernelId, &ids, &LiveOptions::default())
            .await;
        answers.push(answer.unwrap());
    }
    assert_eq!(proxy.requests(), 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    service
        .with_now(now + 5000)
        .query_live_stats(Dimension::KernelId, &ids, &LiveOptions::default())
        .await
        .unwrap();
    assert_eq!(proxy.requests(), 2);
}

fn cpu() -> Preset {
    Preset {
        required_labels: vec!["container_metric_name".into()],
        unit: Some("millicores".into()),
        ..Preset::new(
            "sum by (${{group_by}})(rate(backendai_container_utilization{value_type=\"current\",${{labels}}}[${{window}}]))",
        )
    }
}

fn arguments(group_by: &[&str]) -> Arguments {
    Arguments {
        filters: vec![LabelValues {
            label: "container_metric_name".into(),
            values: vec!["cpu_util".into()],
        }],
        group_by: group_by.iter().map(ToString::to_string).collect(),
        window: None,
    }
}

#[tokio::test]
async fn a_preset_answers_what_its_query_answers_at_an_instant_and_over_a_range() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let at_ = Shape::fixed_start() + 2 * 3600;
    let arguments = arguments(&["kernel_id"]);
    let promql = service.render_preset(&cpu(), &arguments).await.unwrap();
    let expected = prometheus(testbed, &promql, at_);
    let answer = service
        .execute_preset(&cpu(), &arguments, Some(at_ * 1000))
        .await
        .unwrap();
    assert_eq!(
        (answer.promql.as_str(), answer.unit.as_deref()),
        (&*promql, Some("millicores"))
    );
    let found: BTreeMap<String, f64> = answer
        .series
        .iter()
        .map(|series| (series.labels[0].1.clone(), series.values[0]))
        .collect();
    assert_eq!(found, expected);
    assert!(found.len() > 5);
    let range = PresetRange {
        start: (at_ - 3600).to_string(),
        end: at_.to_string(),
        step: Some(60),
    };
    let range = service
        .execute_preset_range(&cpu(), &arguments, &range, &RangeOptions::default())
        .await
        .unwrap();
    for series in &range.answer.series {
        let last = series.timestamps.last().filter(|last| **last == at_ * 1000);
        if last.is_some() {
            let same = found.get(&series.labels[0].1);
            assert_eq!(same, series.values.last());
        }
    }
    assert_eq!(range.answer.unit.as_deref(), Some("millicores"));
}

#[tokio::test]
async fn a_template_that_can_be_broken_out_of_is_refused_and_says_where() {
    let service = Testbed::shared().unwrap().service().unwrap();
    for (template, place) in [
        ("m{a=\"${{labels}}\"}", "line 1, column 6"),
        ("m{a=\"b\"} or ${{labels}}", "line 1, column 13"),
        ("m # ${{labels}}", "line 1, column 5"),
        ("m{${{- labels -}}}", "line 1, column 3"),
    ] {
        match service.check_preset(&Preset::new(template)).await {
            Err(CallError::Service(ServiceError::InvalidArgument(error))) => {
                assert_eq!(error.field, "preset.template");
                assert!(error.reason.contains(place), "{}", error.reason);
            }
            other => panic!("{template}: {other:?}"),
        }
    }
    // With the placeholder first, and nothing to fill in: the comma goes along.
    let preset = Preset::new("up{${{labels}},job=\"x\"}");
    let query = service.render_preset(&preset, &Arguments::default()).await;
    assert_eq!(query.unwrap(), "up{job=\"x\"}");
    let answer = service
        .execute_preset(&preset, &Arguments::default(), Some(0))
        .await;
    assert!(answer.unwrap().series.is_empty());
}

#[tokio::test]
async fn a_scope_binds_presets_whatever_their_template() {
    let testbed = Testbed::shared().unwrap();
    let kernels = &testbed.documented.fleet().kernels;
    let own = &kernels[0];
    let scope: Scope = format!("kernel_id={}", own.kernel_id).parse().unwrap();
    let service = testbed.service().unwrap().scoped(scope);
    let at_ = own.from + 1800;
    for template in [
        "backendai_container_utilization",
        "backendai_container_utilization{${{labels}}}[5m]",
        "backendai_container_utilization{kernel_id=~\".*\"} or backendai_container_utilization",
    ] {
        let answer = service
            .execute_preset(
                &Preset::new(template),
                &Arguments::default(),
                Some(at_ * 1000),
            )
            .await
            .unwrap();
        assert!(!answer.series.is_empty(), "{template}");
        for series in &answer.series {
            let label = ("kernel_id".to_owned(), own.kernel_id.clone());
            assert!(series.labels.contains(&label), "{template}");
        }
        assert!(answer.promql.contains(&own.kernel_id));
        let run = Run {
            at: Some(at_ * 1000),
            ..Run::new(Preset::new(template))
        };
        let options = RangeOptions::default();
        let answers = service
            .execute_preset_batch(&[run], &options)
            .await
            .unwrap();
        assert_eq!(answers[0].as_ref().unwrap(), &RunAnswer::Instant(answer));
    }
    // Nor is anything decided on another's kernels.
    let other = kernels.iter().find(|kernel| {
        kernel.kernel_id != own.kernel_id && kernel.from < at_ - 600 && kernel.to > at_ + 600
    });
    let subjects = vec![other.unwrap().kernel_id.clone(), own.kernel_id.clone()];
    let question = metric(subjects, at_, Bound::Above(-1.0), None);
    let verdicts = service.evaluate_metric(&question).await.unwrap();
    assert_eq!(verdicts[0].verdict, Verdict::NoData);
    assert_ne!(verdicts[1].verdict, Verdict::NoData);
}

fn question(subjects: Vec<String>, at: i64, bound: Bound, lasting: Option<u32>) -> Question {
    Question {
        arguments: arguments(&[]),
        subject: "kernel_id".into(),
        subjects,
        combine: Combine::Max,
        at: Some(at * 1000),
        condition: Some(Condition { bound, lasting }),
    }
}

#[tokio::test]
async fn nothing_is_decided_on_kernels_that_are_gone_or_were_never_there() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let kernels = &testbed.documented.fleet().kernels;
    let end = Shape::fixed_start() + 4 * 3600;
    // Three minutes after its last sample a kernel still has a rate over five.
    let gone = kernels
        .iter()
        .find(|kernel| kernel.to < end - 1800)
        .unwrap();
    let series = testbed
        .documented
        .series()
        .iter()
        .find(|series| series.label("kernel_id") == Some(gone.kernel_id.as_str()));
    let last = *series.unwrap().timestamps.last().unwrap();
    let at_ = last + 180;
    let alive = kernels
        .iter()
        .find(|kernel| {
            let samples = samples(testbed, kernel, "cpu_util", at_);
            samples.len() == 10
        })
        .unwrap();
    let subjects = vec![
        gone.kernel_id.clone(),
        "never".to_owned(),
        alive.kernel_id.clone(),
    ];
    for lasting in [None, Some(120)] {
        let question = question(subjects.clone(), at_, Bound::Below(1e9), lasting);
        let verdicts = service.evaluate(&cpu(), &question).await.unwrap();
        let of: Vec<_> = verdicts
            .iter()
            .map(|one| (one.verdict, one.decision))
            .collect();
        assert_eq!(of[0], (Verdict::Stale, None), "{verdicts:?}");
        assert_eq!(of[1], (Verdict::NoData, None));
        assert_eq!(of[2], (Verdict::Value, Some(true)), "{verdicts:?}");
        assert_eq!(verdicts[0].at, Some(last * 1000));
        let points = lasting.map_or(1, |lasting| lasting as usize / 30 + 1);
        assert_eq!(verdicts[2].values.len(), points);
    }
    let above = question(subjects, at_, Bound::Above(1e9), None);
    let verdicts = service.evaluate(&cpu(), &above).await.unwrap();
    assert_eq!(verdicts[2].decision, Some(false));
    // A template that adds everything up tells nobody apart.
    let together = Preset::new(
        "sum(rate(backendai_container_utilization{value_type=\"current\",${{labels}}}[5m]))",
    );
    let verdicts = service.evaluate(&together, &above).await.unwrap();
    assert!(
        verdicts
            .iter()
            .all(|one| one.verdict == Verdict::NotToldApart && one.decision.is_none())
    );
    // 0/0, where nothing was asked for.
    let odd = Preset::new(
        "sum by (${{group_by}})(backendai_container_utilization{value_type=\"current\",${{labels}}} * 0) / sum by (${{group_by}})(backendai_container_utilization{value_type=\"current\",${{labels}}} * 0)",
    );
    let verdicts = service.evaluate(&odd, &above).await.unwrap();
    assert_eq!(
        (verdicts[2].verdict, verdicts[2].decision),
        (Verdict::NotFinite, None)
    );
}

fn metric(subjects: Vec<String>, at: i64, bound: Bound, lasting: Option<u32>) -> MetricQuestion {
    MetricQuestion {
        metric_name: "cpu_util".into(),
        labels: LabelFilter {
            value_type: Some(ValueType::Current),
            ..LabelFilter::default()
        },
        group_by: Vec::new(),
        metric_type: None,
        pointwise: None,
        subject: Dimension::KernelId,
        subjects,
        combine: Combine::Max,
        at: Some(at * 1000),
        condition: Some(Condition { bound, lasting }),
    }
}

#[tokio::test]
async fn a_metric_judges_as_the_preset_that_asks_the_same() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let kernels = &testbed.documented.fleet().kernels;
    let at_ = Shape::fixed_start() + 2 * 3600;
    let mut subjects: Vec<String> = kernels.iter().map(|one| one.kernel_id.clone()).collect();
    subjects.push("never".to_owned());
    let mut decided = BTreeSet::new();
    for lasting in [None, Some(120)] {
        for bound in [Bound::Above(500.0), Bound::Below(1e9)] {
            let metric = metric(subjects.clone(), at_, bound, lasting);
            let by_metric = service.evaluate_metric(&metric).await.unwrap();
            // As far back as four sample intervals, which the configuration has as 30 s.
            let mut preset = question(subjects.clone(), at_, bound, lasting);
            preset.arguments.window = Some("2m".into());
            let by_preset = service.evaluate(&cpu(), &preset).await.unwrap();
            assert_eq!(by_metric, by_preset);
            decided.extend(
                by_metric
                    .iter()
                    .map(|one| (one.verdict.as_str(), one.decision)),
            );
        }
    }
    let expected = [
        ("no-data", None),
        ("value", Some(false)),
        ("value", Some(true)),
    ];
    for one in expected {
        assert!(decided.contains(&one), "{one:?} of {decided:?}");
    }
}

#[tokio::test]
async fn a_batch_of_presets_is_each_of_them_and_shares_what_is_the_same() {
    let testbed = Testbed::shared().unwrap();
    let at_ = Shape::fixed_start() + 2 * 3600;
    let proxy = CountingProxy::to(testbed.server.address()).await.unwrap();
    let config = Config::new(proxy.address());
    let service = plugin().unwrap().service_with(config, &uncached()).unwrap();
    let range = PresetRange {
        start: (at_ - 3600).to_string(),
        end: at_.to_string(),
        step: Some(60),
    };
    let run = |group_by: &str, range: Option<&PresetRange>| Run {
        preset: cpu(),
        arguments: arguments(&[group_by]),
        range: range.cloned(),
        at: Some(at_ * 1000),
    };
    let runs = [
        run("kernel_id", None),
        run("agent_id", Some(&range)),
        Run::new(Preset::new("m # ${{labels}}")),
        run("kernel_id", None),
        run("agent_id", Some(&range)),
        run("user_id", None),
    ];
    let options = RangeOptions::default();
    let answers = service.execute_preset_batch(&runs, &options).await.unwrap();
    assert_eq!(proxy.requests(), 3);
    for (run, answer) in runs.iter().zip(answers) {
        let (preset, arguments) = (&run.preset, &run.arguments);
        match answer {
            Ok(RunAnswer::Instant(answer)) => {
                let alone = service.execute_preset(preset, arguments, run.at).await;
                assert_eq!(answer, alone.unwrap());
                assert!(!answer.series.is_empty());
            }
            Ok(RunAnswer::Range(answer)) => {
                let alone = service
                    .execute_preset_range(preset, arguments, &range, &options)
                    .await;
                assert_eq!(answer, alone.unwrap());
                assert!(!answer.answer.series.is_empty());
            }
            Err(CallError::Service(ServiceError::InvalidArgument(error))) => {
                assert_eq!(error.field, "preset.template");
            }
            Err(other) => panic!("{other}"),
        }
    }
}
