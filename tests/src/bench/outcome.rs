//! The outcome of a contender, round by round, and its goal. It knows nothing of how it was measured.

use serde::Serialize;

/// The unit of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Time.
    Seconds,
    /// Memory, or what went over the wire.
    Bytes,
    /// Throughput.
    SamplesASecond,
    /// Of a whole.
    Part,
}

/// The goal that an outcome is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// The ratio to the baseline is no more.
    RatioAtMost(f64),
    /// The median, in its unit, is no more.
    AtMost(f64),
    /// The median, in its unit, is no less.
    AtLeast(f64),
}

/// The outcome of a contender.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) contender: &'static str,
    pub(crate) unit: Unit,
    /// By round.
    pub(crate) values: Vec<f64>,
    /// The median over the rounds of its value divided by the baseline's in the same round.
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
}

impl Outcome {
    /// Compared with nothing, held to nothing.
    pub(crate) fn new(contender: &'static str, unit: Unit, values: Vec<f64>) -> Self {
        Self {
            contender,
            unit,
            values,
            ratio: None,
            goal: None,
        }
    }

    /// Compared with these values of the same rounds.
    pub(crate) fn against(mut self, baseline: &[f64]) -> Self {
        let ratios = self
            .values
            .iter()
            .zip(baseline)
            .map(|(own, base)| own / base);
        self.ratio = quantile(&sorted(ratios), 0.5);
        self
    }

    /// Held to a goal.
    pub(crate) fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// The middle one of its values.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// A tenth of the rounds came to less than the first, a tenth to more than the second.
    pub(crate) fn spread(&self) -> (f64, f64) {
        (self.quantile(0.1), self.quantile(0.9))
    }

    /// True if the goal is met; none: there is none, or nothing to hold against it.
    pub(crate) fn met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::RatioAtMost(most) => self.ratio? <= most,
            Goal::AtMost(most) => self.median() <= most,
            Goal::AtLeast(least) => self.median() >= least,
        })
    }

    fn quantile(&self, share: f64) -> f64 {
        quantile(&sorted(self.values.iter().copied()), share).unwrap_or_default()
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a place in a list of some thousand rounds"
)]
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(values: &[f64]) -> Outcome {
        Outcome::new("x", Unit::Bytes, values.to_vec())
    }

    #[test]
    fn quantiles_are_elements_of_the_list() {
        let eleven = outcome(&[11.0, 2.0, 3.0, 9.0, 5.0, 6.0, 7.0, 8.0, 4.0, 10.0, 1.0]);
        assert_eq!((eleven.median(), eleven.spread()), (6.0, (2.0, 10.0)));
        assert_eq!(outcome(&[]).ratio, outcome(&[]).against(&[]).ratio);
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        // A slow round is slow for both: the medians alone would say 1.
        let ours = outcome(&[2.0, 200.0, 4.0]).against(&[1.0, 100.0, 4.0]);
        assert_eq!(ours.ratio, Some(2.0));
    }

    #[test]
    fn a_goal_is_held_against_the_ratio_or_the_median() {
        let met = |goal| outcome(&[3.0]).against(&[2.0]).with_goal(goal).met();
        assert_eq!(met(Goal::RatioAtMost(1.5)), Some(true));
        assert_eq!(met(Goal::RatioAtMost(1.4)), Some(false));
        assert_eq!(met(Goal::AtMost(3.0)), Some(true));
        assert_eq!(met(Goal::AtMost(2.9)), Some(false));
        assert_eq!(met(Goal::AtLeast(3.0)), Some(true));
        assert_eq!(met(Goal::AtLeast(3.1)), Some(false));
        let uncompared = outcome(&[3.0]).with_goal(Goal::RatioAtMost(1.0));
        assert_eq!(uncompared.met(), None);
        assert_eq!(outcome(&[3.0]).met(), None);
    }
}
