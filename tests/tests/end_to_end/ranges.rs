//! Long ranges: whatever they are cut into, the answer is that of one request.

use std::collections::BTreeMap;

use metric_host::{
    CallError, Dimension, Fold, MetricQuery, MetricResult, MetricService, MetricType, Piece,
    RangeOptions, ServiceError, ValueType,
};
use metric_testbed::Shape;
use metric_tests::{STEADY, STEADY_RATE, Testbed, reference};

const HOURS: i64 = 4;

fn query(metric: &str, from: i64, to: i64, step: u32) -> MetricQuery {
    let mut query = MetricQuery::new(metric, from.to_string(), to.to_string());
    query.step = Some(step);
    query.group_by = vec![Dimension::KernelId];
    query
}

/// A quarter of an hour: what a day is to a week, in data of four hours.
fn quarters(now: i64) -> RangeOptions {
    RangeOptions {
        now: Some(now * 1000),
        interval: Some(900),
        ..RangeOptions::default()
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Gauges, rates and percentages, over ranges and with options that are drawn.
fn drawn(dice: &mut Dice) -> (MetricQuery, RangeOptions) {
    let start = Shape::fixed_start();
    let from = start - 600 + dice.below(HOURS * 3600);
    let to = from + dice.below(HOURS * 3600);
    // Some divide the interval, some do not.
    let step = [7, 15, 30, 60, 77, 300, 450][usize::try_from(dice.below(7)).unwrap()];
    let (metric, side) = [
        ("mem", Some(ValueType::Usage)),
        ("mem", Some(ValueType::Pct)),
        ("mem", None),
        ("net_rx", None),
        ("cpu_util", Some(ValueType::Current)),
        ("cpu_util", Some(ValueType::Pct)),
        ("odd_values", None),
    ][usize::try_from(dice.below(7)).unwrap()];
    let mut query = query(metric, from, to, step);
    query.labels.value_type = side;
    if dice.below(2) == 0 {
        query.group_by = Vec::new();
    }
    let options = RangeOptions {
        now: [None, Some(to * 1000), Some((to - dice.below(7200)) * 1000)]
            [usize::try_from(dice.below(3)).unwrap()],
        interval: [None, Some(900), Some(3600), Some(1000), Some(1)]
            [usize::try_from(dice.below(5)).unwrap()],
        concurrency: Some(1 + u32::try_from(dice.below(12)).unwrap()),
        ..RangeOptions::default()
    };
    (query, options)
}

fn assert_same(split: &MetricResult, whole: &MetricResult, what: &MetricQuery) {
    assert_eq!(split.promql, whole.promql);
    assert_eq!(
        (split.start, split.end, split.step, split.metric_type),
        (whole.start, whole.end, whole.step, whole.metric_type)
    );
    assert_eq!(split.unit, whole.unit);
    assert_eq!(reference::plain(split), reference::plain(whole), "{what:?}");
    assert_eq!(split.series.len(), whole.series.len(), "no labels twice");
}

#[tokio::test]
async fn a_range_in_chunks_is_the_range_in_one_request_point_for_point() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let mut dice = Dice(1);
    let (mut points, mut requests) = (0, 0);
    for _ in 0..120 {
        let (query, options) = drawn(&mut dice);
        let plan = service.plan(&query, &options).await.unwrap();
        if plan.chunks.len() > 200 {
            continue;
        }
        let whole = service.query_metric(&query).await.unwrap();
        let split = service.query_range(&query, &options).await.unwrap();
        assert!(split.missing.is_empty());
        assert_same(&split.answer, &whole, &query);
        assert_eq!(plan.promql, whole.promql);
        assert_eq!((plan.span.start, plan.span.end), (whole.start, whole.end));
        points += whole.series.iter().map(|s| s.values.len()).sum::<usize>();
        requests += plan.chunks.len();
    }
    assert!(points > 100_000, "{points} points were compared");
    assert!(requests > 500, "{requests} requests were made");
}

#[tokio::test]
async fn pages_in_a_row_are_the_range() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let query = query("mem", start + 100, start + 2 * 3600 + 77, 30);
    let whole = service.query_metric(&query).await.unwrap();
    let mut seen: reference::Plain = BTreeMap::new();
    let mut cursor: Option<String> = None;
    let mut pages = 0;
    // The first page is asked for in the middle of the range; time goes on while the others are.
    let mut now = start + 3600;
    loop {
        let page = service
            .query_page(&query, &quarters(now), cursor.as_deref())
            .await
            .unwrap();
        for (labels, mut points) in reference::plain(&page.answer.answer) {
            let all = seen.entry(labels).or_default();
            assert!(all.last().map(|p| p.0) < points.first().map(|p| p.0));
            all.append(&mut points);
        }
        pages += 1;
        now += 1000;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages > 5, "{pages} pages");
    assert_eq!(seen, reference::plain(&whole));
}

#[tokio::test]
async fn a_cursor_of_another_query_is_refused() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let mem = query("mem", start, start + 3600, 30);
    let options = quarters(start + 9 * 3600);
    let page = service.query_page(&mem, &options, None).await.unwrap();
    let cursor = page.next.unwrap();
    let another_end = query("mem", start, start + 3630, 30);
    let other_cut = RangeOptions {
        interval: Some(1800),
        ..options
    };
    let broken = cursor.replace('.', "-");
    for (query, options, cursor) in [
        (&another_end, &options, &cursor),
        (&mem, &other_cut, &cursor),
        (&mem, &options, &broken),
    ] {
        let error = service
            .query_page(query, options, Some(cursor))
            .await
            .unwrap_err();
        let Some(ServiceError::InvalidArgument(refused)) = error.service() else {
            panic!("{error:?}")
        };
        assert_eq!(refused.field, "cursor");
    }
}

#[tokio::test]
async fn a_batch_answers_each_query_and_fails_only_what_is_wrong() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let good = query("mem", start, start + 7200, 30);
    let mut wrong = good.clone();
    wrong.start = "yesterday".to_owned();
    let rates = query("net_rx", start, start + 7200, 30);
    let queries = [good.clone(), wrong, rates.clone(), good.clone()];
    let answers = service
        .query_batch(&queries, &quarters(start + 9 * 3600))
        .await
        .unwrap();
    assert_eq!(answers.len(), 4);
    let of = |place: usize| &answers[place].as_ref().unwrap().answer;
    assert_same(of(0), &service.query_metric(&good).await.unwrap(), &good);
    assert_same(of(2), &service.query_metric(&rates).await.unwrap(), &rates);
    assert_eq!(reference::plain(of(0)), reference::plain(of(3)));
    let error = answers[1].as_ref().unwrap_err();
    assert!(
        matches!(error.service(), Some(ServiceError::InvalidTimeRange(_))),
        "{error:?}"
    );
}

/// The points of a stream's pieces, put together.
fn put_together(pieces: &[Piece]) -> reference::Plain {
    let mut all: reference::Plain = BTreeMap::new();
    for series in pieces.iter().flat_map(|piece| &piece.series) {
        let points = series.timestamps.iter().copied();
        let points = points.zip(series.values.iter().map(|v| match v.is_nan() {
            true => f64::NAN.to_bits(),
            false => v.to_bits(),
        }));
        all.entry(series.labels.clone()).or_default().extend(points);
    }
    all
}

async fn pieces(
    service: &MetricService,
    query: &MetricQuery,
    options: &RangeOptions,
) -> Vec<Piece> {
    let mut stream = service.stream(query, options).await.unwrap();
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await.unwrap() {
        pieces.push(piece);
    }
    pieces
}

#[tokio::test]
async fn a_stream_gives_the_range_in_bounded_pieces() {
    let testbed = Testbed::shared().unwrap();
    // Less than the answer as a whole: only what is not given yet counts.
    let service = testbed
        .service_with(|config| config.max_result_bytes = Some(3_000_000))
        .unwrap();
    let start = Shape::fixed_start();
    let mut query = query("mem", start, start + HOURS * 3600, 1);
    query.labels.value_type = Some(ValueType::Usage);
    let hours = RangeOptions {
        now: Some((start + 9 * 3600) * 1000),
        interval: Some(3600),
        ..RangeOptions::default()
    };
    let pieces = pieces(&service, &query, &hours).await;
    let samples = |piece: &Piece| piece.series.iter().map(|s| s.values.len()).sum::<usize>();
    assert!(pieces.iter().all(|piece| samples(piece) <= 65_536));
    let all: usize = pieces.iter().map(samples).sum();
    assert!(all * 16 > 3_000_000, "{all} samples");
    let seen = put_together(&pieces);
    assert!(
        seen.values()
            .all(|points| points.windows(2).all(|w| w[0].0 < w[1].0)),
        "points come in the order of time"
    );
    let roomy = testbed
        .service_with(|config| config.max_points = Some(20_000))
        .unwrap();
    let whole = roomy.query_range(&query, &hours).await.unwrap();
    assert_eq!(seen, reference::plain(&whole.answer));
    let error = service.query_range(&query, &hours).await.unwrap_err();
    assert!(
        matches!(error.service(), Some(ServiceError::LimitExceeded(_))),
        "as a whole it is too large: {error:?}"
    );
}

#[tokio::test]
async fn drawn_streams_are_the_range_too() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let mut dice = Dice(2);
    for _ in 0..30 {
        let (query, options) = drawn(&mut dice);
        let plan = service.plan(&query, &options).await.unwrap();
        if plan.chunks.len() > 100 {
            continue;
        }
        let whole = service.query_metric(&query).await.unwrap();
        let pieces = pieces(&service, &query, &options).await;
        assert_eq!(put_together(&pieces), reference::plain(&whole), "{query:?}");
    }
}

#[tokio::test]
async fn a_fold_stands_for_the_samples_since_the_point_before() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let mut query = query("net_rx", start + 1800, start + 3 * 3600, 300);
    // A counter read as a level: its samples are known, every 30 s from 7 s past.
    query.metric_type = Some(MetricType::Gauge);
    query.labels.kernel_id = Some(STEADY.to_owned());
    let samples: Vec<i64> = (0..=480).map(|i| start + 7 + i * 30).collect();
    for fold in [Fold::Avg, Fold::Max, Fold::Min, Fold::Last] {
        let options = RangeOptions {
            fold: Some(fold),
            ..quarters(start + 9 * 3600)
        };
        let plan = service.plan(&query, &options).await.unwrap();
        assert_eq!(plan.window.as_deref(), Some("5m"));
        assert!(plan.window_reason.is_some());
        let result = service.query_range(&query, &options).await.unwrap().answer;
        let series = &result.series[0];
        assert_eq!(series.values.len(), 31);
        for (&at, &value) in series.timestamps.iter().zip(&series.values) {
            let at = at / 1000;
            let within: Vec<f64> = samples
                .iter()
                .filter(|&&t| t > at - 300 && t <= at)
                .map(|&t| STEADY_RATE * (t - start) as f64)
                .collect();
            let expected = match fold {
                Fold::Avg => within.iter().sum::<f64>() / within.len() as f64,
                Fold::Max | Fold::Last => within.iter().copied().fold(0.0, f64::max),
                Fold::Min => within.iter().copied().fold(f64::MAX, f64::min),
            };
            assert!(
                (value - expected).abs() <= 1e-9 * expected,
                "{fold:?} at {at}: {value}, not {expected}"
            );
        }
    }
}

#[tokio::test]
async fn a_fold_of_what_is_read_per_second_is_refused() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let options = RangeOptions {
        fold: Some(Fold::Avg),
        ..RangeOptions::default()
    };
    let mut percent = query("cpu_util", start, start + 3600, 60);
    percent.labels.value_type = Some(ValueType::Pct);
    for query in [query("net_rx", start, start + 3600, 60), percent] {
        let error = service.plan(&query, &options).await.unwrap_err();
        let Some(ServiceError::InvalidArgument(refused)) = error.service() else {
            panic!("{error:?}")
        };
        assert_eq!(refused.field, "options.fold");
    }
}

#[tokio::test]
async fn both_sides_of_a_folded_percentage_are_folded() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let mut query = query("mem", start, start + 3600, 300);
    query.labels.value_type = Some(ValueType::Pct);
    let options = RangeOptions {
        fold: Some(Fold::Max),
        ..RangeOptions::default()
    };
    let answer = service.query_range(&query, &options).await.unwrap().answer;
    assert_eq!(answer.promql.matches("max_over_time(").count(), 2);
    assert!(!answer.series.is_empty());
}

#[tokio::test]
async fn a_step_is_chosen_for_the_points_that_are_wanted_and_said_why() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let mut query = query("mem", start, start + 6 * 86_400, 1);
    query.step = None;
    let plan = async |max_points| {
        let options = RangeOptions {
            max_points,
            ..RangeOptions::default()
        };
        service.plan(&query, &options).await.unwrap()
    };
    assert_eq!(plan(None).await.step, 3600);
    let few = plan(Some(50)).await;
    assert_eq!(few.step, 3 * 3600);
    assert!(few.step_reason.contains("50 points"), "{}", few.step_reason);
}

#[tokio::test]
async fn options_that_mean_nothing_name_their_field() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let start = Shape::fixed_start();
    let query = query("mem", start, start + 3600, 60);
    let none = RangeOptions::default();
    for (options, field) in [
        (
            RangeOptions {
                interval: Some(0),
                ..none
            },
            "options.interval",
        ),
        (
            RangeOptions {
                concurrency: Some(0),
                ..none
            },
            "options.concurrency",
        ),
        (
            RangeOptions {
                max_points: Some(0),
                ..none
            },
            "options.max-points",
        ),
    ] {
        let error = service.query_range(&query, &options).await.unwrap_err();
        let Some(ServiceError::InvalidArgument(refused)) = error.service() else {
            panic!("{error:?}")
        };
        assert_eq!(refused.field, field);
        assert!(refused.reason.contains("accepted is at least"));
    }
}

#[tokio::test]
async fn a_range_longer_than_configured_is_refused_as_a_whole() {
    let service = Testbed::shared()
        .unwrap()
        .service_with(|config| config.max_range = Some(3600))
        .unwrap();
    let start = Shape::fixed_start();
    let query = query("mem", start, start + 3601, 60);
    let error = service
        .query_range(&query, &quarters(start))
        .await
        .unwrap_err();
    let CallError::Service(ServiceError::LimitExceeded(limit)) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(limit.limit, "max-range");
}
