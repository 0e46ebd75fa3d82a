//! Tests of the queries written for a family, and of refusals.

use super::*;
use crate::domain::preset::LabelValues;
use crate::domain::{PromDuration, QueryError, Settings, Statistic};
use promql_parser::parser;

fn family(name: &str, kind: FamilyKind) -> Family {
    Family {
        name: name.into(),
        kind,
        unit: Some("seconds".into()),
        labels: ["a", "b"].map(Into::into).to_vec(),
        ..Family::default()
    }
}

fn query(family: Family) -> FamilyQuery {
    FamilyQuery {
        family,
        filters: vec![LabelValues {
            label: "b".into(),
            values: vec!["x\"y".into(), "x".into()],
        }],
        group_by: vec!["a".into()],
        start: "0".into(),
        end: "1800".into(),
        step: Some(60),
        ..FamilyQuery::default()
    }
}

fn of(name: &str, kind: FamilyKind, statistic: FamilyStatistic) -> FamilyQuery {
    FamilyQuery {
        statistic: Some(statistic),
        ..query(family(name, kind))
    }
}

fn promql(query: &FamilyQuery) -> String {
    let promql = plan_family(&Settings::default(), query).unwrap().promql;
    parser::parse(&promql).unwrap_or_else(|error| panic!("{promql}: {error}"));
    promql
}

fn refused(query: &FamilyQuery) -> (&'static str, String) {
    let error = plan_family(&Settings::default(), query).unwrap_err();
    (error.field(), error.to_string())
}

#[test]
fn each_kind_is_read_in_its_way() {
    const L: &str = r#"{b=~"x|x\"y"}"#;
    for (kind, statistic, expected) in [
        (
            FamilyKind::Gauge,
            FamilyStatistic::Max,
            format!("max by (a)(f{L})"),
        ),
        (
            FamilyKind::Gauge,
            FamilyStatistic::Quantile(0.9),
            format!("quantile by (a)(0.9, f{L})"),
        ),
        (
            FamilyKind::Counter,
            FamilyStatistic::Sum,
            format!("sum by (a)(rate(f{L}[1m15s]))"),
        ),
        (
            FamilyKind::Histogram,
            FamilyStatistic::Quantile(0.95),
            format!("histogram_quantile(0.95, sum by (a,le)(rate(f_bucket{L}[1m15s]))) >= -Inf"),
        ),
        (
            FamilyKind::Histogram,
            FamilyStatistic::Avg,
            format!(
                "sum by (a)(rate(f_sum{L}[1m15s])) / (sum by (a)(rate(f_count{L}[1m15s])) > 0)"
            ),
        ),
        (
            FamilyKind::Histogram,
            FamilyStatistic::Rate,
            format!("sum by (a)(rate(f_count{L}[1m15s]))"),
        ),
        (
            FamilyKind::NativeHistogram,
            FamilyStatistic::Quantile(0.5),
            format!("histogram_quantile(0.5, sum by (a)(rate(f{L}[1m15s]))) >= -Inf"),
        ),
        (
            FamilyKind::NativeHistogram,
            FamilyStatistic::Rate,
            format!("histogram_count(sum by (a)(rate(f{L}[1m15s])))"),
        ),
        (
            FamilyKind::NativeHistogram,
            FamilyStatistic::Avg,
            format!(
                "histogram_sum(sum by (a)(rate(f{L}[1m15s]))) / (histogram_count(sum by (a)(rate(f{L}[1m15s]))) > 0)"
            ),
        ),
    ] {
        assert_eq!(promql(&of("f", kind, statistic)), expected);
    }
}

#[test]
fn former_names_are_joined_series_by_series_and_buckets_as_a_whole() {
    let renamed = |kind, statistic| {
        let mut query = of("new", kind, statistic);
        query.family.former_names = vec!["old".into(), "older".into()];
        query.filters.clear();
        promql(&query)
    };
    assert_eq!(
        renamed(FamilyKind::Gauge, FamilyStatistic::Sum),
        "sum by (a)(new or old or older)"
    );
    assert_eq!(
        renamed(FamilyKind::Counter, FamilyStatistic::Sum),
        "sum by (a)(rate(new[1m15s]) or rate(old[1m15s]) or rate(older[1m15s]))"
    );
    assert_eq!(
        renamed(FamilyKind::Histogram, FamilyStatistic::Quantile(0.5)),
        "histogram_quantile(0.5, sum by (a,le)(rate(new_bucket[1m15s]) or (rate(old_bucket[1m15s]) unless ignoring (le) rate(new_bucket[1m15s])) or (rate(older_bucket[1m15s]) unless ignoring (le) rate(new_bucket[1m15s]) unless ignoring (le) rate(old_bucket[1m15s])))) >= -Inf"
    );
}

#[test]
fn a_statistic_over_time_is_one_of_the_group_and_of_observations_a_longer_window() {
    let over = |kind, statistic, over_time, window| {
        let mut query = of("f", kind, statistic);
        query.filters.clear();
        query.over_time = Some(OverTime {
            statistic: over_time,
            window,
        });
        promql(&query)
    };
    assert_eq!(
        over(
            FamilyKind::Gauge,
            FamilyStatistic::Avg,
            Statistic::Max,
            Some(3600)
        ),
        "max_over_time((avg by (a)(f))[59m59s999ms:1m])"
    );
    assert_eq!(
        over(
            FamilyKind::Counter,
            FamilyStatistic::Sum,
            Statistic::Avg,
            Some(3600)
        ),
        "sum by (a)(rate(f[1h]))"
    );
    // The mean of the largest is not the largest mean.
    assert_eq!(
        over(
            FamilyKind::Counter,
            FamilyStatistic::Max,
            Statistic::Avg,
            Some(3600)
        ),
        "avg_over_time((max by (a)(rate(f[1m])))[59m59s999ms:1m])"
    );
    assert_eq!(
        over(
            FamilyKind::NativeHistogram,
            FamilyStatistic::Quantile(0.9),
            Statistic::Avg,
            Some(3600)
        ),
        "histogram_quantile(0.9, sum by (a)(rate(f[1h]))) >= -Inf"
    );
    assert_eq!(
        over(
            FamilyKind::Histogram,
            FamilyStatistic::Rate,
            Statistic::Max,
            None
        ),
        "max_over_time((sum by (a)(rate(f_count[1m])))[59s999ms:15s])"
    );
}

#[test]
fn without_a_statistic_what_adds_up_is_added_up_and_else_the_mean_is_taken() {
    let default = |kind, intensive| {
        let mut query = query(family("f", kind));
        query.family.intensive = intensive;
        query.filters.clear();
        query.group_by.clear();
        promql(&query)
    };
    assert_eq!(default(FamilyKind::Gauge, false), "sum(f)");
    assert_eq!(default(FamilyKind::Gauge, true), "avg(f)");
    assert_eq!(default(FamilyKind::Counter, false), "sum(rate(f[1m15s]))");
    assert!(default(FamilyKind::Histogram, false).starts_with("sum(rate(f_sum"));
}

#[test]
fn a_sum_of_what_does_not_add_up_is_refused_with_what_to_use_instead() {
    let mut query = of("temperature", FamilyKind::Gauge, FamilyStatistic::Sum);
    query.family.intensive = true;
    let (field, reason) = refused(&query);
    assert_eq!(field, "statistic");
    assert_eq!(
        reason,
        "the values of \"temperature\" do not add up: accepted are `avg`, `max`, `min` and quantiles, such as 0.95"
    );
    query.statistic = Some(FamilyStatistic::Max);
    assert!(promql(&query).starts_with("max by (a)(temperature{"));
    for statistic in [FamilyStatistic::Sum, FamilyStatistic::Max] {
        let (field, reason) = refused(&of("f", FamilyKind::Histogram, statistic));
        assert_eq!(field, "statistic");
        assert!(
            reason.contains("avg, which is the mean of its observations, rate"),
            "{reason}"
        );
    }
    assert!(
        refused(&of("f", FamilyKind::Counter, FamilyStatistic::Rate))
            .1
            .contains("accepted are sum")
    );
}

#[test]
fn what_is_no_name_is_refused_wherever_it_stands() {
    for name in [
        "",
        "1a",
        "a-b",
        "a b",
        "a{b=\"c\"}",
        "a\n",
        "é",
        "sum",
        "NaN",
        "inf",
        "On",
        "a)) or (b",
        "a.b",
    ] {
        let (field, reason) = refused(&query(family(name, FamilyKind::Gauge)));
        assert_eq!(field, "family.name", "{name}");
        assert!(reason.contains("accepted are letters"), "{reason}");
        let mut renamed = query(family("f", FamilyKind::Gauge));
        renamed.family.former_names = vec![name.into()];
        assert_eq!(refused(&renamed).0, "family.former-names");
    }
    for label in [
        "", "a b", "a,b", "1", "é", "a)(f", "nan", "Without", "__name__",
    ] {
        let of = |change: &dyn Fn(&mut FamilyQuery)| {
            let mut query = query(family("f", FamilyKind::Gauge));
            query.family.labels.clear();
            change(&mut query);
            refused(&query).0
        };
        assert_eq!(
            of(&|query| query.group_by = vec![label.into()]),
            "group-by",
            "{label}"
        );
        assert_eq!(
            of(&|query| query.filters[0].label = label.into()),
            "filters",
            "{label}"
        );
        assert_eq!(
            of(&|query| query.family.labels = vec![label.into()]),
            "family.labels",
            "{label}"
        );
    }
    assert!(promql(&query(family("vllm:x_total", FamilyKind::Counter))).contains("vllm:x_total{"));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_field() {
    let with = |kind, change: &dyn Fn(&mut FamilyQuery)| {
        let mut query = query(family("f", kind));
        change(&mut query);
        refused(&query)
    };
    let gauge = |change: &dyn Fn(&mut FamilyQuery)| with(FamilyKind::Gauge, change);
    let field = |found: (&'static str, String)| found.0;
    assert!(
        gauge(&|q| q.group_by = vec!["c".into()])
            .1
            .contains("accepted are a, b")
    );
    assert_eq!(
        field(gauge(&|q| q.filters[0].label = "c".into())),
        "filters"
    );
    assert_eq!(field(gauge(&|q| q.filters[0].values.clear())), "filters");
    assert_eq!(
        field(gauge(&|q| q.filters[0].values.push(String::new()))),
        "filters"
    );
    assert_eq!(
        field(gauge(&|q| q.filters.push(q.filters[0].clone()))),
        "filters"
    );
    assert_eq!(
        field(gauge(&|q| q.family.former_names = vec!["f".into()])),
        "family.former-names"
    );
    assert_eq!(
        field(gauge(&|q| q.family.former_names = vec!["x".into(); 5])),
        "family.former-names"
    );
    assert_eq!(
        field(gauge(&|q| q.family.labels = vec!["x".into(); 65])),
        "family.labels"
    );
    assert_eq!(
        field(gauge(&|q| q.family.unit = Some("x".repeat(65)))),
        "family.unit"
    );
    assert_eq!(
        field(gauge(&|q| q.family.description = "x".repeat(1025))),
        "family.description"
    );
    assert_eq!(
        field(gauge(
            &|q| q.statistic = Some(FamilyStatistic::Quantile(1.5))
        )),
        "statistic"
    );
    assert_eq!(
        field(gauge(
            &|q| q.statistic = Some(FamilyStatistic::Quantile(f64::NAN))
        )),
        "statistic"
    );
    let over = |statistic, window| Some(OverTime { statistic, window });
    assert_eq!(
        field(gauge(&|q| q.over_time = over(Statistic::Max, Some(1)))),
        "over-time.window"
    );
    assert_eq!(
        field(gauge(
            &|q| q.over_time = over(Statistic::Quantile(2.0), None)
        )),
        "over-time.statistic"
    );
    let histogram = |change: &dyn Fn(&mut FamilyQuery)| with(FamilyKind::Histogram, change);
    assert_eq!(
        field(histogram(&|q| q.family.intensive = true)),
        "family.intensive"
    );
    assert_eq!(
        field(histogram(&|q| q.family.name = "f_bucket".into())),
        "family.name"
    );
    assert_eq!(
        field(histogram(&|q| q.family.labels = vec!["le".into()])),
        "family.labels"
    );
    assert_eq!(
        plan_family(
            &Settings::default(),
            &FamilyQuery {
                utc_offset: Some(i32::MIN),
                ..query(family("f", FamilyKind::Gauge))
            }
        ),
        Err(FamilyError::Query(QueryError::UtcOffset(i32::MIN)))
    );
    let long: Vec<String> = (0..90)
        .map(|n| format!("{n}{}", "x".repeat(4000)))
        .collect();
    assert!(
        gauge(&|q| q.filters[0].values.clone_from(&long))
            .1
            .contains("fewer values")
    );
}

#[test]
fn families_of_a_file_are_checked_each_by_its_name() {
    let good = family("f", FamilyKind::Gauge);
    assert_eq!(
        check_families(&[good.clone(), family("g", FamilyKind::Counter)]),
        Ok(())
    );
    let error = check_families(&[good.clone(), family("g h", FamilyKind::Gauge)]).unwrap_err();
    assert!(
        error.to_string().starts_with("\"g h\": \"g h\" is no name"),
        "{error}"
    );
    assert!(
        check_families(&[good.clone(), good])
            .unwrap_err()
            .to_string()
            .contains("described twice")
    );
    let many: Vec<_> = (0..1001)
        .map(|n| family(&format!("f{n}"), FamilyKind::Gauge))
        .collect();
    assert!(
        check_families(&many)
            .unwrap_err()
            .to_string()
            .contains("at most 1000")
    );
}

#[test]
fn windows_are_those_of_every_query_and_doubted_alike() {
    let fixed = Settings {
        timewindow: PromDuration::parse("30s").ok(),
        ..Settings::default()
    };
    let counter = plan_family(&fixed, &query(family("f", FamilyKind::Counter))).unwrap();
    assert!(counter.promql.contains("[30s]"));
    assert_eq!(counter.warnings.len(), 2);
    assert_eq!(counter.unit.as_deref(), Some("seconds/s"));
    let gauge = plan_family(&fixed, &query(family("f", FamilyKind::Gauge))).unwrap();
    assert!(gauge.warnings.is_empty() && gauge.window.is_none());
    let rate = plan_family(
        &fixed,
        &of("f", FamilyKind::Histogram, FamilyStatistic::Rate),
    )
    .unwrap();
    assert_eq!(rate.unit.as_deref(), Some("count/s"));
    let slow = Settings {
        sample_interval: std::num::NonZeroU32::new(600).unwrap(),
        ..Settings::default()
    };
    let gauge = plan_family(&slow, &query(family("f", FamilyKind::Gauge))).unwrap();
    assert!(
        gauge.promql.contains("last_over_time(f{"),
        "{}",
        gauge.promql
    );
}
