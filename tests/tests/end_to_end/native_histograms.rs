//! Native histograms, which no text format backfills: they are written to the server as remote writers write them, in
//! protobuf and snappy by hand, and asked for as a family.

use metric_host::families::{Family, FamilyKind, FamilyQuery, FamilyStatistic, OverTime};
use metric_host::{Config, RangeOptions, Statistic};
use metric_testbed::{Finder, Prometheus, PrometheusOptions, PrometheusRelease, Shape};
use metric_tests::{plugin, uncached};

const INTERVAL: i64 = 30;
/// Observations in (1, 2] and in (2, 4] before each sample.
const LOW: u64 = 3;
const HIGH: u64 = 1;
/// Their sum.
const SUM: f64 = 8.5;

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn double(out: &mut Vec<u8>, field: u64, value: f64) {
    varint(out, field << 3 | 1);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// A histogram of so many samples: schema 0, whose bounds are powers of two.
fn histogram(samples: u64, time: i64) -> Vec<u8> {
    let mut span = Vec::new();
    number(&mut span, 1, zigzag(1));
    number(&mut span, 2, 2);
    let (low, high) = ((LOW * samples) as i64, (HIGH * samples) as i64);
    let mut deltas = Vec::new();
    varint(&mut deltas, zigzag(low));
    varint(&mut deltas, zigzag(high - low));
    let mut out = Vec::new();
    number(&mut out, 1, (LOW + HIGH) * samples);
    double(&mut out, 3, SUM * samples as f64);
    number(&mut out, 4, zigzag(0));
    double(&mut out, 5, 1e-9);
    number(&mut out, 6, 0);
    bytes(&mut out, 11, &span);
    bytes(&mut out, 12, &deltas);
    number(&mut out, 15, time as u64);
    out
}

/// A write request with the series of an instance, its samples from an instant on.
fn write_request(name: &str, instance: &str, times: &[i64]) -> Vec<u8> {
    let mut series = Vec::new();
    for (label, value) in [("__name__", name), ("instance", instance)] {
        let mut pair = Vec::new();
        bytes(&mut pair, 1, label.as_bytes());
        bytes(&mut pair, 2, value.as_bytes());
        bytes(&mut series, 1, &pair);
    }
    for (number, time) in (1..).zip(times) {
        bytes(&mut series, 4, &histogram(number, time * 1000));
    }
    let mut request = Vec::new();
    bytes(&mut request, 1, &series);
    request
}

/// As snappy, of literals alone.
fn snappy(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, raw.len() as u64);
    for piece in raw.chunks(1 << 16) {
        out.push(61 << 2);
        out.extend((piece.len() as u16).wrapping_sub(1).to_le_bytes());
        out.extend(piece);
    }
    out
}

fn write(address: &str, request: &[u8]) {
    let response = ureq::post(format!("http://{address}/api/v1/write"))
        .header("content-encoding", "snappy")
        .header("content-type", "application/x-protobuf")
        .header("x-prometheus-remote-write-version", "0.1.0")
        .send(&snappy(request)[..]);
    assert!(response.unwrap().status().is_success());
}

#[tokio::test]
async fn a_native_histogram_gives_its_rate_its_mean_and_its_quantiles() {
    let start = Shape::fixed_start();
    let times: Vec<i64> = (0..120).map(|n| start + 7 + n * INTERVAL).collect();
    let mut asked = 0;
    for (release, tools) in Finder::new().prometheus_releases() {
        let options = PrometheusOptions {
            tools: Some(tools),
            arguments: [
                "--enable-feature=native-histograms",
                "--web.enable-remote-write-receiver",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..PrometheusOptions::default()
        };
        let server = Prometheus::start(options).unwrap();
        let address = server.address();
        // Renamed in the middle: what is under both names counts once.
        for (name, times) in [
            ("old_latency_seconds", &times[..]),
            ("latency_seconds", &times[60..]),
        ] {
            write(&address, &write_request(name, "i1", times));
        }
        let mut config = Config::new(address);
        config.sample_interval = Some(INTERVAL as u32);
        let service = plugin().unwrap().service_with(config, &uncached()).unwrap();
        let mut family = Family::new("latency_seconds", FamilyKind::NativeHistogram);
        family.former_names = vec!["old_latency_seconds".to_owned()];
        // A rank of 0.6 of the first three quarters: linear in 2.x, and of exponents since 3.0.
        let part: f64 = 0.6;
        let quantile = part * LOW as f64 / (LOW + HIGH) as f64;
        let value = match release {
            PrometheusRelease::V3_5 => 2_f64.powf(part),
            _ => 1.0 + part,
        };
        let per_second = (LOW + HIGH) as f64 / INTERVAL as f64;
        for (statistic, expected) in [
            (FamilyStatistic::Rate, per_second),
            (FamilyStatistic::Avg, SUM / (LOW + HIGH) as f64),
            (FamilyStatistic::Quantile(quantile), value),
        ] {
            for over_time in [
                None,
                Some(OverTime {
                    window: Some(600),
                    ..Statistic::Avg.into()
                }),
            ] {
                let (from, to) = (start + 900, start + 120 * INTERVAL);
                let mut query = FamilyQuery::new(family.clone(), from.to_string(), to.to_string());
                query.statistic = Some(statistic);
                query.step = Some(60);
                query.group_by = vec!["instance".to_owned()];
                query.over_time = over_time;
                let answer = service.query_family(&query, &RangeOptions::default()).await;
                let answer = answer.unwrap().answer;
                let [series] = &answer.series[..] else {
                    panic!("{release:?} {statistic:?}: {:?}", answer.series)
                };
                assert!(series.values.len() >= 44, "{}", series.values.len());
                // A mean and a quantile are those of any window; a rate is cut short where the new name begins.
                let wrong = series
                    .values
                    .iter()
                    .filter(|found| (**found - expected).abs() > 1e-9);
                let most = if statistic == FamilyStatistic::Rate {
                    12
                } else {
                    0
                };
                assert!(
                    wrong.count() <= most,
                    "{release:?} {statistic:?} {expected}: {:?}",
                    series.values
                );
                asked += 1;
            }
        }
    }
    assert!(asked >= 6, "no Prometheus");
}
