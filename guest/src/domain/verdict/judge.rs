//! From the answers for some subjects to a verdict on each.

use super::question::{Combine, Evaluation, Part};

/// The verdict on a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is a number.
    Value,
    /// There is no series, or none at some of the instants.
    NoData,
    /// There are series, but they do not say whose they are.
    NotToldApart,
    /// It is no number, or infinite.
    NotFinite,
    /// The server did not see all data, or the subject has members that are in no percentage: without capacity, or
    /// without a current value.
    Partial,
    /// The latest sample under it is older than four intervals.
    Stale,
}

/// The judgement on a subject: the verdict, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The subject.
    pub subject: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The latest number, where there is one.
    pub value: Option<f64>,
    /// The time of the latest sample under it, Unix milliseconds; none: that is not known.
    pub at: Option<i64>,
    /// True if the condition holds; none: there is no condition, or no verdict to decide on.
    pub decision: Option<bool>,
    /// The numbers at each instant, Unix milliseconds.
    pub times: Vec<i64>,
    /// See `times`.
    pub values: Vec<f64>,
}

/// The answers for some subjects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The series of values: whose, when and what. None: it does not say whose.
    pub series: Vec<(Option<String>, Vec<i64>, Vec<f64>)>,
    /// The times of the latest samples, Unix milliseconds, by subject.
    pub ages: Vec<(String, i64)>,
    /// The subjects of which members are in no percentage.
    pub left_out: Vec<String>,
    /// True if the server did not see all data.
    pub is_partial: bool,
}

impl Evaluation {
    /// A verdict on each subject of a part.
    pub fn judge(&self, part: &Part, seen: &Seen) -> Vec<Judgement> {
        part.subjects
            .iter()
            .map(|subject| self.judge_one(subject, part.ages.is_some(), seen))
            .collect()
    }

    fn judge_one(&self, subject: &str, knows_ages: bool, seen: &Seen) -> Judgement {
        let own: Vec<_> = seen
            .series
            .iter()
            .filter(|(whose, ..)| whose.as_deref() == Some(subject))
            .collect();
        let (times, values) = self.combined(&own);
        let at = seen
            .ages
            .iter()
            .find(|(whose, _)| whose == subject)
            .map(|(_, at)| *at);
        let instants = self.grid.map_or(1, |grid| grid.points());
        let limit = self.at.saturating_sub(self.stale_after);
        let verdict = if seen.is_partial || seen.left_out.iter().any(|of| of == subject) {
            Verdict::Partial
        } else if own.is_empty() && seen.series.iter().any(|(whose, ..)| whose.is_none()) {
            Verdict::NotToldApart
        } else if (times.len() as u64) < instants {
            Verdict::NoData
        } else if !values.iter().all(|value| value.is_finite()) {
            Verdict::NotFinite
        } else if knows_ages && at.is_none_or(|at| at < limit) {
            Verdict::Stale
        } else {
            Verdict::Value
        };
        let decision = match (verdict, self.condition) {
            (Verdict::Value, Some(condition)) => {
                Some(values.iter().all(|&value| condition.bound.holds(value)))
            }
            _ => None,
        };
        Judgement {
            subject: subject.to_owned(),
            verdict,
            value: values.last().copied(),
            at,
            decision,
            times,
            values,
        }
    }

    /// The subject's series as one. At an instant some may have no number (0/0 where nothing was requested): those do
    /// not count, except in a sum, which lacks them.
    fn combined(&self, series: &[&(Option<String>, Vec<i64>, Vec<f64>)]) -> (Vec<i64>, Vec<f64>) {
        let mut times: Vec<i64> = series
            .iter()
            .flat_map(|(_, times, _)| times.iter().copied())
            .collect();
        times.sort_unstable();
        times.dedup();
        let value = |time: &i64| {
            let all = series.iter().filter_map(|(_, times, values)| {
                values.get(times.binary_search(time).ok()?).copied()
            });
            let all: Vec<f64> = all.collect();
            let finite: Vec<f64> = all
                .iter()
                .copied()
                .filter(|value| value.is_finite())
                .collect();
            let is_short = finite.len() < all.len() && self.combine == Combine::Sum;
            match finite.is_empty() || is_short {
                true => f64::NAN,
                false => combine(self.combine, &finite),
            }
        };
        let values = times.iter().map(value).collect();
        (times, values)
    }
}

fn combine(combine: Combine, values: &[f64]) -> f64 {
    let sum = || values.iter().sum::<f64>();
    match combine {
        Combine::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Combine::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53 series")]
        Combine::Avg => sum() / values.len() as f64,
        Combine::Sum => sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Settings;
    use crate::domain::preset::{ArgumentsInput, Preset, PresetInput};
    use crate::domain::verdict::{Asked, Bound, Condition, EvaluateInput, VerdictError};

    const AT: i64 = 1_000_000;

    fn evaluation(
        template: &str,
        combine: Combine,
        condition: Option<Condition>,
    ) -> Result<Evaluation, VerdictError> {
        let preset = Preset::new(PresetInput {
            template: template.into(),
            ..PresetInput::default()
        });
        let input = EvaluateInput {
            arguments: ArgumentsInput::default(),
            subject: "session_id".into(),
            asked: Asked {
                subjects: vec!["s".into(), "t".into(), "s".into()],
                combine,
                at: Some(AT),
                condition,
            },
        };
        Evaluation::of_preset(&Settings::default(), &preset.unwrap(), &input)
    }

    fn judged(
        combine: Combine,
        condition: Option<Condition>,
        seen: &Seen,
    ) -> (Verdict, Option<f64>, Option<bool>) {
        let evaluation = evaluation("sum by (${{group_by}})(m{${{labels}}})", combine, condition);
        let evaluation = evaluation.unwrap();
        let judgement = evaluation.judge(&evaluation.parts[0], seen).swap_remove(0);
        (judgement.verdict, judgement.value, judgement.decision)
    }

    fn seen(values: &[f64]) -> Seen {
        let one = |value: &f64| (Some("s".to_owned()), vec![AT], vec![*value]);
        Seen {
            series: values.iter().map(one).collect(),
            ages: vec![("s".into(), AT - 60_000)],
            ..Seen::default()
        }
    }

    const ABOVE: Option<Condition> = Some(Condition {
        bound: Bound::Above(1.0),
        lasting: None,
    });

    #[test]
    fn several_series_of_a_subject_become_one_number() {
        for (combine, value) in [
            (Combine::Max, 5.0),
            (Combine::Min, 1.0),
            (Combine::Avg, 3.0),
            (Combine::Sum, 6.0),
        ] {
            let (verdict, found, decision) = judged(combine, None, &seen(&[1.0, 5.0]));
            assert_eq!((verdict, decision), (Verdict::Value, None));
            let expected = if combine == Combine::Avg { 3.0 } else { value };
            assert_eq!(found, Some(expected));
        }
    }

    #[test]
    fn what_is_missing_is_never_zero_and_decides_nothing() {
        let below = Some(Condition {
            bound: Bound::Below(1.0),
            lasting: None,
        });
        let of = |seen: &Seen| judged(Combine::Max, below, seen);
        assert_eq!(of(&Seen::default()), (Verdict::NoData, None, None));
        let mut nameless = seen(&[0.5]);
        nameless.series[0].0 = None;
        assert_eq!(of(&nameless), (Verdict::NotToldApart, None, None));
        let mut other = seen(&[0.5]);
        other.series[0].0 = Some("t".into());
        assert_eq!(of(&other), (Verdict::NoData, None, None));
        let mut partial = seen(&[0.5]);
        partial.is_partial = true;
        assert_eq!(of(&partial), (Verdict::Partial, Some(0.5), None));
        let mut short = seen(&[0.5]);
        short.left_out = vec!["t".into()];
        assert_eq!(of(&short), (Verdict::Value, Some(0.5), Some(true)));
        short.left_out = vec!["s".into()];
        assert_eq!(of(&short), (Verdict::Partial, Some(0.5), None));
        let mut stale = seen(&[0.5]);
        stale.ages[0].1 -= 1;
        assert_eq!(of(&stale), (Verdict::Stale, Some(0.5), None));
        // Within a rate's window, but beyond what is looked back for.
        stale.ages.clear();
        assert_eq!(of(&stale), (Verdict::Stale, Some(0.5), None));
        assert_eq!(of(&seen(&[0.5])), (Verdict::Value, Some(0.5), Some(true)));
        assert_eq!(of(&seen(&[1.0])), (Verdict::Value, Some(1.0), Some(false)));
    }

    #[test]
    fn one_idle_replica_spreads_no_nan_and_only_a_sum_lacks_it() {
        for combine in [Combine::Max, Combine::Min, Combine::Avg] {
            let found = judged(combine, ABOVE, &seen(&[f64::NAN, 2.0]));
            assert_eq!(found, (Verdict::Value, Some(2.0), Some(true)));
        }
        for (combine, values) in [
            (Combine::Sum, &[f64::NAN, 2.0][..]),
            (Combine::Max, &[f64::NAN]),
            (Combine::Max, &[f64::INFINITY]),
            (Combine::Avg, &[f64::NEG_INFINITY]),
        ] {
            let (verdict, _, decision) = judged(combine, ABOVE, &seen(values));
            assert_eq!((verdict, decision), (Verdict::NotFinite, None));
        }
    }

    #[test]
    fn a_condition_has_to_hold_at_every_instant_and_each_has_to_be_there() {
        let lasting = |values: &[(i64, f64)]| {
            let condition = Condition {
                bound: Bound::Above(1.0),
                lasting: Some(40),
            };
            let mut seen = seen(&[]);
            let times = values.iter().map(|(at, _)| AT - at * 1000).collect();
            let values = values.iter().map(|(_, value)| *value).collect();
            seen.series.push((Some("s".into()), times, values));
            judged(Combine::Max, Some(condition), &seen)
        };
        let all = [(45, 2.0), (30, 3.0), (15, 4.0), (0, 5.0)];
        assert_eq!(lasting(&all), (Verdict::Value, Some(5.0), Some(true)));
        let mut once_below = all;
        once_below[1].1 = 1.0;
        assert_eq!(
            lasting(&once_below),
            (Verdict::Value, Some(5.0), Some(false))
        );
        assert_eq!(lasting(&all[1..]), (Verdict::NoData, Some(5.0), None));
        assert_eq!(lasting(&all[..3]), (Verdict::NoData, Some(4.0), None));
    }

    #[test]
    fn the_subjects_become_a_filter_and_a_group_and_ages_are_asked_of_each_selector() {
        let one = evaluation("max by (${{group_by}})(m{${{labels}}})", Combine::Max, None).unwrap();
        let part = &one.parts[0];
        assert_eq!(part.values, r#"max by (session_id)(m{session_id=~"s|t"})"#);
        assert_eq!(
            part.ages.as_deref(),
            Some(r#"max by (session_id)(timestamp(m{session_id=~"s|t"}))"#)
        );
        let two = evaluation("a{${{labels}}} / b{${{labels}}}", Combine::Max, None).unwrap();
        assert_eq!(
            two.parts[0].ages.as_deref(),
            Some(
                r#"min by (session_id)(label_replace(max by (session_id)(timestamp(a{session_id=~"s|t"})),"metric_selector","0","","") or label_replace(max by (session_id)(timestamp(b{session_id=~"s|t"})),"metric_selector","1","",""))"#
            )
        );
        let shifted = evaluation("a{${{labels}}} offset 1h", Combine::Max, None).unwrap();
        assert_eq!(shifted.parts[0].ages, None);
    }

    #[test]
    fn what_cannot_be_decided_is_refused_with_its_field() {
        let field = |condition| {
            evaluation("m{${{labels}}}", Combine::Max, Some(condition))
                .unwrap_err()
                .field()
        };
        let bound = Bound::Above(f64::NAN);
        assert_eq!(
            field(Condition {
                bound,
                lasting: None
            }),
            "condition.bound"
        );
        for seconds in [0, 604_801] {
            let condition = Condition {
                bound: Bound::Above(1.0),
                lasting: Some(seconds),
            };
            assert_eq!(field(condition), "condition.lasting");
        }
    }
}
