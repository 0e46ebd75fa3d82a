//! VictoriaMetrics through the whole product: alone, and as two tenants of what looks like a cluster. It answers what
//! Prometheus does in another way, counts rates without extrapolating them, and refuses in other words.
//!
//! These tests run where VictoriaMetrics can be had.

use metric_host::doctor::{Setting, Verdict};
use metric_host::{
    Backend, Config, Credentials, Dimension, Host, HostOptions, MetricQuery, MetricService,
    Pointwise, RangeOptions, RequestMethod, ServiceError, ServiceOptions, Statistic, ValueType,
};
use metric_testbed::{Dataset, Finder, Shape, Tenants, VictoriaMetrics, VictoriaMetricsTools};
use metric_tests::{plugin, uncached};

use super::files::Files;
use super::truths::{DAY, GIB, HOUR, dataset, midnight, of_user, points, times};

fn tools() -> Option<VictoriaMetricsTools> {
    let tools = Finder::new().victoria_metrics();
    tools
        .inspect_err(|error| eprintln!("left out: {error}"))
        .ok()
}

fn service_with(
    address: &str,
    options: &ServiceOptions,
    change: impl FnOnce(&mut Config),
) -> MetricService {
    let mut config = Config::new(address);
    config.sample_interval = Some(30);
    change(&mut config);
    plugin().unwrap().service_with(config, options).unwrap()
}

fn service(server: &VictoriaMetrics) -> MetricService {
    service_with(&server.address(), &uncached(), |config| {
        config.backend = Backend::Victoria;
    })
}

#[tokio::test]
async fn points_mean_the_same_on_victoria_metrics() {
    let Some(tools) = tools() else { return };
    let server = VictoriaMetrics::start_with(&tools, &[], &dataset()).unwrap();
    let service = service(&server);

    // A level: a kernel of 4 GiB that stays, in the four hours after the first.
    let mut query = of_user("mem", ValueType::Current, "turns", 4, 3600);
    query.start = (midnight() + 2 * HOUR).to_string();
    query.group_by = vec![Dimension::UserId];
    let result = service.query_metric(&query).await.unwrap();
    let hours: Vec<i64> = (2..=4).map(|hour| midnight() + hour * HOUR).collect();
    assert_eq!(times(&result), hours, "{}", result.promql);
    assert!(points(&result).iter().all(|(_, value)| *value == 4.0 * GIB));

    // A statistic over time is the group's: of twelve kernels in turn there are two at once at most.
    let mut query = of_user("mem", ValueType::Current, "turns", 1, 3600);
    query.group_by = vec![Dimension::UserId];
    for statistic in [Statistic::Max, Statistic::Avg, Statistic::percentile(95.0)] {
        query.pointwise = Some(Pointwise::over_time(statistic));
        let result = service.query_metric(&query).await.unwrap();
        assert_eq!(times(&result), [midnight() + HOUR], "{}", result.promql);
        let (_, value) = points(&result)[0];
        assert!(
            (4.0 * GIB..=8.0 * GIB).contains(&value),
            "{statistic}: {value}: {}",
            result.promql
        );
    }
    // Members are read at both ends of the range; values over time have no point at its start.
    for (number, pointwise) in [
        (
            7,
            Pointwise::over_members(Statistic::Max, Dimension::KernelId),
        ),
        (
            6,
            Pointwise::over_both(Statistic::percentile(99.0), Dimension::KernelId),
        ),
    ] {
        query.step = Some(600);
        query.pointwise = Some(pointwise);
        let result = service.query_metric(&query).await.unwrap();
        assert_eq!(points(&result).len(), number, "{}", result.promql);
        assert!(points(&result).iter().all(|(_, value)| *value == 4.0 * GIB));
    }

    // A percentage is of those that have both sides, and says who is left out.
    let mut query = of_user("mem", ValueType::Pct, "one-without", 1, 300);
    query.group_by = vec![Dimension::UserId];
    let result = service.query_metric(&query).await.unwrap();
    assert!(
        points(&result).iter().all(|(_, value)| *value == 75.0),
        "{result:?}"
    );
    assert!(points(&result).len() >= 12, "{result:?}");
    assert_eq!(result.warnings.len(), 1, "{:?}", result.warnings);

    // Processor time in percent of a core, whoever has gone. VictoriaMetrics divides by the time between a series'
    // samples and not by the window: what lived for a part of it counts as if it had gone on.
    for (user, seconds) in [("half-an-hour", 5 * 3600_i32), ("forty-minutes", 3600)] {
        let mut query = of_user("cpu_util", ValueType::Pct, user, 1, 3600);
        query.group_by = vec![Dimension::UserId];
        let result = service.query_metric(&query).await.unwrap();
        assert_eq!(times(&result), [midnight() + HOUR], "{user}");
        let expected = 100.0 * f64::from(seconds) / 3600.0;
        let (_, found) = points(&result)[0];
        assert!(
            (found - expected).abs() < 0.03 * expected,
            "{user}: {found}, not {expected}"
        );
    }

    // Nothing is nothing.
    let result = service
        .query_metric(&of_user("mem", ValueType::Current, "nobody", 1, 60))
        .await
        .unwrap();
    assert!(result.series.is_empty() && result.warnings.is_empty() && !result.partial);
}

#[tokio::test]
async fn series_of_victoria_metrics_stand_in_order_on_the_grid_whatever_is_split() {
    let Some(tools) = tools() else { return };
    let dataset = Dataset::generate(&Shape::four_hours());
    let server = VictoriaMetrics::start_with(&tools, &[], &dataset).unwrap();
    for method in [RequestMethod::Auto, RequestMethod::Get] {
        let service = service_with(&server.address(), &uncached(), |config| {
            config.method = method;
        });
        let from = Shape::fixed_start();
        // Off any grid.
        let mut query = MetricQuery::new(
            "mem",
            (from + 17).to_string(),
            (from + 3 * HOUR + 41).to_string(),
        );
        query.step = Some(60);
        query.group_by = vec![Dimension::KernelId];
        let whole = service.query_metric(&query).await.unwrap();
        assert!(whole.series.len() > 1);
        assert!(whole.series.is_sorted_by(|a, b| a.labels < b.labels));
        let on_grid = |at: &i64| at % 60_000 == 0;
        assert!(
            whole
                .series
                .iter()
                .all(|series| series.timestamps.iter().all(on_grid))
        );
        let pieces = RangeOptions {
            interval: Some(600),
            ..RangeOptions::default()
        };
        let split = service.query_range(&query, &pieces).await.unwrap();
        assert_eq!(split.answer.series, whole.series, "{method:?}");
        // VictoriaMetrics names what the last minutes had, and these data are older.
        let names = service.query_metadata().await.unwrap();
        assert!(names.metrics.is_empty() && !names.partial);
    }
}

/// The limit's message of a service's refusal.
fn limit(error: &metric_host::CallError) -> String {
    match error.service() {
        Some(ServiceError::LimitExceeded(limit)) if limit.limit == "server" => {
            limit.message.clone().unwrap_or_default()
        }
        other => panic!("{other:?}: {error}"),
    }
}

#[tokio::test]
async fn limits_of_victoria_metrics_are_limits_in_its_own_words() {
    let Some(tools) = tools() else { return };
    let dataset = Dataset::generate(&Shape::four_hours());
    for (flag, words) in [
        ("-search.maxPointsPerTimeseries=10", "10"),
        ("-search.maxUniqueTimeseries=1", "timeseries"),
        ("-search.maxSamplesPerQuery=10", "samples"),
    ] {
        let server = VictoriaMetrics::start_with(&tools, &[flag.to_owned()], &dataset).unwrap();
        let from = Shape::fixed_start();
        let mut query = MetricQuery::new("mem", from.to_string(), (from + HOUR).to_string());
        query.step = Some(60);
        let error = service(&server).query_metric(&query).await.unwrap_err();
        let message = limit(&error);
        assert!(message.contains(words), "{flag}: {message}");
    }
}

#[tokio::test]
async fn a_path_that_victoria_metrics_does_not_know_is_refused_in_its_plain_text() {
    let Some(tools) = tools() else { return };
    let server = VictoriaMetrics::start_with(&tools, &[], &dataset()).unwrap();
    let address = format!("http://{}/elsewhere", server.address());
    let service = service_with(&address, &uncached(), |_| {});
    let query = of_user("mem", ValueType::Current, "turns", 1, 60);
    let error = service.query_metric(&query).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("400") && said.contains("/elsewhere"),
        "{said}"
    );
}

/// A server that holds so much memory, of user `turns`, in one kernel.
fn holding(tools: &VictoriaMetricsTools, gib: f64) -> VictoriaMetrics {
    let mut all = Dataset::generate(&Shape {
        kernels: 0,
        ..Shape::one_series()
    });
    for series in dataset().series() {
        let is_it = |(name, value): &(String, String)| name == "kernel_id" && value == "after";
        if series.labels.iter().any(is_it) {
            let mut series = series.clone();
            series.values.fill(gib * GIB);
            all.push(series);
        }
    }
    VictoriaMetrics::start_with(tools, &[], &all).unwrap()
}

#[tokio::test]
async fn each_tenant_of_a_cluster_sees_its_own_by_path_and_by_header() {
    let Some(tools) = tools() else { return };
    let tenants = Tenants::start(&tools, vec![holding(&tools, 1.0), holding(&tools, 2.0)]).unwrap();
    let address = format!("http://{}", tenants.address());
    let files = Files::new();
    let with = |credentials: Credentials| {
        let mut options = uncached();
        options.credentials = credentials;
        options
    };
    let (auto, cluster) = (Backend::Auto, Backend::VictoriaCluster);
    let path = |account: usize| {
        let name = format!("path-{account}");
        let secret = files.with(&name, &format!("/select/{account}/prometheus"));
        with(Credentials::new().path(secret))
    };
    let header = |account: usize| {
        let secret = files.with(&format!("account-{account}"), &account.to_string());
        with(Credentials::new().header("AccountID", secret))
    };
    let mut query = of_user("mem", ValueType::Current, "turns", 4, 3600);
    query.start = (midnight() + 2 * HOUR).to_string();
    let second = format!("{address}/select/1/prometheus");
    for (service, gib) in [
        // An address without a tenant is the first one's.
        (
            service_with(&address, &uncached(), |config| config.backend = cluster),
            Some(1.0),
        ),
        (
            service_with(&second, &uncached(), |config| config.backend = cluster),
            Some(2.0),
        ),
        (
            service_with(&address, &path(0), |config| config.backend = cluster),
            Some(1.0),
        ),
        (
            service_with(&address, &path(1), |config| config.backend = cluster),
            Some(2.0),
        ),
        (
            service_with(&address, &path(1), |config| config.backend = auto),
            Some(2.0),
        ),
        (
            service_with(&address, &header(0), |config| config.backend = auto),
            Some(1.0),
        ),
        (
            service_with(&address, &header(1), |config| config.backend = auto),
            Some(2.0),
        ),
        (
            service_with(&address, &path(2), |config| config.backend = cluster),
            None,
        ),
        (
            service_with(&address, &header(2), |config| config.backend = auto),
            None,
        ),
        (
            service_with(&address, &uncached(), |config| config.backend = auto),
            None,
        ),
    ] {
        let answer = service.query_metric(&query).await;
        let names = service.query_metadata().await;
        let Some(gib) = gib else {
            // It has no route for a tenant that there is none of.
            let error = answer.unwrap_err().to_string();
            assert!(error.contains("400"), "{error}");
            names.unwrap_err();
            continue;
        };
        let answer = answer.unwrap();
        assert_eq!(points(&answer).len(), 3, "{}", answer.promql);
        assert!(points(&answer).iter().all(|(_, value)| *value == gib * GIB));
        // VictoriaMetrics names what the last minutes had: what is asked is that the tenant is let in.
        names.unwrap();
    }
}

#[tokio::test]
async fn a_tenant_that_goes_is_asked_for_at_the_other_instance() {
    let Some(tools) = tools() else { return };
    let (one, other) = (
        Tenants::start(&tools, vec![holding(&tools, 1.0)]).unwrap(),
        Tenants::start(&tools, vec![holding(&tools, 1.0)]).unwrap(),
    );
    let mut options = uncached();
    options.failover = vec![other.address()];
    let service = service_with(&one.address(), &options, |config| {
        config.backend = Backend::VictoriaCluster;
    });
    let mut query = of_user("mem", ValueType::Current, "turns", 4, 3600);
    query.start = (midnight() + 2 * HOUR).to_string();
    let expected = service.query_metric(&query).await.unwrap();
    drop(one);
    assert_eq!(service.query_metric(&query).await.unwrap(), expected);
    let answers = service.answers_by_address();
    assert_eq!(
        answers.iter().map(|each| each.1).collect::<Vec<_>>(),
        [1, 1]
    );
}

#[tokio::test]
async fn the_doctor_proposes_the_backend() {
    let Some(tools) = tools() else { return };
    let tenants = Tenants::start(&tools, vec![holding(&tools, 1.0)]).unwrap();
    let cluster = format!("http://{}/select/0/prometheus", tenants.address());
    for (address, found, verdict) in [
        (
            tenants.servers()[0].address(),
            Backend::Victoria,
            Verdict::Ok,
        ),
        (cluster, Backend::VictoriaCluster, Verdict::Warn),
    ] {
        let host = Host::new(HostOptions::default()).unwrap();
        let mut config = Config::new(address);
        config.max_range = Some(u32::try_from(DAY).unwrap());
        let doctor = host.doctor(config, &ServiceOptions::default()).unwrap();
        let examination = doctor.examine().await;
        let check = examination
            .check(metric_host::doctor::Subject::Server)
            .unwrap();
        assert_eq!(check.verdict, verdict, "{examination:#?}");
        assert_eq!(check.set, [Setting::Backend(found)], "{examination:#?}");
    }
}
