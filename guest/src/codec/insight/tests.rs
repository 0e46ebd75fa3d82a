//! The verbs on the answers of a server that is a function: what each group has at each instant.

use std::collections::BTreeMap;

use super::*;
use crate::codec::{Batch, Config, ConfigInput, Receiver as _};
use crate::domain::insight::{DetectionInput, RankingInput, Score, Strategy, ToleranceInput};
use crate::domain::{
    Dimension, LabelFilter, MetricQuery, RangeOptions, RangeOptionsInput, ValueType,
};
use crate::prometheus::HttpRequest;

const DAY: i64 = 86_400;

fn configured(max_range: i64) -> Config {
    let config = ConfigInput {
        address: "prometheus:9090".to_owned(),
        max_range: Some(u32::try_from(max_range).unwrap()),
        ..ConfigInput::default()
    };
    config.try_into().unwrap()
}

fn options(interval: u32, partial: bool) -> RangeOptions {
    RangeOptions::try_from(RangeOptionsInput {
        interval: Some(interval),
        partial,
        ..Default::default()
    })
    .unwrap()
}

fn query(name: &str, start: i64, end: i64, step: u32) -> MetricQuery {
    MetricQuery {
        metric_name: name.to_owned(),
        start: start.to_string(),
        end: end.to_string(),
        step: Some(step),
        labels: LabelFilter {
            value_type: Some(ValueType::Current),
            ..LabelFilter::default()
        },
        group_by: vec![Dimension::AgentId],
        ..MetricQuery::default()
    }
}

/// A server: gives the labels and values of a query at an instant; none: it refuses.
type Server<'a> = &'a dyn Fn(&str, i64) -> Option<Vec<(String, f64)>>;

/// The series of an agent.
fn agent(name: &str, value: f64) -> (String, f64) {
    (format!(r#""agent_id":"{name}""#), value)
}

fn ask<V: Insight>(config: &Config, verb: &V, server: Server<'_>) -> V::Result {
    try_ask(config, verb, server).unwrap()
}

fn try_ask<V: Insight>(
    config: &Config,
    verb: &V,
    server: Server<'_>,
) -> Result<V::Result, Failure> {
    let mut answers = sent(config, verb.queries(), server)?;
    let more = verb.more(&answers);
    answers.extend(sent(config, more, server)?);
    verb.result(answers)
}

/// The answer of the server; none: it refuses.
fn body(request: &HttpRequest, server: Server<'_>) -> Option<String> {
    let form: BTreeMap<_, _> = form_urlencoded::parse(request.body.as_bytes()).collect();
    let number_of = |name: &str| form[name].parse::<i64>().unwrap();
    let (start, end) = (number_of("start"), number_of("end"));
    let mut series: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for at in (start..=end).step_by(usize::try_from(number_of("step")).unwrap()) {
        for (labels, value) in server(&form["query"], at)? {
            let values = series.entry(labels).or_default();
            values.push(format!(r#"[{at},"{value}"]"#));
        }
    }
    let series: Vec<_> = series
        .iter()
        .map(|(labels, values)| {
            format!(
                r#"{{"metric":{{{labels}}},"values":[{}]}}"#,
                values.join(",")
            )
        })
        .collect();
    Some(format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
        series.join(",")
    ))
}

/// By hand, in as many rounds as it takes: the result, and how many requests each round has.
fn asked_by_hand<V: Insight>(
    config: &Config,
    verb: &V,
    server: Server<'_>,
) -> (V::Result, Vec<usize>) {
    let (mut bodies, mut rounds) = (Vec::<String>::new(), Vec::new());
    loop {
        let responses: Vec<_> = bodies.iter().map(|body| (200, body.as_str())).collect();
        let next = by_hand::requests_after(config, verb, &responses).unwrap();
        if next.is_empty() {
            let result = by_hand::result_of(config, verb, &responses).unwrap();
            return (result, rounds);
        }
        rounds.push(next.len());
        let sent = next.iter().map(|request| body(request, server).unwrap());
        let sent: Vec<String> = sent.collect();
        bodies.extend(sent);
    }
}

fn sent(
    config: &Config,
    queries: Vec<QueryRange>,
    server: Server<'_>,
) -> Result<Vec<RangeResult>, Failure> {
    let mut batch = Batch::new(config, queries);
    while let Some((number, request, _)) = batch.next_request() {
        let Some(body) = body(&request, server) else {
            let refused = Failure::MalformedResponse("refused".into());
            batch.fail(number, &refused);
            continue;
        };
        let mut receiver = batch.receiver(number);
        receiver.begin(200);
        receiver.feed(body.as_bytes()).unwrap();
        receiver.finish().unwrap();
    }
    let answers: Result<Vec<_>, _> = batch.results().collect();
    answers.map_err(|failure| failure.failure)
}

fn summarize(query: &MetricQuery, interval: u32, server: Server<'_>) -> SummaryResult {
    let configured = configured(30 * DAY);
    let verb = Summarize::new(&configured, query, vec![0.5], &options(interval, true)).unwrap();
    ask(&configured, &verb, server)
}

#[test]
fn a_level_is_summed_up_with_its_gaps_and_what_is_no_number() {
    let server = |_: &str, at: i64| {
        let mut all = vec![agent("a", if at == 120 { f64::NAN } else { at as f64 })];
        if at >= 240 {
            all.push(agent("b", 7.0));
        }
        Some(all)
    };
    let result = summarize(&query("mem", 0, 300, 60), 86_400, &server);
    assert_eq!(result.total_unit.as_deref(), Some("byte-seconds"));
    assert!(result.answer.series.is_empty());
    let [a, b] = result.groups.as_slice() else {
        panic!("{:?}", result.groups)
    };
    assert_eq!((a.summary.points, a.summary.not_numbers), (6, 1));
    assert_eq!((a.summary.first, a.summary.last), (0.0, 300.0));
    assert_eq!(a.summary.quantiles, [180.0]);
    // Each point for the minute before it: 60, 180, 240, 300.
    assert_eq!(a.total, Some(60.0 * 780.0));
    assert_eq!((b.summary.points, b.total), (2, Some(60.0 * 14.0)));
}

#[test]
fn what_counters_grew_by_is_asked_for_itself_and_added_up() {
    let grown = |promql: &str| promql.contains("last_over_time");
    let server = |promql: &str, at: i64| {
        Some(match grown(promql) {
            true if at == 180 => vec![
                agent("a", 1500.0),
                (r#""resets":"counters""#.to_owned(), 2.0),
            ],
            true => vec![agent("a", 500.0)],
            // The growth as `rate` extrapolates it.
            false => vec![agent("a", 12.0), agent("b", 1.0)],
        })
    };
    let result = summarize(&query("cpu_util", 0, 300, 60), 86_400, &server);
    assert_eq!(result.total_unit.as_deref(), Some("millicore-seconds"));
    let totals: Vec<_> = result.groups.iter().map(|group| group.total).collect();
    // Five points; of `b` the counters say nothing.
    assert_eq!(totals, [Some(3500.0), None]);
    // It was asked again, and says the same.
    assert!(result.answer.warnings.is_empty());
    let verb = |name| {
        let configured = configured(DAY);
        let query = query(name, 0, 300, 60);
        Summarize::new(&configured, &query, vec![], &options(86_400, false)).unwrap()
    };
    assert_eq!(verb("cpu_util").queries().len(), 2);
    assert_eq!(verb("mem").queries().len(), 1);
}

#[test]
fn a_step_in_which_counters_were_reset_is_asked_for_again_with_what_they_had_counted() {
    let asked = std::cell::RefCell::new(Vec::new());
    let server = |refuses: bool| {
        let asked = &asked;
        move |promql: &str, at: i64| {
            if promql.contains("sum_over_time") {
                asked.borrow_mut().push(at);
                return (!refuses).then(|| vec![agent("a", 9000.0)]);
            }
            let is_reset = promql.contains("resets(") && (at == 120 || at == 180);
            let mut all = vec![agent("a", 500.0), agent("b", 1.0)];
            all.extend(is_reset.then(|| (r#""resets":"counters""#.to_owned(), 2.0)));
            Some(all)
        }
    };
    let result = summarize(&query("cpu_util", 0, 300, 60), 86_400, &server(false));
    assert_eq!(*asked.borrow(), [120, 180]);
    let totals: Vec<_> = result.groups.iter().map(|group| group.total).collect();
    // Two of five points of `a`; `b` is not among them.
    assert_eq!(totals, [Some(3.0 * 500.0 + 2.0 * 9000.0), Some(5.0)]);
    assert!(result.answer.warnings.is_empty());
    // If the resets cannot be had, the totals that are there are said to lack something.
    let result = summarize(&query("cpu_util", 0, 300, 60), 86_400, &server(true));
    assert!(result.answer.warnings[0].contains("up to 2 times"));
    assert_eq!(result.groups[0].total, Some(2500.0));
}

#[test]
fn by_hand_the_same_comes_of_the_responses_round_by_round() {
    let server = |promql: &str, at: i64| {
        if promql.contains("sum_over_time") {
            return Some(vec![agent("a", 9000.0)]);
        }
        let mut all = vec![agent("a", 500.0), agent("b", f64::NAN)];
        let is_reset = promql.contains("resets(") && at == 120;
        all.extend(is_reset.then(|| (r#""resets":"counters""#.to_owned(), 2.0)));
        Some(all)
    };
    let configured = configured(DAY);
    let of = |name, options: &RangeOptions| {
        let query = query(name, 0, 7200, 60);
        Summarize::new(&configured, &query, vec![0.5], options).unwrap()
    };
    for (name, interval, rounds) in [
        ("cpu_util", 86_400, vec![2, 1]),
        ("cpu_util", 3600, vec![6, 1]),
        ("mem", 86_400, vec![1]),
    ] {
        let verb = of(name, &options(interval, false));
        let (result, asked) = asked_by_hand(&configured, &verb, &server);
        assert_eq!(asked, rounds, "{name} {interval}");
        // With what is no number in it.
        assert_eq!(
            format!("{result:?}"),
            format!("{:?}", ask(&configured, &verb, &server))
        );
    }

    let verb = of("cpu_util", &options(86_400, false));
    let requests = by_hand::requests_after(&configured, &verb, &[]).unwrap();
    let bodies = requests.iter().map(|request| body(request, &server));
    let bodies: Vec<String> = bodies.map(Option::unwrap).collect();
    let [asked, growth] = [0, 1].map(|at| (200, bodies[at].as_str()));
    let refused = |responses: &[by_hand::Response<'_>]| {
        let failure = by_hand::result_of(&configured, &verb, responses).unwrap_err();
        format!("{failure:?}")
    };
    assert!(refused(&[asked]).contains("1 responses to 2 requests"));
    assert!(refused(&[asked, growth]).contains("2 responses to 3 requests"));
    let more = by_hand::requests_after(&configured, &verb, &[asked, growth]).unwrap();
    let more = body(&more[0], &server).unwrap();
    let surplus = [asked, growth, (200, &more), asked];
    assert!(refused(&surplus).contains("4 responses to 3 requests"));
    assert!(refused(&[asked, (500, "gone")]).contains("500"));
    // Where a part may be missing, it is.
    let partial = of("cpu_util", &options(86_400, true));
    let result = by_hand::result_of(&configured, &partial, &[asked, (500, "gone")]).unwrap();
    assert_eq!(result.missing.len(), 1);
}

#[test]
fn a_counter_with_a_first_sample_is_asked_for_again_and_one_of_an_unknown_age_is_told() {
    let server = |is_unknown: bool| {
        move |promql: &str, at: i64| {
            let mut all = vec![agent("a", 500.0)];
            if promql.contains("unknown_before") {
                all = vec![agent("a", 2.0)];
                all.extend(is_unknown.then(|| (r#""unknown_before":"counters""#.to_owned(), 3.0)));
            } else if promql.contains("first_samples") && (at == 60 || at == 180) {
                all.push((r#""first_samples":"counters""#.to_owned(), 1.0));
            }
            Some(all)
        }
    };
    for is_unknown in [false, true] {
        let server = server(is_unknown);
        let result = summarize(&query("cpu_util", 0, 300, 60), 86_400, &server);
        // From the first such step to the last.
        assert_eq!(result.groups[0].total, Some(2.0 * 500.0 + 3.0 * 2.0));
        let warnings = &result.answer.warnings;
        assert_eq!(warnings.len(), usize::from(is_unknown), "{warnings:?}");
        let told = |warning: &String| warning.contains("first samples of up to 3 counters");
        assert_eq!(warnings.iter().any(told), is_unknown);
    }
}

#[test]
fn any_cut_of_the_range_gives_the_same_summary() {
    let server = |promql: &str, at: i64| {
        let value = (at as f64 / 700.0).sin() * 1e6 + f64::from(promql.len() as u32);
        Some(vec![agent("a", value), agent("b", -value)])
    };
    for name in ["mem", "cpu_util"] {
        let query = query(name, 1_700_000_000, 1_700_090_000, 300);
        let whole = summarize(&query, 86_400, &server);
        for interval in [900, 3600, 50_000] {
            let cut = summarize(&query, interval, &server);
            assert_eq!(cut.groups, whole.groups, "{name} {interval}");
        }
    }
}

#[test]
fn a_chunk_that_failed_is_missing_from_the_summary_and_named() {
    let server = |promql: &str, at: i64| {
        let fails = promql.contains("last_over_time") && at > 3600;
        (!fails).then(|| vec![agent("a", 1.0)])
    };
    let result = summarize(&query("cpu_util", 0, 7200, 300), 3600, &server);
    assert!(result.answer.partial);
    assert!(!result.missing.is_empty());
    let refused = |_: &str, _: i64| None;
    let configured = configured(DAY);
    let query = query("mem", 0, 7200, 300);
    let verb = Summarize::new(&configured, &query, vec![], &options(3600, false)).unwrap();
    assert!(try_ask(&configured, &verb, &refused).is_err());
}

fn rank(score: Score, k: u32, others: bool, lowest: bool, server: Server<'_>) -> Ranked {
    let configured = configured(DAY);
    let query = query("mem", 0, 300, 60);
    let ranking = RankingInput {
        score,
        k: Some(k),
        lowest,
        others,
    };
    let verb = Rank::new(&configured, &query, ranking, &options(86_400, false)).unwrap();
    ask(&configured, &verb, server)
}

fn names(ranked: &Ranked) -> Vec<&str> {
    let series = ranked.range.answer.series.iter();
    series.map(|series| series.labels[0].1.as_str()).collect()
}

#[test]
fn groups_are_ranked_once_over_the_whole_range_and_the_others_are_their_sum() {
    // `c` lives for a moment, high; `a` is high in the end; `d` and `b` are equal.
    let server = |_: &str, at: i64| {
        let mut all = vec![
            agent("a", at as f64 / 10.0),
            agent("b", 10.0),
            agent("d", 10.0),
        ];
        if at == 60 {
            all.push(agent("c", 100.0));
            all.push(agent("e", f64::NAN));
        }
        Some(all)
    };
    let best = rank(Score::Avg, 2, true, false, &server);
    assert_eq!(names(&best), ["c", "a"]);
    assert_eq!(best.scores, [100.0, 15.0]);
    assert_eq!(
        (best.groups, best.score_unit.as_deref()),
        (5, Some("bytes"))
    );
    let others = best.others.unwrap();
    assert_eq!(
        others.timestamps,
        [0, 60_000, 120_000, 180_000, 240_000, 300_000]
    );
    assert_eq!(others.values, [20.0; 6]);
    // Value times time, where a moment counts little.
    let total = rank(Score::Total, 3, true, false, &server);
    assert_eq!(names(&total), ["c", "a", "b"]);
    assert_eq!(total.scores, [6000.0, 5400.0, 3000.0]);
    assert_eq!(total.score_unit.as_deref(), Some("byte-seconds"));
    assert_eq!(
        names(&rank(Score::Min, 2, false, true, &server)),
        ["a", "b"]
    );
    let all = rank(Score::Last, 9, true, false, &server);
    assert_eq!(names(&all), ["c", "a", "b", "d", "e"]);
    assert_eq!(all.others, None);
}

#[test]
fn what_has_no_total_is_not_ranked_by_it() {
    let configured = configured(DAY);
    let mut query = query("mem", 0, 300, 60);
    query.labels.value_type = Some(ValueType::Pct);
    let ranking = RankingInput {
        score: Score::Total,
        k: None,
        lowest: false,
        others: false,
    };
    let refused = Rank::new(&configured, &query, ranking, &options(86_400, false));
    assert!(
        matches!(refused, Err(Failure::InvalidArgument { field, .. }) if field == "ranking.score")
    );
}

#[test]
fn more_groups_than_are_looked_at_are_refused_with_the_limit() {
    let configured = configured(DAY);
    let query = query("mem", 0, 0, 60);
    let verb = Summarize::new(&configured, &query, vec![], &options(86_400, false)).unwrap();
    let server = |_: &str, _: i64| Some((0..10_001).map(|n| agent(&n.to_string(), 1.0)).collect());
    assert_eq!(
        try_ask(&configured, &verb, &server).map(|_| ()),
        Err(Failure::LimitExceeded {
            limit: "groups",
            maximum: Some(10_000),
            requested: Some(10_001),
            message: Some(
                "more than 10000 groups: a filter, or a coarser grouping, makes fewer".into()
            ),
        })
    );
}

fn anomalies(
    query: &MetricQuery,
    detection: DetectionInput,
    interval: u32,
    server: Server<'_>,
) -> WatchResult {
    let configured = configured(30 * DAY);
    let options = options(interval, true);
    let verb = FindAnomalies::new(&configured, query, detection, &options).unwrap();
    ask(&configured, &verb, server)
}

/// A day like every other, but for an hour; and a series that has just begun.
fn usual_days(_: &str, at: i64) -> Option<Vec<(String, f64)>> {
    let day = (at as f64 / DAY as f64 * std::f64::consts::TAU).sin();
    let burst = (9 * DAY..9 * DAY + 3600).contains(&at);
    let mut all = vec![agent(
        "a",
        100.0 + 50.0 * day + if burst { 60.0 } else { 0.0 },
    )];
    if at > 10 * DAY - 7200 {
        all.push(agent("young", 1.0));
    }
    if at < 9 * DAY - 3600 {
        all.push(agent("gone", 1.0));
    }
    Some(all)
}

#[test]
fn an_hour_unlike_that_of_other_days_is_found_whatever_the_range_and_its_cut() {
    let day = query("mem", 9 * DAY - 3600, 10 * DAY, 300);
    let found = anomalies(&day, DetectionInput::default(), 86_400, &usual_days);
    // The lookback is no part of the answer, and neither is what ended with it.
    assert_eq!(found.answer.plan.grid.start(), 9 * DAY - 3600);
    let [a, young] = found.watched.as_slice() else {
        panic!("{:?}", found.watched.len())
    };
    assert_eq!(a.series.timestamps.len(), 301);
    assert_eq!(a.bands.len(), 301);
    assert_eq!(a.learnt, 7 * 288);
    assert_eq!(a.strategy, Some(Strategy::Seasonal));
    let [burst] = a.anomalies.as_slice() else {
        panic!("{:?}", a.anomalies)
    };
    assert_eq!(
        (burst.start, burst.end),
        (9 * DAY * 1000, (9 * DAY + 3300) * 1000)
    );
    assert!(burst.above && burst.score > 1.0);
    // Two hours are too little for a verdict at their beginning, and no season.
    assert_eq!(young.strategy, Some(Strategy::Robust));
    assert!(young.anomalies.is_empty() && !young.bands[0].is_some());
    for interval in [3600, 40_000] {
        let cut = anomalies(&day, DetectionInput::default(), interval, &usual_days);
        assert_eq!(cut.watched[0].bands, a.bands);
    }
    // An hour of it alone, as when somebody zooms in.
    let hour = query("mem", 9 * DAY, 9 * DAY + 3600, 300);
    let zoomed = anomalies(&hour, DetectionInput::default(), 86_400, &usual_days);
    assert_eq!(zoomed.watched[0].bands, a.bands[12..25]);
}

#[test]
fn a_series_without_history_has_no_verdict_and_is_named() {
    let hours = query("mem", 10 * DAY - 3600, 10 * DAY, 300);
    let detection = DetectionInput {
        strategy: Some(Strategy::Seasonal),
        ..Default::default()
    };
    let found = anomalies(&hours, detection, 86_400, &usual_days);
    assert_eq!(
        found.answer.warnings,
        [
            "no verdict on {agent_id=\"young\"}: too few values, or seasons, before the range to learn from"
        ]
    );
    let young = &found.watched[1];
    assert!(young.bands.iter().all(|band| !band.is_some()));
    assert_eq!(young.series.values.len(), 13);
}

#[test]
fn a_chunk_of_the_lookback_that_failed_is_named_and_learnt_around() {
    let day = query("mem", 9 * DAY, 10 * DAY, 300);
    let lossy = |promql: &str, at: i64| match at / DAY {
        5 => None,
        _ => usual_days(promql, at),
    };
    let found = anomalies(&day, DetectionInput::default(), 86_400, &lossy);
    assert!(found.answer.partial);
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.watched[0].anomalies.len(), 1);
}

#[test]
fn more_work_than_a_call_may_cost_is_refused() {
    let configured = configured(30 * DAY);
    let query = query("mem", 20 * DAY, 27 * DAY, 15);
    let detection = DetectionInput {
        lookback: Some(7 * 86_400),
        ..Default::default()
    };
    let verb = FindAnomalies::new(&configured, &query, detection, &options(86_400, false)).unwrap();
    let server = |_: &str, at: i64| {
        let few = at % 3600 == 0;
        Some(
            (0..if few { 40 } else { 0 })
                .map(|n| agent(&n.to_string(), 1.0))
                .collect(),
        )
    };
    assert!(matches!(
        try_ask(&configured, &verb, &server),
        Err(Failure::LimitExceeded {
            limit: "evaluations",
            ..
        })
    ));
}

#[test]
fn a_straggler_is_found_within_its_group_alone() {
    let server = |promql: &str, at: i64| {
        assert!(
            promql.starts_with("sum by (agent_id,kernel_id,value_type)"),
            "{promql}"
        );
        let member = |agent: &str, kernel: u32, value: f64| {
            (
                format!(r#""agent_id":"{agent}","kernel_id":"{kernel}""#),
                value,
            )
        };
        let mut all: Vec<_> = (0..5)
            .map(|n| member("busy", n, 90.0 + f64::from(n)))
            .collect();
        all.extend((5..10).map(|n| member("idle", n, 1.0)));
        all.push(member("alone", 10, 500.0));
        // From the third minute on one of the busy ones waits.
        if at >= 180 {
            all[2].1 = 10.0;
        }
        Some(all)
    };
    let configured = configured(DAY);
    let verb = FindOutliers::new(
        &configured,
        &query("mem", 0, 600, 60),
        Dimension::KernelId,
        ToleranceInput::default(),
        &options(86_400, false),
    )
    .unwrap();
    let found = ask(&configured, &verb, &server);
    assert_eq!(found.watched.len(), 11);
    let odd: Vec<_> = found
        .watched
        .iter()
        .filter(|one| !one.anomalies.is_empty())
        .collect();
    let [straggler] = odd.as_slice() else {
        panic!("{odd:?}")
    };
    assert_eq!(straggler.series.labels[1].1, "2");
    assert_eq!(straggler.anomalies[0].start, 180_000);
    assert_eq!((straggler.learnt, straggler.strategy), (5, None));
    assert_eq!(straggler.bands[5].expected, 91.0);
    assert!(found.answer.warnings[0].contains(r#"{agent_id="alone",kernel_id="10"}"#));
    let of_nothing = FindOutliers::new(
        &configured,
        &query("mem", 0, 600, 60),
        Dimension::ValueType,
        ToleranceInput::default(),
        &options(86_400, false),
    );
    assert!(matches!(of_nothing, Err(Failure::InvalidArgument { field, .. }) if field == "member"));
}
