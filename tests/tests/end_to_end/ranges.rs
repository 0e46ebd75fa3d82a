//! Long ranges: whatever they are cut into, the answer is that of one request.

use std::collections::BTreeMap;

use metric_host::{
    CallError, Dimension, MetricQuery, MetricResult, MetricService, Piece, RangeOptions,
    ServiceError, ValueType,
};
use metric_testbed::Shape;
use metric_tests::{Testbed, reference};

const HOURS: i64 = 4;

fn query(metric: &str, from: i64, to: i64, step: u32) -> MetricQuery {
    let mut query = MetricQuery::new(metric, from.to_string(), to.to_string());
    query.step = Some(step);
    query.group_by = vec![Dimension::KernelId];
    query
}

/// A quarter of an hour: what a day is to a week, in data of four hours.
fn quarters() -> RangeOptions {
    RangeOptions {
        cached: true,
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

/// Gauges, rates and percentages, over ranges, with options and at times of day that are drawn.
fn drawn(dice: &mut Dice) -> (MetricQuery, RangeOptions, i64) {
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
        cached: dice.below(3) > 0,
        interval: [None, Some(900), Some(3600), Some(1000), Some(1)]
            [usize::try_from(dice.below(5)).unwrap()],
        concurrency: Some(1 + u32::try_from(dice.below(12)).unwrap()),
        ..RangeOptions::default()
    };
    let long_after = Shape::fixed_start() + 86_400;
    let now = [long_after, to, to - dice.below(7200)][usize::try_from(dice.below(3)).unwrap()];
    (query, options, now * 1000)
}

fn assert_same(split: &MetricResult, whole: &MetricResult, what: &MetricQuery) {
    assert_eq!(split.promql, whole.promql);
    assert_eq!(
        (split.start, split.end, split.step, split.metric_type),
        (whole.start, whole.end, whole.step, whole.metric_type)
    );
    assert_eq!(split.unit, whole.unit);
    assert_eq!(reference::plain(split), reference::plain(whole), "{what:?}");
    let order = |result: &MetricResult| {
        let series = result.series.iter();
        series
            .map(|series| series.labels.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(split), order(whole), "{what:?}");
}

#[tokio::test]
async fn a_range_in_chunks_is_the_range_in_one_request_point_for_point() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let mut dice = Dice(1);
    let (mut points, mut requests) = (0, 0);
    for _ in 0..120 {
        let (query, options, now) = drawn(&mut dice);
        let service = service.with_now(now);
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
            .with_now(now * 1000)
            .query_page(&query, &quarters(), cursor.as_deref())
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
    let options = quarters();
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
    let answers = service.query_batch(&queries, &quarters()).await.unwrap();
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
        cached: true,
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
        let (query, options, now) = drawn(&mut dice);
        let service = service.with_now(now);
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
    let error = service.query_range(&query, &quarters()).await.unwrap_err();
    let CallError::Service(ServiceError::LimitExceeded(limit)) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(limit.limit, "max-range");
}
