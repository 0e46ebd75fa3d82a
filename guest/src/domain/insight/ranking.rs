//! The ranking of groups over the whole range, in an order that nothing but their scores and labels decides.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use super::error::InsightError;
use super::summary::{Summary, checked};
use crate::domain::expression::Reading;
use crate::domain::{MetricQuery, Over, Pointwise, Settings, Statistic};

/// The score that groups are ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Score {
    /// Their mean.
    Avg,
    /// The largest value.
    Max,
    /// The smallest.
    Min,
    /// The latest.
    Last,
    /// Value times time.
    Total,
    /// A quantile.
    Quantile(f64),
}

impl Score {
    /// The score of a group with these values and this total.
    pub fn of(self, values: &[f64], total: Option<f64>) -> f64 {
        let quantile = match self {
            Self::Quantile(q) => Some(q),
            _ => None,
        };
        let summary = Summary::of(values, quantile.as_slice());
        match self {
            Self::Avg => summary.avg,
            Self::Max => summary.max,
            Self::Min => summary.min,
            Self::Last => summary.last,
            Self::Total => total.unwrap_or(f64::NAN),
            Self::Quantile(_) => summary.quantiles.first().copied().unwrap_or(f64::NAN),
        }
    }
}

/// The settings of a ranking, as they were given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankingInput {
    /// The score to rank by.
    pub score: Score,
    /// The number of groups wanted.
    pub k: Option<u32>,
    /// The lowest first.
    pub lowest: bool,
    /// True if the sum of the others is wanted.
    pub others: bool,
}

/// The settings of a ranking, checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// The score to rank by.
    pub score: Score,
    /// The number of groups wanted; the default is 5, what a chart can tell apart at a glance.
    pub k: NonZeroU32,
    /// The lowest first.
    pub lowest: bool,
    /// True if the sum of the others is wanted.
    pub others: bool,
}

impl Ranking {
    /// More lines no chart shows, and no filter takes.
    const MOST: u32 = 100;

    /// Checks it for a query.
    ///
    /// # Errors
    /// A number out of range; the sum of what does not add up.
    pub fn new(
        input: RankingInput,
        settings: &Settings,
        query: &MetricQuery,
    ) -> Result<Self, InsightError> {
        if let Score::Quantile(q) = input.score {
            checked("ranking.score", q)?;
        }
        let given = input.k.unwrap_or(5);
        let k = NonZeroU32::new(given).filter(|_| given <= Self::MOST);
        if input.others && !adds_up(settings, query) {
            return Err(InsightError::NoSumOfOthers);
        }
        Ok(Self {
            score: input.score,
            k: k.ok_or_else(|| InsightError::OutOfRange {
                field: "ranking.k",
                given: given.to_string(),
                accepted: "1 to 100",
            })?,
            lowest: input.lowest,
            others: input.others,
        })
    }
}

/// Returns true if the sum of some groups' values is the value of them together: of levels and rates and their means,
/// not of percentages of capacity, peaks and quantiles.
pub fn adds_up(settings: &Settings, query: &MetricQuery) -> bool {
    let is_mean = matches!(
        query.pointwise,
        None | Some(Pointwise {
            statistic: Statistic::Avg,
            over: Over::Time,
            ..
        })
    );
    is_mean && !Reading::new(settings, query).counts_left_out()
}

/// The places of the best, in order; what is not a number comes last, and of equals the one that stands first.
pub fn order(scores: &[f64], ranking: &Ranking) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).collect();
    let score = |place: &usize| scores.get(*place).copied().unwrap_or(f64::NAN);
    let compare = |a: f64, b: f64| match (a.is_nan(), b.is_nan()) {
        (false, false) if ranking.lowest => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (false, false) => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
        (a, b) => a.cmp(&b),
    };
    places.sort_by(|a, b| compare(score(a), score(b)));
    places.truncate(usize::try_from(ranking.k.get()).unwrap_or(usize::MAX));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LabelFilter, ValueType};
    use proptest::prelude::*;

    fn ranking(k: u32, lowest: bool) -> Ranking {
        Ranking {
            score: Score::Avg,
            k: NonZeroU32::new(k).unwrap(),
            lowest,
            others: false,
        }
    }

    #[test]
    fn equals_keep_the_order_of_their_labels_and_what_is_no_number_comes_last() {
        let scores = [1.0, f64::NAN, 3.0, 3.0, -0.0, 0.0, f64::INFINITY];
        assert_eq!(order(&scores, &ranking(7, false)), [6, 2, 3, 0, 4, 5, 1]);
        assert_eq!(order(&scores, &ranking(7, true)), [4, 5, 0, 2, 3, 6, 1]);
        assert_eq!(order(&scores, &ranking(2, false)), [6, 2]);
        assert!(order(&[], &ranking(2, false)).is_empty());
    }

    #[test]
    fn a_score_is_the_statistic_of_its_name() {
        let values = [4.0, 1.0, f64::NAN, 3.0];
        for (score, expected) in [
            (Score::Avg, 8.0 / 3.0),
            (Score::Max, 4.0),
            (Score::Min, 1.0),
            (Score::Last, 3.0),
            (Score::Total, 9.0),
            (Score::Quantile(0.5), 3.0),
        ] {
            assert_eq!(score.of(&values, Some(9.0)), expected, "{score:?}");
        }
    }

    #[test]
    fn the_sum_of_what_does_not_add_up_is_refused() {
        let settings = Settings::default();
        let new = |k, others, query: &MetricQuery| {
            let input = RankingInput {
                score: Score::Avg,
                k,
                lowest: false,
                others,
            };
            Ranking::new(input, &settings, query)
        };
        let mut query = MetricQuery {
            metric_name: "mem".into(),
            ..Default::default()
        };
        assert_eq!(new(None, true, &query).unwrap().k.get(), 5);
        assert!(new(Some(0), true, &query).is_err());
        assert!(new(Some(101), true, &query).is_err());
        query.labels = LabelFilter {
            value_type: Some(ValueType::Pct),
            ..Default::default()
        };
        assert_eq!(new(None, true, &query), Err(InsightError::NoSumOfOthers));
        assert!(new(None, false, &query).is_ok());
        // A percentage of cores adds up.
        query.metric_name = "cpu_util".into();
        assert!(new(None, true, &query).is_ok());
        query.pointwise = Some(Pointwise {
            statistic: Statistic::Max,
            over: Over::Time,
            window: None,
        });
        assert_eq!(new(None, true, &query), Err(InsightError::NoSumOfOthers));
    }

    proptest! {
        #[test]
        fn the_best_are_those_that_brute_force_finds(
            scores in proptest::collection::vec(prop_oneof![Just(f64::NAN), (0..5).prop_map(f64::from)], 0..30),
            k in 1_u32..10,
            lowest: bool,
        ) {
            let best = order(&scores, &ranking(k, lowest));
            // Each of them beats all that are not among them, or stands before them.
            let beats = |a: usize, b: usize| {
                let (x, y) = (scores[a], scores[b]);
                match (x.is_nan(), y.is_nan()) {
                    (true, true) => a < b,
                    (x_nan, y_nan) if x_nan != y_nan => y_nan,
                    _ if x == y => a < b,
                    _ => (x < y) == lowest,
                }
            };
            prop_assert_eq!(best.len(), scores.len().min(k as usize));
            for (rank, &place) in best.iter().enumerate() {
                prop_assert!(best[rank + 1..].iter().all(|&later| beats(place, later)));
                prop_assert!((0..scores.len()).filter(|other| !best.contains(other)).all(|other| beats(place, other)));
            }
        }
    }
}
