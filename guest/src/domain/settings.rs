//! The part of the configuration that planning needs, checked.

use std::num::{NonZeroU32, NonZeroU64};

use super::duration::PromDuration;
use super::label::LabelSchema;

/// The part of a checked configuration that planning needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The window of a rate; none: automatic.
    pub timewindow: Option<PromDuration>,
    /// The labels that series carry.
    pub label_schema: LabelSchema,
    /// Seconds between two samples of a series.
    pub sample_interval: NonZeroU32,
    /// The longest range, in seconds.
    pub max_range: NonZeroU32,
    /// The most points of a series.
    pub max_points: NonZeroU32,
    /// The most bytes of a result.
    pub max_result_bytes: NonZeroU64,
    /// Milliseconds until a call gives up.
    pub timeout: NonZeroU32,
    /// True if answers may be partial.
    pub partial: bool,
    /// The time of day, Unix milliseconds; none: it is not known.
    pub now: Option<i64>,
}

/// Backend.AI's agents are scraped every 15 s.
const SAMPLE_INTERVAL: NonZeroU32 = NonZeroU32::new(15).unwrap();
/// 7 days.
const MAX_RANGE: NonZeroU32 = NonZeroU32::new(7 * 24 * 3600).unwrap();
/// Prometheus refuses more than 11,000 steps, which is 11,001 points.
const MAX_POINTS: NonZeroU32 = NonZeroU32::new(11_001).unwrap();
/// 100 MB, which leaves room under the 128 MiB that a host lifts from a call.
const MAX_RESULT_BYTES: NonZeroU64 = NonZeroU64::new(100_000_000).unwrap();
/// 30 s.
const TIMEOUT: NonZeroU32 = NonZeroU32::new(30_000).unwrap();

impl Default for Settings {
    fn default() -> Self {
        Self {
            timewindow: None,
            label_schema: LabelSchema::default(),
            sample_interval: SAMPLE_INTERVAL,
            max_range: MAX_RANGE,
            max_points: MAX_POINTS,
            max_result_bytes: MAX_RESULT_BYTES,
            timeout: TIMEOUT,
            partial: false,
            now: None,
        }
    }
}
