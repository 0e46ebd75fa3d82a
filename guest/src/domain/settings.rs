//! The configuration as the inner rings see it: checked once, with every default filled in.

use std::num::{NonZeroU32, NonZeroU64};

use super::duration::PromDuration;
use super::error::{QueryError, head};
use super::label::LabelSchema;

/// The configuration as it was given, except for the address, which is the protocol's business.
#[derive(Debug, Clone, Default)]
pub struct SettingsInput {
    /// The window of a rate, as text.
    pub timewindow: Option<String>,
    /// Which labels the series carry.
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
    /// Whether answers may be partial.
    pub partial: bool,
    /// The time of day, Unix milliseconds.
    pub now: Option<i64>,
}

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The window of a rate; none: automatic.
    pub timewindow: Option<PromDuration>,
    /// Which labels the series carry.
    pub label_schema: LabelSchema,
    /// Seconds between two samples. Backend.AI's agents are scraped every 15 s.
    pub sample_interval: NonZeroU32,
    /// The longest range, in seconds: 7 days.
    pub max_range: NonZeroU32,
    /// The most points of a series. Prometheus refuses more than 11,000 steps, which is 11,001 points.
    pub max_points: NonZeroU32,
    /// The most bytes of a result: 100 MB, which leaves room under the 128 MiB that a host lifts from a call.
    pub max_result_bytes: NonZeroU64,
    /// Milliseconds until a call gives up: 30 s.
    pub timeout: NonZeroU32,
    /// Whether answers may be partial.
    pub partial: bool,
    /// The time of day, Unix milliseconds; none: it is not known.
    pub now: Option<i64>,
}

impl TryFrom<SettingsInput> for Settings {
    type Error = QueryError;

    fn try_from(input: SettingsInput) -> Result<Self, QueryError> {
        let timewindow = match input.timewindow {
            None => None,
            Some(text) => {
                Some(
                    PromDuration::parse(&text).map_err(|source| QueryError::Timewindow {
                        text: head(&text),
                        source,
                    })?,
                )
            }
        };
        let at_least_one = |field, given: Option<u32>, default: u32| {
            NonZeroU32::new(given.unwrap_or(default)).ok_or(QueryError::ZeroSetting { field })
        };
        Ok(Self {
            timewindow,
            label_schema: input.label_schema,
            sample_interval: at_least_one("config.sample-interval", input.sample_interval, 15)?,
            max_range: at_least_one("config.max-range", input.max_range, 7 * 24 * 3600)?,
            max_points: at_least_one("config.max-points", input.max_points, 11_001)?,
            max_result_bytes: NonZeroU64::new(input.max_result_bytes.unwrap_or(100_000_000))
                .ok_or(QueryError::ZeroSetting {
                    field: "config.max-result-bytes",
                })?,
            timeout: at_least_one("config.timeout", input.timeout, 30_000)?,
            partial: input.partial,
            now: input.now,
        })
    }
}

#[cfg(test)]
impl Default for Settings {
    fn default() -> Self {
        Self::try_from(SettingsInput::default()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_names_its_field() {
        for (input, expected) in [
            (
                SettingsInput {
                    sample_interval: Some(0),
                    ..Default::default()
                },
                "config.sample-interval",
            ),
            (
                SettingsInput {
                    max_range: Some(0),
                    ..Default::default()
                },
                "config.max-range",
            ),
            (
                SettingsInput {
                    max_points: Some(0),
                    ..Default::default()
                },
                "config.max-points",
            ),
            (
                SettingsInput {
                    max_result_bytes: Some(0),
                    ..Default::default()
                },
                "config.max-result-bytes",
            ),
            (
                SettingsInput {
                    timeout: Some(0),
                    ..Default::default()
                },
                "config.timeout",
            ),
        ] {
            assert_eq!(
                Settings::try_from(input),
                Err(QueryError::ZeroSetting { field: expected })
            );
        }
    }

    #[test]
    fn a_window_that_is_no_duration_is_refused() {
        let input = SettingsInput {
            timewindow: Some("1m]))".into()),
            ..Default::default()
        };
        assert!(matches!(
            Settings::try_from(input),
            Err(QueryError::Timewindow { .. })
        ));
    }
}
