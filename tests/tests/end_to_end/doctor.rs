//! The doctor's verdict on a real Prometheus: with each schema's data, without any, and of VictoriaMetrics.

use std::time::{SystemTime, UNIX_EPOCH};

use metric_host::doctor::{Examination, Setting, Subject, Verdict};
use metric_host::{Config, Host, HostOptions, LabelSchema, ServiceOptions};
use metric_testbed::{Dataset, Finder, Prometheus, PrometheusOptions, Shape, VictoriaMetrics};

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// The half hour before `end`, of all metrics, sampled every 30 s.
fn half_an_hour(end: i64, schema: metric_testbed::LabelSchema) -> Dataset {
    Dataset::generate(&Shape {
        from: end - 1800,
        to: end,
        churn: false,
        schema,
        ..Shape::demo(end)
    })
}

async fn examined(address: &str, change: impl FnOnce(&mut Config)) -> Examination {
    let mut config = Config::new(address);
    change(&mut config);
    let host = Host::new(HostOptions::default()).unwrap();
    let doctor = host.doctor(config, &ServiceOptions::default()).unwrap();
    doctor.examine().await
}

fn verdict(examination: &Examination, subject: Subject) -> Verdict {
    examination.check(subject).unwrap().verdict
}

fn set(examination: &Examination) -> Vec<Setting> {
    let checks = examination.checks.iter();
    checks.flat_map(|check| check.set.clone()).collect()
}

fn found(examination: &Examination, subject: Subject) -> &str {
    &examination.check(subject).unwrap().found
}

#[tokio::test]
async fn what_does_not_fit_the_data_is_said_and_what_is_set_then_fits() {
    for (there, set_so, other) in [
        (
            metric_testbed::LabelSchema::Documented,
            LabelSchema::Documented,
            LabelSchema::Agent,
        ),
        (
            metric_testbed::LabelSchema::Agent,
            LabelSchema::Agent,
            LabelSchema::Documented,
        ),
    ] {
        // Samples come on while the test runs.
        let dataset = half_an_hour(now() + 300, there);
        let server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
        let wrong = examined(&server.address(), |config| config.label_schema = other).await;
        assert_eq!(wrong.verdict(), Verdict::Warn, "{wrong:#?}");
        let settings = [Setting::LabelSchema(set_so), Setting::SampleInterval(30)];
        assert_eq!(set(&wrong), settings, "{wrong:#?}");

        let right = examined(&server.address(), |config| {
            config.label_schema = set_so;
            config.sample_interval = Some(30);
        })
        .await;
        assert_eq!(right.verdict(), Verdict::Ok, "{right:#?}");
        assert!(set(&right).is_empty());
        assert!(
            found(&right, Subject::Server).starts_with("Prometheus "),
            "{right:#?}"
        );
        assert!(
            found(&right, Subject::Window).starts_with("120 s"),
            "{right:#?}"
        );
        assert!(
            right
                .checks
                .iter()
                .all(|check| check.verdict == Verdict::Ok)
        );
    }
}

#[tokio::test]
async fn a_prometheus_without_our_metrics_fails_and_is_otherwise_well() {
    let server = Prometheus::start(PrometheusOptions::default()).unwrap();
    let examination = examined(&server.address(), |_| {}).await;
    assert_eq!(verdict(&examination, Subject::Metrics), Verdict::Fail);
    for subject in [Subject::Server, Subject::Clock, Subject::Limits] {
        assert_eq!(
            verdict(&examination, subject),
            Verdict::Ok,
            "{examination:#?}"
        );
    }
    for subject in [Subject::Freshness, Subject::SampleInterval, Subject::Window] {
        assert_eq!(verdict(&examination, subject), Verdict::Skipped);
    }
}

#[tokio::test]
async fn data_that_stopped_are_found_and_their_age_is_told() {
    // Older than Prometheus looks back by itself.
    let dataset = half_an_hour(now() - 3 * 3600, metric_testbed::LabelSchema::Documented);
    let server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    let examination = examined(&server.address(), |_| {}).await;
    assert_eq!(
        verdict(&examination, Subject::Freshness),
        Verdict::Warn,
        "{examination:#?}"
    );
    assert!(
        found(&examination, Subject::Freshness).ends_with("is 3 h old"),
        "{examination:#?}"
    );
    assert_eq!(
        set(&examination),
        [Setting::SampleInterval(30)],
        "{examination:#?}"
    );

    let ancient = half_an_hour(
        Shape::fixed_start(),
        metric_testbed::LabelSchema::Documented,
    );
    let server = Prometheus::start_with(PrometheusOptions::default(), &ancient).unwrap();
    let examination = examined(&server.address(), |_| {}).await;
    assert_eq!(
        verdict(&examination, Subject::Metrics),
        Verdict::Fail,
        "{examination:#?}"
    );
    assert!(
        found(&examination, Subject::Metrics).contains("before that"),
        "{examination:#?}"
    );
}

#[tokio::test]
async fn a_server_that_takes_less_than_is_configured_is_told_from_others() {
    let server = Prometheus::start(PrometheusOptions::default()).unwrap();
    let examination = examined(&server.address(), |config| config.max_points = Some(20_000)).await;
    assert_eq!(
        verdict(&examination, Subject::Limits),
        Verdict::Warn,
        "{examination:#?}"
    );
    assert_eq!(set(&examination), [Setting::MaxPoints(11_001)]);
}

/// Runs where VictoriaMetrics can be had.
#[tokio::test]
async fn victoria_metrics_is_recognised_and_read() {
    let tools = match Finder::new().victoria_metrics() {
        Ok(tools) => tools,
        Err(error) => return eprintln!("left out: {error}"),
    };
    let dataset = half_an_hour(now() + 300, metric_testbed::LabelSchema::Agent);
    let server = VictoriaMetrics::start_with(&tools, &[], &dataset).unwrap();

    let examination = examined(&server.address(), |config| {
        config.label_schema = LabelSchema::Agent;
        config.sample_interval = Some(30);
    })
    .await;
    assert!(
        found(&examination, Subject::Server).starts_with("VictoriaMetrics"),
        "{examination:#?}"
    );
    assert_eq!(examination.verdict(), Verdict::Ok, "{examination:#?}");
}
