//! Tests of the checks on a plugin's answers to these verbs, and of a plugin without them.

use super::*;
use crate::{CompileCache, Config, Host, HostOptions, Score};
use metric_test_plugins::{TestPlugin, WITH_INSIGHT, data_at, offset, plugin};

fn service(bytes: &[u8]) -> MetricService {
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    });
    let plugin = host.unwrap().load(bytes).unwrap();
    plugin.service(Config::new("127.0.0.1:9090")).unwrap()
}

fn query() -> MetricQuery {
    MetricQuery::new("mem", "0", "60")
}

fn source() -> ValueSource {
    ValueSource::Dimension(Dimension::KernelId)
}

#[tokio::test]
async fn a_plugin_without_these_verbs_says_which_interface_it_lacks() {
    let service = service(&plugin("unreachable"));
    assert!(!service.plugin().has_insight() && !service.plugin().has_discovery());
    let (query, options) = (query(), RangeOptions::default());
    let (ranking, detection) = (Ranking::by(Score::Avg), Detection::default());
    let tolerance = Tolerance::default();
    let filter = ValueFilter::default();
    for (refused, interface) in [
        (
            service.summarize(&query, &[], &options).await.map(drop),
            "insight@0.2.0",
        ),
        (
            service.rank(&query, &ranking, &options).await.map(drop),
            "insight@0.2.0",
        ),
        (
            service
                .find_anomalies(&query, &detection, &options)
                .await
                .map(drop),
            "insight@0.2.0",
        ),
        (
            service
                .find_outliers(&query, Dimension::KernelId, &tolerance, &options)
                .await
                .map(drop),
            "insight@0.2.0",
        ),
        (
            service.values(&source(), &filter).await.map(drop),
            "discovery@0.2.0",
        ),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, CallError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(interface), "{error}");
    }
}

/// An `ok` at address 1024 whose answer has a step; with other fields besides.
fn with_step(record: &str, at: usize, extra: &str) -> String {
    let step = 1032 + offset(record, "answer") + at + offset("metric-result", "step");
    data_at(step, [60]) + extra
}

#[tokio::test]
async fn more_scores_than_series_break_the_contract() {
    for (scores, sound) in [(0_u32, true), (1, false)] {
        let fields = with_step(
            "ranked",
            offset("range-answer", "answer"),
            &data_at(1032 + offset("ranked", "scores") + 4, scores.to_le_bytes()),
        );
        let bytes = TestPlugin::new("unreachable")
            .function("rank", "(i32.const 1024)")
            .world(&[], WITH_INSIGHT)
            .extra(&fields)
            .build();
        let ranked = service(&bytes)
            .rank(&query(), &Ranking::by(Score::Avg), &RangeOptions::default())
            .await;
        match ranked {
            Ok(_) => assert!(sound),
            Err(CallError::BrokenContract { reason }) => {
                assert!(!sound && reason.contains("1 scores"), "{reason}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn watched(timestamps: &[i64]) -> Watched {
    let column = vec![1.0; timestamps.len()];
    Watched {
        labels: Vec::new(),
        timestamps: timestamps.to_vec(),
        values: column.clone(),
        expected: column.clone(),
        lower: column.clone(),
        upper: column,
        anomalies: Vec::new(),
        learnt: 0,
        strategy: None,
    }
}

#[test]
fn what_was_watched_lies_on_the_grid_in_columns_of_one_length() {
    let grid = Grid::new((0, 120_000), 60, &Config::new("h:1")).unwrap();
    let whole = watched(&[0, 60_000, 120_000]);
    assert!(check_watched(&whole, &grid).is_ok());
    let mut short = whole.clone();
    short.upper.pop();
    let anomaly = |start, peak_at, end| {
        let mut one = whole.clone();
        one.anomalies.push(crate::Anomaly {
            start,
            end,
            above: true,
            peak_at,
            peak: 1.0,
            expected: 0.0,
            score: 2.0,
        });
        one
    };
    assert!(check_watched(&anomaly(0, 60_000, 60_000), &grid).is_ok());
    for broken in [
        short,
        watched(&[0, 0]),
        watched(&[1]),
        watched(&[180_000]),
        anomaly(0, 120_000, 60_000),
        anomaly(60_000, 60_000, 180_000),
    ] {
        let error = check_watched(&broken, &grid).unwrap_err();
        assert!(matches!(error, CallError::BrokenContract { .. }));
    }
}

#[test]
fn summaries_have_the_quantiles_that_were_asked_for_and_no_more_points_than_there_are() {
    let summary = |points, asked, not_numbers, quantiles| crate::Summary {
        labels: Vec::new(),
        points,
        asked,
        not_numbers,
        first: 0.0,
        last: 0.0,
        min: 0.0,
        max: 0.0,
        avg: 0.0,
        quantiles: vec![0.0; quantiles],
        total: None,
    };
    assert!(check_summaries(&[summary(1, 2, 1, 2)], 2).is_ok());
    for broken in [
        summary(3, 2, 0, 2),
        summary(1, 2, 2, 2),
        summary(1, 2, 0, 3),
    ] {
        assert!(check_summaries(&[broken], 2).is_err());
    }
    assert!(check_summaries(&vec![summary(0, 0, 0, 0); GROUPS + 1], 0).is_err());
}
