//! The options of a long range: checked once, with every default filled in.

use std::num::NonZeroU32;

use super::error::QueryError;
use super::settings::Settings;

/// The options as they were given.
#[derive(Debug, Clone, Default)]
pub struct RangeOptionsInput {
    /// True if answers are kept on their way.
    pub cached: bool,
    /// The most points of a series at a step that is chosen.
    pub max_points: Option<u32>,
    /// Seconds between two cuts.
    pub interval: Option<u32>,
    /// Seconds that data may arrive late.
    pub freshness: Option<u32>,
    /// Requests under way at once.
    pub concurrency: Option<u32>,
    /// True if an answer may be partial, and lack chunks that failed.
    pub partial: bool,
}

/// Checked options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeOptions {
    /// True if answers are kept on their way; false: no chunk is taken for final.
    pub cached: bool,
    /// The most points of a series at a step that is chosen: 1000, about what a screen can show.
    pub max_points: NonZeroU32,
    /// Seconds between two cuts: a day, as Prometheus's own caches and long-term stores cut.
    pub interval: NonZeroU32,
    /// Seconds that data may arrive late: 10 min, which is what remote writers and late scrapes take.
    pub freshness: u32,
    /// Requests under way at once, at most 64: 8 of the 20 queries that Prometheus runs side by side.
    pub concurrency: NonZeroU32,
    /// True if an answer may be partial, and lack chunks that failed.
    pub partial: bool,
}

/// Requests under way at once, whatever is asked for. A host lets out 16 of a call by default, and each that waits takes
/// some of the handles that it grants.
const MOST_AT_ONCE: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// Seconds that data may arrive late, where nobody says otherwise.
pub const FRESHNESS: u32 = 600;

impl TryFrom<RangeOptionsInput> for RangeOptions {
    type Error = QueryError;

    fn try_from(input: RangeOptionsInput) -> Result<Self, QueryError> {
        let at_least_one = |field, given: Option<u32>, default: u32| {
            NonZeroU32::new(given.unwrap_or(default)).ok_or(QueryError::ZeroSetting { field })
        };
        let max_points = match input.max_points {
            Some(few @ 0..=1) => return Err(QueryError::FewPoints(few)),
            given => at_least_one("options.max-points", given, 1000)?,
        };
        Ok(Self {
            cached: input.cached,
            max_points,
            interval: at_least_one("options.interval", input.interval, 86_400)?,
            freshness: input.freshness.unwrap_or(FRESHNESS),
            concurrency: at_least_one("options.concurrency", input.concurrency, 8)?
                .min(MOST_AT_ONCE),
            partial: input.partial,
        })
    }
}

impl RangeOptions {
    /// The last second whose data can no longer change; none: it is not known, or nobody cares.
    pub(super) fn settled(&self, settings: &Settings) -> Option<i64> {
        let now = settings.now.filter(|_| self.cached)?.div_euclid(1000);
        Some(now.saturating_sub(i64::from(self.freshness)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_requests_are_under_way_than_a_host_has_handles_for() {
        for (asked_for, granted) in [
            (None, 8),
            (Some(1), 1),
            (Some(64), 64),
            (Some(u32::MAX), 64),
        ] {
            let input = RangeOptionsInput {
                concurrency: asked_for,
                ..Default::default()
            };
            assert_eq!(
                RangeOptions::try_from(input).unwrap().concurrency.get(),
                granted
            );
        }
    }

    #[test]
    fn a_zero_names_its_field() {
        let refused = |input| RangeOptions::try_from(input).unwrap_err();
        for (input, field) in [
            (
                RangeOptionsInput {
                    interval: Some(0),
                    ..Default::default()
                },
                "options.interval",
            ),
            (
                RangeOptionsInput {
                    concurrency: Some(0),
                    ..Default::default()
                },
                "options.concurrency",
            ),
        ] {
            assert_eq!(refused(input), QueryError::ZeroSetting { field });
        }
        for few in [0, 1] {
            let input = RangeOptionsInput {
                max_points: Some(few),
                ..Default::default()
            };
            assert_eq!(refused(input), QueryError::FewPoints(few));
        }
    }
}
