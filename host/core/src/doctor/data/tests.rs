//! Tests of the verdict on odd data.

use super::super::report::Verdict;
use super::*;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn runs(text: &str) -> Vec<Run> {
    serde_json::from_str(text).unwrap()
}

fn config() -> Config {
    Config::new("p:9090")
}

#[test]
fn owners_tell_the_schema_and_without_them_the_side_does() {
    let judge = |labels: &[&str], sides: &[&str], configured| {
        let check = judge_schema(&set(labels), &set(sides), configured);
        (check.verdict, check.set)
    };
    use LabelSchema::{Agent, Documented};
    let other = |schema| (Verdict::Warn, vec![Setting::LabelSchema(schema)]);
    let fits = (Verdict::Ok, vec![]);
    assert_eq!(judge(&["owner_user_id"], &[], Documented), fits);
    assert_eq!(judge(&["user_id"], &[], Agent), fits);
    assert_eq!(judge(&["owner_project_id"], &[], Agent), other(Documented));
    assert_eq!(
        judge(&["project_id"], &["current"], Documented),
        other(Agent)
    );
    assert_eq!(judge(&["kernel_id"], &["usage"], Documented), fits);
    // Neither and both: no setting is right.
    assert_eq!(
        judge(&["kernel_id"], &["current"], Agent),
        (Verdict::Warn, vec![])
    );
    assert_eq!(
        judge(&["user_id", "owner_user_id"], &[], Agent),
        (Verdict::Warn, vec![])
    );
}

#[test]
fn the_interval_is_the_middle_of_all_gaps() {
    let lost_one = r#"[{"values":[[0,"1"],[30.002,"1"],[60,"1"],[120,"1"],[150.001,"1"]]}]"#;
    assert_eq!(whole(interval_of(&runs(lost_one)).unwrap()), 30);
    let two_series = r#"[{"values":[[0,"1"],[15,"1"]]},{"values":[[7,"NaN"],[22,"1"],[37,"1"]]}]"#;
    assert_eq!(whole(interval_of(&runs(two_series)).unwrap()), 15);
    for nothing in ["[]", "[{}]", r#"[{"values":[[5,"1"]]}]"#] {
        assert_eq!(interval_of(&runs(nothing)), None);
    }
}

#[test]
fn a_longer_interval_than_configured_is_set_and_a_shorter_one_may_be() {
    let judge = |interval| {
        let check = judge_interval(interval, &config());
        (check.verdict, check.set)
    };
    assert_eq!(judge(Some(15.4)), (Verdict::Ok, vec![]));
    assert_eq!(
        judge(Some(30.0)),
        (Verdict::Warn, vec![Setting::SampleInterval(30)])
    );
    assert_eq!(
        judge(Some(5.0)),
        (Verdict::Ok, vec![Setting::SampleInterval(5)])
    );
    assert_eq!(judge(Some(1e300)).1, [Setting::SampleInterval(u32::MAX)]);
    assert_eq!(judge(None).0, Verdict::Warn);
}

#[test]
fn a_window_holds_four_samples_or_is_warned_of() {
    let judge = |timewindow: Option<&str>, interval| {
        let mut config = config();
        config.timewindow = timewindow.map(str::to_owned);
        window(interval, &config)
    };
    assert!(judge(None, 15.0).found.starts_with("75 s"));
    assert!(judge(None, 30.0).found.starts_with("120 s"));
    assert_eq!(judge(Some("2m"), 30.0).verdict, Verdict::Ok);
    assert_eq!(judge(Some("1m"), 30.0).verdict, Verdict::Warn);
    for no_duration in [
        "",
        "5",
        "-5",
        "1e400",
        "9999999999999999999999",
        "5x",
        "m",
        "1m\n",
        "inf",
    ] {
        let check = judge(Some(no_duration), 15.0);
        assert!(
            check.found.contains("no duration"),
            "{no_duration}: {check:?}"
        );
    }
}

#[test]
fn missing_metrics_are_named_and_none_at_all_is_a_failure() {
    let check = judge_names(&set(&["mem", "cpu_util", "my_own"]), 0, &config());
    assert_eq!(check.verdict, Verdict::Warn);
    assert!(
        check.found.contains("net_rx") && !check.found.contains("mem,"),
        "{check:?}"
    );
    assert_eq!(
        judge_names(&set(&EVERYWHERE), 0, &config()).verdict,
        Verdict::Ok
    );
    assert_eq!(judge_names(&set(&[]), 0, &config()).verdict, Verdict::Fail);
    let once = judge_names(&set(&[]), 8, &config());
    assert!(
        once.verdict == Verdict::Fail && once.found.contains("8 before"),
        "{once:?}"
    );
}

#[test]
fn old_samples_are_warned_of() {
    assert_eq!(freshness(100.0, Some(30.0), "mem").verdict, Verdict::Ok);
    assert_eq!(freshness(-3.0, None, "mem").verdict, Verdict::Ok);
    let old = freshness(8000.0, Some(15.0), "mem");
    assert!(
        old.verdict == Verdict::Warn && old.found.contains("2 h"),
        "{old:?}"
    );
}

#[test]
fn hostile_labels_stay_values() {
    let labels = Labels::from([
        ("__name__".to_owned(), FAMILY.to_owned()),
        (
            "kernel_id".to_owned(),
            "a\"} or vector(1) or x{b=\"".to_owned(),
        ),
        ("empty".to_owned(), String::new()),
    ]);
    let query = raw(&labels).unwrap();
    assert_eq!(
        query,
        r#"backendai_container_utilization{kernel_id="a\"} or vector(1) or x{b=\""}[600s]"#
    );
    assert!(promql_parser::parser::parse(&query).is_ok());
}
