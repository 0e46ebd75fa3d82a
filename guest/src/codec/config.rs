//! The configuration of a call: as it was given, and checked with every default filled in.

use std::num::{NonZeroU32, NonZeroU64};

use super::failure::Failure;
use crate::domain::{LabelSchema, PromDuration, QueryError, Settings, head};
use crate::prometheus::{Address, Backend, Budget, Endpoint, RequestMethod};

/// The configuration as it was given.
#[derive(Debug, Clone, Default)]
pub struct ConfigInput {
    /// The address of Prometheus.
    pub address: String,
    /// The window of a rate, as text.
    pub timewindow: Option<String>,
    /// The labels that series carry.
    pub label_schema: LabelSchema,
    /// Seconds between two samples of a series.
    pub sample_interval: Option<u32>,
    /// The longest range, in seconds.
    pub max_range: Option<u32>,
    /// The most points of a series.
    pub max_points: Option<u32>,
    /// The most bytes of a result.
    pub max_result_bytes: Option<u64>,
    /// Milliseconds until a call gives up.
    pub timeout: Option<u32>,
    /// The method of queries.
    pub method: RequestMethod,
    /// The kind of server that answers.
    pub backend: Backend,
    /// True if answers may be partial.
    pub partial: bool,
    /// The time of day, Unix milliseconds.
    pub now: Option<i64>,
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server and the form of requests.
    pub endpoint: Endpoint,
    /// Everything else.
    pub settings: Settings,
}

impl Config {
    /// The budget of one answer.
    pub(super) fn budget(&self) -> Budget {
        Budget::bytes(self.settings.max_result_bytes.get())
    }
}

impl TryFrom<ConfigInput> for Config {
    type Error = Failure;

    fn try_from(input: ConfigInput) -> Result<Self, Failure> {
        let address = Address::parse(&input.address)?;
        let settings = settings(&input)?;
        Ok(Self {
            endpoint: Endpoint::new(address, input.method, input.backend, input.partial),
            settings,
        })
    }
}

fn settings(input: &ConfigInput) -> Result<Settings, QueryError> {
    let defaults = Settings::default();
    let at_least_one = |field, given: Option<u32>, default| match given {
        None => Ok(default),
        Some(given) => NonZeroU32::new(given).ok_or(QueryError::ZeroSetting { field }),
    };
    Ok(Settings {
        timewindow: input.timewindow.as_deref().map(timewindow).transpose()?,
        label_schema: input.label_schema,
        sample_interval: at_least_one(
            "config.sample-interval",
            input.sample_interval,
            defaults.sample_interval,
        )?,
        max_range: at_least_one("config.max-range", input.max_range, defaults.max_range)?,
        max_points: at_least_one("config.max-points", input.max_points, defaults.max_points)?,
        max_result_bytes: match input.max_result_bytes {
            None => defaults.max_result_bytes,
            Some(given) => NonZeroU64::new(given).ok_or(QueryError::ZeroSetting {
                field: "config.max-result-bytes",
            })?,
        },
        timeout: at_least_one("config.timeout", input.timeout, defaults.timeout)?,
        partial: input.partial,
        now: input.now,
    })
}

fn timewindow(text: &str) -> Result<PromDuration, QueryError> {
    PromDuration::parse(text).map_err(|source| QueryError::Timewindow {
        text: head(text),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: ConfigInput) -> Failure {
        let address = "prometheus:9090".to_owned();
        Config::try_from(ConfigInput { address, ..input }).unwrap_err()
    }

    #[test]
    fn a_zero_names_its_field() {
        let input = ConfigInput::default;
        for (input, expected) in [
            (
                ConfigInput {
                    sample_interval: Some(0),
                    ..input()
                },
                "config.sample-interval",
            ),
            (
                ConfigInput {
                    max_range: Some(0),
                    ..input()
                },
                "config.max-range",
            ),
            (
                ConfigInput {
                    max_points: Some(0),
                    ..input()
                },
                "config.max-points",
            ),
            (
                ConfigInput {
                    max_result_bytes: Some(0),
                    ..input()
                },
                "config.max-result-bytes",
            ),
            (
                ConfigInput {
                    timeout: Some(0),
                    ..input()
                },
                "config.timeout",
            ),
        ] {
            let zero = QueryError::ZeroSetting { field: expected };
            assert_eq!(refused(input), zero.into());
        }
    }

    #[test]
    fn a_window_that_is_no_duration_is_refused() {
        let failure = refused(ConfigInput {
            timewindow: Some("1m]))".into()),
            ..ConfigInput::default()
        });
        assert!(
            matches!(&failure, Failure::InvalidArgument { field, .. } if field == "config.timewindow"),
            "{failure:?}"
        );
    }
}
