//! Prometheus's answer into columns, in one pass, with `serde_json`: no tree of values, no text kept for
//! numbers. The native side of the comparison; it must not be slower than need be.

use std::fmt;

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// `timestamps[i]` (Unix milliseconds) belongs to `values[i]`: the shape of the plugin's series.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) timestamps: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

/// Returns true if the plugin read the same.
pub(crate) fn is_same(ours: &[metric_host::Series], theirs: &[Series]) -> bool {
    let is_same = |(ours, theirs): (&metric_host::Series, &Series)| {
        ours.labels == theirs.labels
            && ours.timestamps == theirs.timestamps
            && ours.values == theirs.values
    };
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(is_same)
}

#[derive(Deserialize)]
struct Answer<'a> {
    status: &'a str,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Matrix>,
}

#[derive(Deserialize)]
struct Matrix {
    metric: Labels,
    values: Columns,
}

struct Labels(Vec<(String, String)>);

#[derive(Default)]
struct Columns {
    timestamps: Vec<i64>,
    values: Vec<f64>,
}

/// Reads the body of a successful `query_range`.
pub(crate) fn decode(body: &[u8]) -> Result<Vec<Series>> {
    let answer: Answer = serde_json::from_slice(body)?;
    ensure!(answer.status == "success", "status {}", answer.status);
    let series = answer
        .data
        .result
        .into_iter()
        .map(|Matrix { metric, values }| Series {
            labels: metric.0,
            timestamps: values.timestamps,
            values: values.values,
        });
    Ok(series.collect())
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("labels")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    labels.push(pair);
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Points;
        impl<'de> Visitor<'de> for Points {
            type Value = Columns;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("samples")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut points: A) -> Result<Columns, A::Error> {
                let mut columns = Columns::default();
                while let Some(Point { time, value }) = points.next_element()? {
                    columns.timestamps.push(time);
                    columns.values.push(value);
                }
                Ok(columns)
            }
        }
        deserializer.deserialize_seq(Points)
    }
}

/// `[seconds, "value"]`.
struct Point {
    time: i64,
    value: f64,
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Point;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("[time, \"value\"]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Point, A::Error> {
                let missing = || A::Error::custom("half a sample");
                let Millis(time) = pair.next_element()?.ok_or_else(missing)?;
                let text: &str = pair.next_element()?.ok_or_else(missing)?;
                // Rust reads `NaN`, `+Inf` and `-Inf` as Prometheus writes them.
                let value = text.parse().map_err(A::Error::custom)?;
                Ok(Point { time, value })
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

/// Seconds, read to milliseconds. Whole seconds, the usual case, do not become a float on the way.
struct Millis(i64);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seconds;
        impl Visitor<'_> for Seconds {
            type Value = Millis;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("seconds")
            }
            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Millis, E> {
                Ok(Millis(seconds as i64 * 1000))
            }
            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Millis, E> {
                Ok(Millis(seconds * 1000))
            }
            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Millis, E> {
                Ok(Millis((seconds * 1000.0).round() as i64))
            }
        }
        deserializer.deserialize_any(Seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_columns() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"kernel_id":"k\"1"},"values":[[1767571200,"1.5"],[1767571200.25,"NaN"],[1767571201,"-Inf"]]}]}}"#;
        let series = decode(body).unwrap();
        assert_eq!(series.len(), 1);
        assert_eq!(
            series[0].labels,
            [("kernel_id".to_owned(), "k\"1".to_owned())]
        );
        assert_eq!(
            series[0].timestamps,
            [1_767_571_200_000, 1_767_571_200_250, 1_767_571_201_000]
        );
        assert_eq!(series[0].values[0], 1.5);
        assert!(series[0].values[1].is_nan());
        assert_eq!(series[0].values[2], f64::NEG_INFINITY);
    }

    #[test]
    fn half_a_sample_and_a_failure_are_errors() {
        let half = br#"{"status":"success","data":{"result":[{"metric":{},"values":[[1]]}]}}"#;
        assert!(decode(half).is_err());
        assert!(decode(br#"{"status":"error","data":{"result":[]}}"#).is_err());
    }
}
