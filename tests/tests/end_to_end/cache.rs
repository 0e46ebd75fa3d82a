//! The answers of Prometheus that the host keeps: a dashboard asks again for its tail only, and nobody can tell from an
//! answer where it came from.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metric_host::{
    CacheOptions, Config, Dimension, MetricQuery, MetricService, RangeOptions, Scope,
    ServiceOptions, ValueType,
};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};
use metric_tests::counting_proxy::CountingProxy;
use metric_tests::{Testbed, plugin, uncached};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// A way to a Prometheus, and two services that take it: one that keeps answers, and one that asks each time.
struct Setting {
    proxy: CountingProxy,
    cached: MetricService,
    direct: MetricService,
}

impl Setting {
    async fn before(server: String, cache: CacheOptions) -> Self {
        let proxy = CountingProxy::to(server.clone()).await.unwrap();
        let service = |address: String, options: &ServiceOptions| {
            let mut config = Config::new(address);
            config.sample_interval = Some(30);
            plugin().unwrap().service_with(config, options).unwrap()
        };
        let mut options = ServiceOptions::default();
        options.cache = cache;
        Self {
            cached: service(proxy.address(), &options),
            direct: service(server, &uncached()),
            proxy,
        }
    }

    /// Before the data that all tests share: four hours, long past.
    async fn shared() -> Self {
        let server = Testbed::shared().unwrap().server.address();
        Self::before(server, CacheOptions::default()).await
    }

    /// The same, to both of which it is another time, Unix seconds.
    fn at(self, now: i64) -> Self {
        Self {
            cached: self.cached.with_now(now * 1000),
            direct: self.direct.with_now(now * 1000),
            ..self
        }
    }

    /// Asks both, which are to say the same. Returns the number of requests that it took of the one that keeps answers.
    async fn ask(&self, query: &MetricQuery, options: &RangeOptions) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        self.ask_at(now, query, options).await
    }

    /// As [`ask`](Self::ask), at another time to the plugin, in Unix seconds.
    async fn ask_at(&self, now: i64, query: &MetricQuery, options: &RangeOptions) -> u64 {
        let before = self.proxy.requests();
        let [ours, theirs] =
            [&self.cached, &self.direct].map(|service| service.with_now(now * 1000));
        let ours = ours.query_range(query, options).await.unwrap();
        let theirs = theirs.query_range(query, options).await.unwrap();
        assert_eq!(ours.answer, theirs.answer, "{query:?}");
        self.proxy.requests() - before
    }
}

fn query(metric: &str, from: i64, to: i64, step: u32) -> MetricQuery {
    let mut query = MetricQuery::new(metric, from.to_string(), to.to_string());
    query.step = Some(step);
    query.group_by = vec![Dimension::KernelId];
    query
}

/// Long after the data.
fn hours() -> RangeOptions {
    RangeOptions {
        interval: Some(3600),
        ..RangeOptions::default()
    }
}

/// Two days of a small cluster.
fn two_days() -> &'static Prometheus {
    static SERVER: OnceLock<Prometheus> = OnceLock::new();
    SERVER.get_or_init(|| {
        let shape = Shape {
            to: Shape::fixed_start() + 2 * DAY,
            kernels: 12,
            churn: false,
            ..Shape::four_hours()
        };
        let dataset = Dataset::generate(&shape);
        Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap()
    })
}

/// Twenty panels, each over the day before an instant: three metrics, looked at from several sides.
fn dashboard(now: i64) -> Vec<MetricQuery> {
    let sides = [
        Dimension::KernelId,
        Dimension::SessionId,
        Dimension::AgentId,
        Dimension::UserId,
        Dimension::ProjectId,
    ];
    let panels = ["mem", "cpu_util", "net_rx", "mem"];
    (0..20)
        .map(|number| {
            let mut query = query(panels[number % 4], now - DAY, now, 60);
            query.group_by = vec![sides[number / 4]];
            if number % 4 == 3 {
                query.labels.value_type = Some(ValueType::Pct);
            }
            query
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dashboard_that_refreshes_asks_for_its_tail_only() {
    let setting = Setting::before(two_days().address(), CacheOptions::default()).await;
    let proxy = &setting.proxy;
    let refresh = async |now: i64| {
        let (requests, bytes, start) = (proxy.requests(), proxy.answer_bytes(), Instant::now());
        let answers = setting
            .cached
            .with_now(now * 1000)
            .query_batch(&dashboard(now), &RangeOptions::default())
            .await;
        let took = start.elapsed();
        (
            answers.unwrap(),
            proxy.requests() - requests,
            proxy.answer_bytes() - bytes,
            took,
        )
    };
    // Four times a day a refresh asks for six hours once more, in one request: not in this hour. Once an hour for one.
    let first = Shape::fixed_start() + DAY + 12 * HOUR + 30 * MINUTE;
    let (_, first_requests, first_bytes, first_took) = refresh(first).await;
    println!("the first time: {first_requests} requests, {first_bytes} bytes, {first_took:?}");

    // An hour of refreshes, a minute between them.
    let mut shares = Vec::new();
    for minute in 1..=60 {
        let now = first + minute * MINUTE;
        let (answers, requests, bytes, took) = refresh(now).await;
        if minute % 15 == 1 {
            println!("{minute} min later: {requests} requests, {bytes} bytes, {took:?}");
            let direct = setting
                .direct
                .with_now(now * 1000)
                .query_batch(&dashboard(now), &RangeOptions::default())
                .await;
            for (ours, theirs) in answers.iter().zip(direct.unwrap()) {
                let (ours, theirs) = (&ours.as_ref().unwrap().answer, &theirs.unwrap().answer);
                assert_eq!(ours, theirs);
                assert!(!ours.series.is_empty());
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "a share")]
        shares.push(bytes as f64 / first_bytes as f64);
    }
    shares.sort_by(f64::total_cmp);
    let mean = shares.iter().sum::<f64>() / 60.0;
    let (least, median, most) = (shares[0], shares[30], shares[59]);
    println!(
        "of the first time's bytes: {least:.4} at least, {median:.4} mostly, {mean:.4} in the mean, {most:.4} at most"
    );
    println!("{:?}", setting.cached.cache_statistics());
    assert!(median <= 0.02, "{median}");
    assert!(mean <= 0.02, "{mean}");
}

#[tokio::test]
async fn the_same_range_is_asked_for_once() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    let query = query("mem", start, start + 4 * HOUR - 30, 30);
    assert_eq!(setting.ask(&query, &hours()).await, 4);
    assert_eq!(setting.ask(&query, &hours()).await, 0);
    let one = || setting.cached.query_metric(&query);
    let (first, again) = (one().await.unwrap(), one().await.unwrap());
    assert_eq!(first, again);
    assert_eq!(setting.proxy.requests(), 5);
    let statistics = setting.cached.cache_statistics();
    assert_eq!((statistics.hits, statistics.misses), (5, 5));
    assert_eq!(statistics.entries, 5);
}

#[tokio::test]
async fn a_finer_step_is_not_served_from_a_coarser_extent() {
    let setting = Setting::shared().await;
    // An hour into the data: the first chunk of an odd step begins before, and an empty one is not kept.
    let start = Shape::fixed_start() + HOUR;
    for step in [300, 60, 30, 77, 15] {
        let query = query("mem", start, start + 2 * HOUR, step);
        assert!(setting.ask(&query, &hours()).await > 0, "step {step}");
        assert_eq!(setting.ask(&query, &hours()).await, 0, "step {step}");
    }
}

#[tokio::test]
async fn an_unaligned_range_after_an_aligned_one_is_answered_as_its_own() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    setting
        .ask(&query("mem", start, start + 2 * HOUR, 60), &hours())
        .await;
    for shift in [1, 29, 59, 60, 61, 1800, 3599] {
        let moved = query("mem", start + shift, start + 2 * HOUR + shift, 60);
        setting.ask(&moved, &hours()).await;
        // As one request, whose grid is no chunk's.
        let ours = setting.cached.query_metric(&moved).await.unwrap();
        assert_eq!(ours, setting.direct.query_metric(&moved).await.unwrap());
    }
}

#[tokio::test]
async fn a_changed_window_is_another_query() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    // The window of a rate follows the step.
    for step in [30, 60, 300, 900] {
        let query = query("net_rx", start, start + 2 * HOUR, step);
        let plan = setting.cached.plan(&query, &hours()).await.unwrap();
        assert!(setting.ask(&query, &hours()).await > 0, "{:?}", plan.window);
    }
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_again() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    let mut query = query("mem", start, start + HOUR - 30, 30);
    query.labels.kernel_id = vec!["nobody".to_owned()];
    for _ in 0..3 {
        assert_eq!(setting.ask(&query, &hours()).await, 1);
    }
    assert_eq!(setting.cached.cache_statistics().kept, 0);
}

#[tokio::test]
async fn what_is_young_is_asked_for_each_time_whatever_the_plugin_takes_for_final() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let dataset = Dataset::generate(&Shape {
        from: now - 2 * HOUR,
        to: now,
        kernels: 4,
        churn: false,
        ..Shape::four_hours()
    });
    let server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    let setting = Setting::before(server.address(), CacheOptions::default())
        .await
        .at(now + DAY);
    // To the plugin it is tomorrow, and no data come late.
    let late = RangeOptions {
        freshness: Some(0),
        ..RangeOptions::default()
    };
    let young = query("mem", now - 5 * MINUTE, now - MINUTE, 30);
    for _ in 0..2 {
        assert!(setting.ask_at(now + DAY, &young, &late).await > 0);
    }
    let old = query("mem", now - 100 * MINUTE, now - 50 * MINUTE, 30);
    assert!(setting.ask_at(now + DAY, &old, &late).await > 0);
    let kept = setting.cached.cache_statistics().kept;
    assert!(kept > 0);
    assert_eq!(setting.ask_at(now + DAY, &old, &late).await, 0);
}

#[tokio::test]
async fn two_tenants_with_one_query_each_see_their_own() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    let query = query("mem", start, start + 2 * HOUR, 60);
    let everything = setting.cached.query_range(&query, &hours()).await.unwrap();
    let kernel_of = |labels: &[(String, String)]| {
        let label = labels.iter().find(|(name, _)| name == "kernel_id");
        label.unwrap().1.clone()
    };
    let series = everything.answer.series.iter();
    let kernels: BTreeSet<String> = series.map(|series| kernel_of(&series.labels)).collect();
    let mut asked = Vec::new();
    for _ in 0..2 {
        for kernel in kernels.iter().take(3) {
            let scope = Scope::equal("kernel_id", kernel).unwrap();
            let before = setting.proxy.requests();
            let tenant = setting.cached.scoped(scope.clone());
            let ours = tenant.query_range(&query, &hours()).await.unwrap().answer;
            asked.push(setting.proxy.requests() - before);
            let tenant = setting.direct.scoped(scope);
            let theirs = tenant.query_range(&query, &hours()).await.unwrap();
            assert_eq!(ours, theirs.answer);
            assert!(!ours.series.is_empty());
            assert!(ours.series.iter().all(|s| kernel_of(&s.labels) == *kernel));
        }
    }
    let (first, again) = asked.split_at(3);
    assert!(first.iter().all(|asked| *asked > 0), "{first:?}");
    assert_eq!(again, [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_ask_once_and_the_first_one_may_go() {
    let setting = Setting::shared().await;
    let start = Shape::fixed_start();
    let query = query("mem", start, start + HOUR - 30, 30);
    let expected = setting.direct.query_metric(&query).await.unwrap();
    setting.proxy.open(false);
    let ask = || {
        let (service, query) = (setting.cached.clone(), query.clone());
        tokio::spawn(async move { service.query_metric(&query).await })
    };
    let leader = ask();
    while setting.proxy.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let followers: Vec<_> = (0..32).map(|_| ask()).collect();
    while setting.cached.cache_statistics().followers < 32 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    setting.proxy.open(true);
    for follower in followers {
        assert_eq!(follower.await.unwrap().unwrap(), expected);
    }
    assert_eq!(setting.proxy.requests(), 1);
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let cache = {
        let mut options = CacheOptions::default();
        options.bytes = 2 << 20;
        options
    };
    let server = Testbed::shared().unwrap().server.address();
    let setting = Setting::before(server, cache).await;
    let start = Shape::fixed_start();
    for shift in 0..60 {
        let query = query("mem", start + shift * 60, start + shift * 60 + HOUR, 60);
        setting.cached.query_metric(&query).await.unwrap();
        assert!(setting.cached.cache_statistics().bytes <= 2 << 20);
    }
    let statistics = setting.cached.cache_statistics();
    assert!(
        statistics.evicted > 0 && statistics.entries > 0,
        "{statistics:?}"
    );
}

#[tokio::test]
async fn the_names_of_metrics_are_asked_for_once_in_a_while() {
    let setting = Setting::shared().await;
    let metadata = setting.cached.query_metadata().await.unwrap();
    for _ in 0..5 {
        assert_eq!(setting.cached.query_metadata().await.unwrap(), metadata);
    }
    assert_eq!(setting.proxy.requests(), 1);
}
