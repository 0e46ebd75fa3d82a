//! Bodies: written out in the case, or made by a small rule where they are too large or not text.
//! Knows the shape of a Prometheus matrix, and nothing of how one is read.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

/// A body: one part, or several joined without anything between.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Body {
    One(Part),
    Many(Vec<Part>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// A piece of a body.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Part {
    /// UTF-8 text as it stands.
    Text(String),
    /// The same text so many times.
    Repeat(Repeat),
    /// Bytes, two hexadecimal digits each.
    Hex(Hex),
    /// A generated answer of `query_range`.
    Matrix(MatrixPart),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    repeat: String,
    times: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hex {
    hex: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixPart {
    matrix: Matrix,
}

impl Body {
    /// The bytes. Digits that are not hexadecimal are left out; [`Body::check`] refuses them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let parts = match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(parts) => parts.as_slice(),
        };
        let mut bytes = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                Part::Repeat(part) => {
                    bytes.extend_from_slice(part.repeat.repeat(part.times).as_bytes());
                }
                Part::Hex(part) => bytes.extend(hex_bytes(&part.hex).unwrap_or_default()),
                Part::Matrix(part) => {
                    bytes.extend_from_slice(part.matrix.to_json_text().as_bytes());
                }
            }
        }
        bytes
    }

    /// Says what is wrong with the body's description, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        let parts = match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Many(parts) => parts.as_slice(),
        };
        for part in parts {
            if let Part::Hex(part) = part
                && hex_bytes(&part.hex).is_none()
            {
                return Err(format!(
                    "`{}` is not an even number of hexadecimal digits",
                    part.hex
                ));
            }
        }
        Ok(())
    }

    /// Returns true if nothing was given.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Many(parts) if parts.is_empty())
    }
}

fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

/// The rule for large answers. Series `s` (from 0) has the labels `kernel_id` = `kernel-` and `s` in five digits,
/// and `value_type` = `current`; its point `p` (from 0) lies at `start + p * step` seconds
/// and has the value `1000 * s + p + 0.5`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matrix {
    series: u32,
    points: u32,
    /// Unix seconds.
    start: i64,
    /// Seconds.
    step: i64,
}

impl Matrix {
    /// The answer that Prometheus would give.
    fn to_json_text(&self) -> String {
        let mut text =
            String::from(r#"{"status":"success","data":{"resultType":"matrix","result":["#);
        for s in 0..self.series {
            let comma = if s == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                r#"{comma}{{"metric":{{"kernel_id":"{}","value_type":"current"}},"values":["#,
                kernel(s)
            );
            for p in 0..self.points {
                let comma = if p == 0 { "" } else { "," };
                let _ = write!(
                    text,
                    r#"{comma}[{},"{}.5"]"#,
                    self.seconds(p),
                    1000 * u64::from(s) + u64::from(p)
                );
            }
            text.push_str("]}");
        }
        text.push_str("]}}");
        text
    }

    /// The series that have to come out of it, as [`crate::answer`] writes them.
    pub(crate) fn to_series(&self) -> Vec<Value> {
        (0..self.series)
            .map(|s| {
                let timestamps: Vec<i64> =
                    (0..self.points).map(|p| self.seconds(p) * 1000).collect();
                let values: Vec<f64> = (0..self.points)
                    .map(|p| 1000.0 * f64::from(s) + f64::from(p) + 0.5)
                    .collect();
                json!({
                    "labels": { "kernel_id": kernel(s), "value_type": "current" },
                    "timestamps": timestamps,
                    "values": values,
                })
            })
            .collect()
    }

    fn seconds(&self, point: u32) -> i64 {
        self.start + i64::from(point) * self.step
    }
}

fn kernel(series: u32) -> String {
    format!("kernel-{series:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_order() {
        let body: Body = serde_json::from_value(
            json!(["<", {"repeat": "ab", "times": 2}, {"hex": "ff00"}, ">"]),
        )
        .unwrap();
        assert_eq!(body.to_bytes(), b"<abab\xff\x00>");
        assert!(body.check().is_ok());
    }

    #[test]
    fn digits_that_are_not_hexadecimal_are_refused() {
        for digits in ["f", "zz", "é"] {
            let body: Body = serde_json::from_value(json!({ "hex": digits })).unwrap();
            assert!(body.check().is_err(), "{digits}");
        }
    }

    #[test]
    fn a_generated_matrix_is_json_and_agrees_with_its_series() {
        let matrix = Matrix {
            series: 2,
            points: 3,
            start: 100,
            step: 60,
        };
        let text: Value = serde_json::from_str(&matrix.to_json_text()).unwrap();
        let result = &text["data"]["result"][1];
        assert_eq!(result["metric"]["kernel_id"], "kernel-00001");
        assert_eq!(result["values"][2], json!([220, "1002.5"]));
        let series = matrix.to_series();
        assert_eq!(series[1]["timestamps"][2], 220_000);
        assert_eq!(series[1]["values"][2], 1002.5);
        assert_eq!(series.len(), 2);
    }
}
