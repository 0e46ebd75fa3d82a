//! Small populations whose truth is known by heart: statistics, percentages, days and sparse samples. The expected
//! values are worked out from the samples, never from a query.

use std::sync::OnceLock;

use metric_host::{
    Config, Dimension, MetricQuery, MetricResult, MetricService, Pointwise, Statistic, ValueType,
};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};
use metric_tests::{plugin, reference, uncached};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const GIB: f64 = (1_u64 << 30) as f64;
/// Seconds between two samples of the sparse series.
const SPARSE: i64 = 600;
/// Seconds that Seoul is ahead of UTC.
const SEOUL: i64 = 9 * HOUR;

/// Midnight, UTC.
pub(crate) fn midnight() -> i64 {
    Shape::fixed_start().div_euclid(DAY) * DAY
}

/// The metric and the owners of a series.
#[derive(Clone, Copy)]
struct Of<'a> {
    metric: &'a str,
    side: &'a str,
    kernel: &'a str,
    user: &'a str,
}

impl Of<'_> {
    /// A sample every so many seconds, both ends included.
    fn sampled(self, from: i64, to: i64, every: i64, value: impl Fn(i64) -> f64) -> Series {
        let labels = [
            ("container_metric_name", self.metric),
            ("kernel_id", self.kernel),
            ("owner_user_id", self.user),
            ("value_type", self.side),
        ];
        let timestamps: Vec<i64> = (0..=(to - from) / every)
            .map(|i| from + i * every)
            .collect();
        Series {
            labels: labels.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            values: timestamps.iter().map(|&t| value(t)).collect(),
            timestamps,
        }
    }
}

/// Milliseconds of a core that is busy since midnight.
fn busy(t: i64) -> f64 {
    ((t - midnight()) * 1000) as f64
}

pub(crate) fn dataset() -> Dataset {
    let start = midnight();
    let mut dataset = Dataset::generate(&Shape {
        kernels: 0,
        ..Shape::one_series()
    });
    // Twelve kernels of 4 GiB, five minutes each, one after another. Prometheus takes each for there five minutes more.
    for i in 0..12_i64 {
        let kernel = format!("turn-{i:02}");
        let of = Of {
            metric: "mem",
            side: "current",
            kernel: &kernel,
            user: "turns",
        };
        let from = start + i * 300;
        dataset.push(of.sampled(from, from + 270, 30, |_| 4.0 * GIB));
    }
    let after = Of {
        metric: "mem",
        side: "current",
        kernel: "after",
        user: "turns",
    };
    dataset.push(after.sampled(start + HOUR, start + 4 * HOUR, 30, |_| 4.0 * GIB));

    // 3 of 4 GiB, and a kernel without a capacity.
    for (kernel, side, gib) in [
        ("a", "current", 3.0),
        ("a", "capacity", 4.0),
        ("b", "current", 5.0),
    ] {
        let of = Of {
            metric: "mem",
            side,
            kernel,
            user: "one-without",
        };
        dataset.push(of.sampled(start, start + 2 * HOUR, 30, |_| gib * GIB));
    }

    // A core each: five kernels for half an hour beside an idle one; one kernel for forty minutes.
    let mut core = |kernel: &str, user: &str, seconds: i64, used: fn(i64) -> f64| {
        let current = Of {
            metric: "cpu_util",
            side: "current",
            kernel,
            user,
        };
        dataset.push(current.sampled(start, start + seconds, 30, used));
        let capacity = Of {
            side: "capacity",
            ..current
        };
        dataset.push(capacity.sampled(start, start + seconds, 30, |_| 1000.0));
    };
    for kernel in ["c0", "c1", "c2", "c3", "c4"] {
        core(kernel, "half-an-hour", 1800, busy);
    }
    core("idle", "half-an-hour", 2 * HOUR, |_| 0.0);
    core("d", "forty-minutes", 2400, busy);

    // Every ten minutes, seven minutes past.
    let mem = Of {
        metric: "mem",
        side: "current",
        kernel: "sparse",
        user: "sparse",
    };
    let until = start + 3 * DAY;
    dataset.push(mem.sampled(start + 420, until, SPARSE, level));
    let cpu = Of {
        metric: "cpu_util",
        ..mem
    };
    dataset.push(cpu.sampled(start + 420, until, SPARSE, |t| busy(t) / 2.0));
    // A level that is the number of the day in Seoul.
    let days = Of {
        kernel: "days",
        user: "days",
        ..mem
    };
    dataset.push(days.sampled(start + 420, until, SPARSE, |t| {
        (t + SEOUL).div_euclid(DAY) as f64
    }));
    dataset
}

fn level(t: i64) -> f64 {
    GIB + (t % 7) as f64
}

fn service(sample_interval: i64) -> MetricService {
    static SERVER: OnceLock<Prometheus> = OnceLock::new();
    let server = SERVER
        .get_or_init(|| Prometheus::start_with(PrometheusOptions::default(), &dataset()).unwrap());
    let mut config = Config::new(server.address());
    config.sample_interval = Some(u32::try_from(sample_interval).unwrap());
    plugin().unwrap().service_with(config, &uncached()).unwrap()
}

pub(crate) fn of_user(
    metric: &str,
    side: ValueType,
    user: &str,
    hours: i64,
    step: u32,
) -> MetricQuery {
    let start = midnight();
    let mut query = MetricQuery::new(
        metric,
        start.to_string(),
        (start + hours * HOUR).to_string(),
    );
    query.step = Some(step);
    query.labels.value_type = Some(side);
    query.labels.user_id = vec![user.to_owned()];
    query
}

/// The points of an answer of one series, in Unix seconds.
pub(crate) fn points(result: &MetricResult) -> Vec<(i64, f64)> {
    let [series] = result.series.as_slice() else {
        panic!("{result:?}")
    };
    let times = series.timestamps.iter().map(|t| t / 1000);
    times.zip(series.values.iter().copied()).collect()
}

pub(crate) fn times(result: &MetricResult) -> Vec<i64> {
    points(result).into_iter().map(|(t, _)| t).collect()
}

/// The group's values at each minute of an hour, that of the point among them.
fn held(until: i64) -> Vec<f64> {
    let (dataset, labels) = (dataset(), [("owner_user_id", "turns")]);
    let at = |minute: i64| {
        let at = until - minute * 60;
        let sums = reference::gauge_at(&dataset, &labels, "owner_user_id", at);
        sums.expect("no sample is as old as the lookback")["turns"]
    };
    (0..60).rev().map(at).collect()
}

#[tokio::test]
async fn a_statistic_over_time_is_one_of_what_the_group_held_together() {
    // Every second sample: on the others servers differ on whether one is as old as the lookback.
    let service = service(60);
    let mut query = of_user("mem", ValueType::Current, "turns", 4, 3600);
    query.group_by = vec![Dimension::UserId];
    for statistic in [
        Statistic::Max,
        Statistic::Min,
        Statistic::Avg,
        Statistic::Last,
        Statistic::percentile(95.0),
    ] {
        query.pointwise = Some(Pointwise::over_time(statistic));
        let result = service.query_metric(&query).await.unwrap();
        let found = points(&result);
        let hours: Vec<i64> = (1..=4).map(|hour| midnight() + hour * HOUR).collect();
        assert_eq!(times(&result), hours, "{}", result.promql);
        for (at, value) in found {
            let mut held = held(at);
            assert!(held.iter().all(|held| *held <= 8.0 * GIB));
            let expected = match statistic {
                Statistic::Max => held.iter().copied().fold(0.0, f64::max),
                Statistic::Min => held.iter().copied().fold(f64::MAX, f64::min),
                Statistic::Avg => held.iter().sum::<f64>() / held.len() as f64,
                Statistic::Last => held[held.len() - 1],
                Statistic::Quantile(part) => {
                    held.sort_by(f64::total_cmp);
                    let rank = part * (held.len() - 1) as f64;
                    let (lower, upper) = (held[rank.floor() as usize], held[rank.ceil() as usize]);
                    lower + (upper - lower) * rank.fract()
                }
            };
            assert!(
                (value - expected).abs() <= 1e-9 * expected,
                "{statistic} at {at}: {value}, not {expected}: {}",
                result.promql
            );
        }
    }
}

#[tokio::test]
async fn a_statistic_over_members_or_both_is_that_of_the_kernels_and_not_of_their_sum() {
    let service = service(30);
    let mut query = of_user("mem", ValueType::Current, "turns", 2, 600);
    query.group_by = vec![Dimension::UserId];
    for pointwise in [
        Pointwise::over_members(Statistic::Max, Dimension::KernelId),
        Pointwise::over_members(Statistic::percentile(50.0), Dimension::KernelId),
        Pointwise::over_both(Statistic::Max, Dimension::KernelId),
        Pointwise::over_both(Statistic::percentile(99.0), Dimension::KernelId),
    ] {
        query.pointwise = Some(pointwise);
        let result = service.query_metric(&query).await.unwrap();
        let found = points(&result);
        assert!(found.len() >= 12, "{found:?}");
        for (at, value) in found {
            assert_eq!(value, 4.0 * GIB, "at {at}: {}", result.promql);
        }
    }
}

#[tokio::test]
async fn a_percentage_is_of_the_kernels_with_both_sides_and_says_who_is_left_out() {
    let mut query = of_user("mem", ValueType::Pct, "one-without", 1, 300);
    query.group_by = vec![Dimension::UserId];
    let result = service(30).query_metric(&query).await.unwrap();
    assert_eq!(result.unit.as_deref(), Some("percent"));
    assert!(points(&result).iter().all(|(_, value)| *value == 75.0));
    assert_eq!(points(&result).len(), 13);
    assert_eq!(result.warnings.len(), 1, "{:?}", result.warnings);
    assert!(result.warnings[0].contains('1'), "{:?}", result.warnings);

    // Alone, the one that has both leaves nobody out.
    query.labels.kernel_id = vec!["a".to_owned()];
    let result = service(30).query_metric(&query).await.unwrap();
    assert!(points(&result).iter().all(|(_, value)| *value == 75.0));
    assert!(result.warnings.is_empty(), "{:?}", result.warnings);
}

#[tokio::test]
async fn a_percentage_of_processor_time_is_of_a_core_whoever_has_gone() {
    // Seconds of a core, in an hour.
    for (user, seconds) in [("half-an-hour", 5 * 1800_i32), ("forty-minutes", 2400)] {
        let mut query = of_user("cpu_util", ValueType::Pct, user, 1, 3600);
        query.group_by = vec![Dimension::UserId];
        let result = service(30).query_metric(&query).await.unwrap();
        let found = points(&result);
        assert_eq!(times(&result), [midnight() + HOUR], "{user}");
        let expected = 100.0 * f64::from(seconds) / 3600.0;
        // Prometheus extrapolates by half an interval, and the window is one interval longer than the step.
        assert!(
            (found[0].1 - expected).abs() < 0.01 * expected,
            "{user}: {found:?}, not {expected}"
        );
    }
}

#[tokio::test]
async fn samples_further_apart_than_prometheus_looks_back_are_found() {
    let service = service(SPARSE);
    let mut query = of_user("mem", ValueType::Current, "sparse", 30, 300);
    let result = service.query_metric(&query).await.unwrap();
    let found = points(&result);
    let grid: Vec<i64> = (2..=360).map(|i| midnight() + i * 300).collect();
    assert_eq!(times(&result), grid);
    for (at, value) in found {
        let newest = (at - midnight() - 420).div_euclid(SPARSE) * SPARSE + midnight() + 420;
        assert_eq!(value, level(newest), "at {at}");
    }

    query.metric_name = "cpu_util".to_owned();
    let result = service.query_metric(&query).await.unwrap();
    let found = points(&result);
    assert!(found.len() > 350, "{}", found.len());
    for (at, value) in found {
        // In the first hour Prometheus extrapolates to when the counter was zero.
        assert!(
            at < midnight() + HOUR || (value - 500.0).abs() < 1e-6,
            "{value} at {at}"
        );
    }
}

#[tokio::test]
async fn two_days_at_a_step_of_a_day_are_two_points() {
    let service = service(SPARSE);
    let mut query = of_user("mem", ValueType::Current, "sparse", 48, 86_400);
    query.end = (midnight() + 2 * DAY - 60).to_string();
    let levels = service.query_metric(&query).await.unwrap();
    // At midnight of the first day there is no sample yet.
    assert_eq!(
        (levels.start, levels.end),
        (midnight() * 1000, (midnight() + DAY) * 1000)
    );
    assert_eq!(times(&levels), [midnight() + DAY]);

    query.metric_name = "cpu_util".to_owned();
    let rates = service.query_metric(&query).await.unwrap();
    assert_eq!(times(&rates), [midnight() + DAY, midnight() + 2 * DAY]);
    assert_eq!(
        (rates.start, rates.end),
        ((midnight() + DAY) * 1000, (midnight() + 2 * DAY) * 1000)
    );
    assert!(rates.warnings.is_empty(), "{:?}", rates.warnings);
    assert!(points(&rates).iter().all(|(_, v)| (v - 500.0).abs() < 5.0));
}

#[tokio::test]
async fn a_day_is_the_callers_day() {
    let service = service(SPARSE);
    let mut query = of_user("mem", ValueType::Current, "days", 72, 86_400);
    query.start = (midnight() + DAY - SEOUL).to_string();
    query.end = (midnight() + 3 * DAY - SEOUL).to_string();
    query.utc_offset = Some(i32::try_from(SEOUL).unwrap());
    for statistic in [Statistic::Min, Statistic::Max, Statistic::Last] {
        query.pointwise = Some(Pointwise::over_time(statistic));
        let found = points(&service.query_metric(&query).await.unwrap());
        // The point at a midnight of Seoul stands for the day before it, each of whose samples is its number.
        let expected: Vec<(i64, f64)> = [2, 3]
            .map(|day| midnight() + day * DAY - SEOUL)
            .map(|at| (at, ((at + SEOUL) / DAY - 1) as f64))
            .to_vec();
        assert_eq!(found, expected, "{statistic}");
    }
}
