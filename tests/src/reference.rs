//! Other ways to the same answer: Prometheus asked by a plain HTTP client and decoded into a tree, and the
//! answer computed from the data themselves.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use metric_host::{HttpMethod, HttpRequest, HttpScheme, MetricResult};
use metric_testbed::Dataset;
use serde_json::Value;

/// Seconds for which Prometheus takes a sample to be current.
const LOOKBACK: i64 = 300;
/// Seconds around that age that no sample may have: versions of Prometheus differ in whether one of exactly that age
/// still counts.
const DOUBT: i64 = 15;

/// Series by their labels: `(Unix milliseconds, bits of the value)`. Every NaN is the same NaN.
pub type Plain = BTreeMap<Vec<(String, String)>, Vec<(i64, u64)>>;

/// The bits of a value. Every NaN is the same NaN.
#[must_use]
pub fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

/// A result, for comparison.
#[must_use]
pub fn plain(result: &MetricResult) -> Plain {
    result
        .series
        .iter()
        .map(|series| {
            let samples = series.timestamps.iter().copied();
            (
                series.labels.clone(),
                samples
                    .zip(series.values.iter().copied().map(bits))
                    .collect(),
            )
        })
        .collect()
}

/// Sends a request of the codec with a plain client; gives status and body.
///
/// # Errors
/// Fails if it cannot be sent.
pub fn send(request: &HttpRequest) -> Result<(u16, String)> {
    let HttpScheme::Http = request.scheme else {
        bail!("only http here")
    };
    let url = format!("http://{}{}", request.authority, request.path_with_query);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = match request.method {
        HttpMethod::Get => {
            let mut get = agent.get(&url);
            for (name, value) in &request.headers {
                get = get.header(name, value);
            }
            get.call()?
        }
        HttpMethod::Post => {
            let mut post = agent.post(&url);
            for (name, value) in &request.headers {
                post = post.header(name, value);
            }
            post.send(&request.body)?
        }
    };
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()?;
    Ok((status, body))
}

/// Reads a matrix the slow way: a tree, then numbers by the standard library.
///
/// # Errors
/// Fails if it is not a matrix.
pub fn read_matrix(body: &str) -> Result<Plain> {
    let tree: Value = serde_json::from_str(body)?;
    let result = tree
        .pointer("/data/result")
        .and_then(Value::as_array)
        .context("no result")?;
    result.iter().map(read_series).collect()
}

type SeriesOf = (Vec<(String, String)>, Vec<(i64, u64)>);

fn read_series(series: &Value) -> Result<SeriesOf> {
    let labels = series
        .get("metric")
        .and_then(Value::as_object)
        .context("no metric")?;
    let labels = labels
        .iter()
        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()));
    let samples = series
        .get("values")
        .and_then(Value::as_array)
        .context("no values")?;
    let samples = samples.iter().map(|sample| {
        let seconds = sample.get(0).and_then(Value::as_f64).context("no time")?;
        let value = sample.get(1).and_then(Value::as_str).context("no value")?;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole seconds, far below 2^53"
        )]
        let millis = (seconds * 1000.0).round() as i64;
        Ok((millis, bits(value.replace("Inf", "inf").parse()?)))
    });
    Ok((labels.collect(), samples.collect::<Result<_>>()?))
}

/// The sum of a gauge by one label at an instant, computed from the data; none where Prometheus has nothing.
/// `Err` where the age of a sample is so near the lookback that versions differ.
#[must_use]
pub fn gauge_at(
    dataset: &Dataset,
    labels: &[(&str, &str)],
    by: &str,
    at: i64,
) -> Option<BTreeMap<String, f64>> {
    let mut sums = BTreeMap::new();
    for series in dataset.matching(labels) {
        let newest = series
            .timestamps
            .partition_point(|&t| t <= at)
            .checked_sub(1);
        let Some((&time, &value)) =
            newest.and_then(|i| series.timestamps.get(i).zip(series.values.get(i)))
        else {
            continue;
        };
        let age = at - time;
        if (age - LOOKBACK).abs() <= DOUBT {
            return None;
        }
        if age < LOOKBACK {
            *sums
                .entry(series.label(by).unwrap_or_default().to_owned())
                .or_insert(0.0) += value;
        }
    }
    Some(sums)
}
