//! Prometheus's responses, as far as the doctor reads them. Small ones, read as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use crate::egress::cache::Coverage;

/// Around every answer.
#[derive(Debug, Deserialize)]
struct Envelope {
    status: Status,
    #[serde(default)]
    data: serde_json::Value,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Error,
}

/// The kind of a response.
#[derive(Debug)]
pub(super) enum Read<T> {
    Data {
        data: T,
        /// Less than all, in the server's words.
        partial: Option<String>,
    },
    /// Prometheus said no, in these words.
    No(String),
    /// It is nothing of Prometheus's.
    Foreign,
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Read<T> {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else {
        return Read::Foreign;
    };
    match envelope.status {
        Status::Error => Read::No(format!("{}: {}", envelope.error_type, envelope.error)),
        Status::Success => match serde_json::from_value(envelope.data) {
            Ok(data) => Read::Data {
                data,
                partial: (Coverage::of(body) == Coverage::Partial).then(|| {
                    match envelope.warnings.is_empty() {
                        true => "isPartial".to_owned(),
                        false => envelope.warnings.join("; "),
                    }
                }),
            },
            Err(_) => Read::Foreign,
        },
    }
}

/// Of `query` and `query_range`.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Queried {
    Vector(Vec<Sample>),
    Matrix(Vec<Run>),
    Scalar(Point),
}

/// Unix seconds, and the value as text.
#[derive(Debug, Deserialize)]
pub(super) struct Point(pub(super) f64, String);

impl Point {
    pub(super) fn value(&self) -> Option<f64> {
        self.1.parse().ok()
    }
}

pub(super) type Labels = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    #[serde(default)]
    pub(super) metric: Labels,
    pub(super) value: Point,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run {
    #[serde(default)]
    pub(super) values: Vec<Point>,
}

impl Queried {
    /// The only number of the answer.
    pub(super) fn number(&self) -> Option<&Point> {
        match self {
            Self::Vector(samples) => samples.first().map(|sample| &sample.value),
            Self::Scalar(point) => Some(point),
            Self::Matrix(_) => None,
        }
    }

    pub(super) fn samples(self) -> Vec<Sample> {
        match self {
            Self::Vector(samples) => samples,
            _ => Vec::new(),
        }
    }

    pub(super) fn runs(self) -> Vec<Run> {
        match self {
            Self::Matrix(runs) => runs,
            _ => Vec::new(),
        }
    }
}

/// Of `status/buildinfo`. VictoriaMetrics leaves all of it out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BuildInfo {
    pub(super) application: Option<String>,
    pub(super) version: Option<String>,
}
