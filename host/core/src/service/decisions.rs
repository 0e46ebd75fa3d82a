//! The verbs that decisions are made by: live stats, presets and verdicts, each call from a fresh instance.
//!
//! The plugin computes; here it is asked, told the time, and held to its word.

use std::collections::HashSet;

use super::{
    MetricService,
    functions::{LiveFunctions, PresetFunctions, PresetServiceFunctions, supported},
    validate::{broken, check_series},
};
use crate::contract::{
    bindings::exports::backendai::metric::preset_service as wit,
    decisions::{
        Arguments, Bound, Condition, InstantAnswer, Judgement, LiveAnswer, LiveOptions,
        MetricQuestion, Outline, Preset, PresetRange, Question, Run, RunAnswer, Verdict,
    },
    error::CallError,
    range::RangeAnswer,
    types::{Dimension, RangeOptions},
};

/// The verbs of decisions: presets, live stats and verdicts. A plugin may lack these verbs: they are then
/// [`CallError::Unsupported`].
///
/// If the service [keeps answers](crate::ServiceOptions::cache), those of an instant are kept for up to 5 s, so that
/// all who ask together share a request.
impl MetricService {
    /// Asks for the present use of subjects, and for that within a short window.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query_live_stats(
        &self,
        by: Dimension,
        ids: &[String],
        options: &LiveOptions,
    ) -> Result<LiveAnswer, CallError> {
        self.observed("query-live-stats", async {
            let function = &self.live("query-live-stats")?.query_live_stats;
            let params = (&self.config_now(), by, ids, options);
            let answer = self.ask(function, params).await?;
            check_live(ids, &answer)?;
            Ok(answer)
        })
        .await
    }

    /// Checks a preset. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`]; an [`InvalidArgument`](crate::InvalidArgument) says which placeholder stands where.
    pub async fn check_preset(&self, preset: &Preset) -> Result<Outline, CallError> {
        self.observed("check-preset", async {
            let function = &self.presets("check")?.check;
            self.ask(function, (preset,)).await
        })
        .await
    }

    /// The PromQL that a call of a preset would send. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn render_preset(
        &self,
        preset: &Preset,
        arguments: &Arguments,
    ) -> Result<String, CallError> {
        self.observed("render-preset", async {
            let function = &self.presets("render")?.render;
            let params = (&self.config_now(), preset, arguments);
            let answer = self.ask(function, params).await?;
            self.egress.bound_query(answer)
        })
        .await
    }

    /// Asks a preset at an instant, Unix milliseconds, or at the present.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn execute_preset(
        &self,
        preset: &Preset,
        arguments: &Arguments,
        at: Option<i64>,
    ) -> Result<InstantAnswer, CallError> {
        self.observed("execute-preset", async {
            let function = &self.preset_service("execute")?.execute;
            let params = (&self.config_now(), preset, arguments, at);
            let answer = self.ask(function, params).await?;
            self.checked_instant(answer)
        })
        .await
    }

    /// Asks a preset over a range, in chunks as [`query_range`](Self::query_range).
    ///
    /// # Errors
    /// As [`query_range`](Self::query_range).
    pub async fn execute_preset_range(
        &self,
        preset: &Preset,
        arguments: &Arguments,
        range: &PresetRange,
        options: &RangeOptions,
    ) -> Result<RangeAnswer, CallError> {
        self.observed("execute-preset-range", async {
            let function = &self.preset_service("execute-range")?.execute_range;
            let options = self.options(options);
            let params = (&self.config_now(), preset, arguments, range, &options);
            let answer = self.ask_range(function, params).await?;
            self.checked_range(answer)
        })
        .await
    }

    /// Asks many presets at once, side by side, each at an instant or over a range; what is the same is asked once. The
    /// answers are in the order of the runs, and one that fails leaves the others alone.
    ///
    /// # Errors
    /// The outer [`CallError`] is one of the call, such as a timeout, and loses all answers. The inner one is of one
    /// preset alone.
    pub async fn execute_preset_batch(
        &self,
        runs: &[Run],
        options: &RangeOptions,
    ) -> Result<Vec<Result<RunAnswer, CallError>>, CallError> {
        self.observed("execute-preset-batch", async {
            let function = &self.preset_service("execute-batch")?.execute_batch;
            let params = (&self.config_now(), runs, &self.options(options));
            let check = |run: &Run, answer| self.checked_run(run, answer);
            self.ask_batch(function, params, runs, check).await
        })
        .await
    }

    /// A verdict on each of many subjects. A decision is there only where the verdict is [`Verdict::Value`], and is what
    /// the evidence says.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn evaluate(
        &self,
        preset: &Preset,
        question: &Question,
    ) -> Result<Vec<Judgement>, CallError> {
        self.observed("evaluate", async {
            let function = &self.preset_service("evaluate")?.evaluate;
            let params = (&self.config_now(), preset, question);
            let judgements: Vec<Judgement> = self.ask(function, params).await?;
            check_judgements(&question.subjects, question.condition, &judgements)?;
            Ok(judgements)
        })
        .await
    }

    /// A verdict on each of many subjects by a metric of the containers, see [`evaluate`](Self::evaluate).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn evaluate_metric(
        &self,
        question: &MetricQuestion,
    ) -> Result<Vec<Judgement>, CallError> {
        self.observed("evaluate-metric", async {
            let function = &self.preset_service("evaluate-metric")?.evaluate_metric;
            let params = (&self.config_now(), question);
            let judgements: Vec<Judgement> = self.ask(function, params).await?;
            check_judgements(&question.subjects, question.condition, &judgements)?;
            Ok(judgements)
        })
        .await
    }

    fn checked_instant(&self, answer: InstantAnswer) -> Result<InstantAnswer, CallError> {
        check_series(&answer.series, self.limits())?;
        Ok(InstantAnswer {
            promql: self.egress.bound_query(answer.promql)?,
            ..answer
        })
    }

    /// An answer of the form that was asked for.
    fn checked_run(&self, run: &Run, answer: wit::RunAnswer) -> Result<RunAnswer, CallError> {
        match (answer, &run.range) {
            (wit::RunAnswer::Instant(answer), None) => {
                Ok(RunAnswer::Instant(self.checked_instant(answer)?))
            }
            (wit::RunAnswer::Range(answer), Some(_)) => {
                Ok(RunAnswer::Range(self.checked_range(answer)?))
            }
            (wit::RunAnswer::Instant(_), Some(_)) => Err(broken(
                "an answer of an instant, where a range was asked for".to_owned(),
            )),
            (wit::RunAnswer::Range(_), None) => Err(broken(
                "an answer of a range, where an instant was asked for".to_owned(),
            )),
        }
    }

    fn live(&self, verb: &'static str) -> Result<&LiveFunctions, CallError> {
        supported(&self.plugin.functions.live, verb)
    }

    fn presets(&self, verb: &'static str) -> Result<&PresetFunctions, CallError> {
        supported(&self.plugin.functions.preset, verb)
    }

    fn preset_service(&self, verb: &'static str) -> Result<&PresetServiceFunctions, CallError> {
        supported(&self.plugin.functions.preset_service, verb)
    }
}

/// Every subject that was asked for is there or missing, once, and no other.
fn check_live(ids: &[String], answer: &LiveAnswer) -> Result<(), CallError> {
    let mut wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let there = answer.subjects.iter().map(|subject| &subject.id);
    for id in there.chain(&answer.missing) {
        if !wanted.remove(id.as_str()) {
            return Err(broken(
                "stats of a subject that was not asked for, or twice".to_owned(),
            ));
        }
    }
    if !wanted.is_empty() {
        return Err(broken("a subject is neither there nor missing".to_owned()));
    }
    for subject in &answer.subjects {
        let names = subject.stats.iter().map(|stat| &stat.metric);
        if !names.is_sorted_by(|one, next| one < next) {
            return Err(broken(
                "the metrics of a subject are not in order".to_owned(),
            ));
        }
    }
    Ok(())
}

/// A verdict on each subject in its order, and no decision but that of the evidence.
fn check_judgements(
    subjects: &[String],
    condition: Option<Condition>,
    judgements: &[Judgement],
) -> Result<(), CallError> {
    let mut seen = HashSet::new();
    let subjects = subjects.iter().filter(|subject| seen.insert(*subject));
    if !subjects.eq(judgements.iter().map(|judgement| &judgement.subject)) {
        return Err(broken(
            "verdicts on other subjects than were asked for".to_owned(),
        ));
    }
    match judgements
        .iter()
        .all(|judgement| is_sound(condition, judgement))
    {
        true => Ok(()),
        false => Err(broken(
            "a decision that its evidence does not bear".to_owned(),
        )),
    }
}

fn is_sound(condition: Option<Condition>, judgement: &Judgement) -> bool {
    let Judgement {
        verdict,
        value,
        decision,
        timestamps,
        values,
        ..
    } = judgement;
    if timestamps.len() != values.len() || !timestamps.is_sorted_by(|one, next| one < next) {
        return false;
    }
    let is_value = *verdict == Verdict::Value;
    if is_value && !(value.is_some() && values.iter().all(|value| value.is_finite())) {
        return false;
    }
    let holds = |value: &f64| match condition.map(|condition| condition.bound) {
        Some(Bound::Above(bound)) => *value > bound,
        Some(Bound::Below(bound)) => *value < bound,
        None => false,
    };
    let expected =
        (is_value && condition.is_some()).then(|| !values.is_empty() && values.iter().all(holds));
    *decision == expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::decisions::SubjectStats;

    fn answer(there: &[&str], missing: &[&str]) -> LiveAnswer {
        let subject = |id: &&str| SubjectStats {
            id: (*id).to_owned(),
            agent_id: None,
            stats: Vec::new(),
        };
        LiveAnswer {
            subjects: there.iter().map(subject).collect(),
            missing: missing.iter().map(ToString::to_string).collect(),
            partial: false,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn live_stats_of_others_twice_or_of_none_break_the_contract() {
        let ids = ["a", "b", "a"].map(ToOwned::to_owned);
        assert!(check_live(&ids, &answer(&["b"], &["a"])).is_ok());
        for wrong in [
            answer(&["a"], &[]),
            answer(&["a", "b"], &["a"]),
            answer(&["a", "a"], &["b"]),
            answer(&["a", "b", "c"], &[]),
        ] {
            let error = check_live(&ids, &wrong).unwrap_err();
            assert!(matches!(error, CallError::BrokenContract { .. }));
        }
    }

    #[test]
    fn a_decision_that_the_evidence_does_not_bear_breaks_the_contract() {
        let judgement = |verdict, values: &[f64], decision| Judgement {
            subject: "a".into(),
            verdict,
            value: values.last().copied(),
            at: None,
            decision,
            timestamps: (0..values.len() as i64).collect(),
            values: values.to_vec(),
        };
        let subjects = ["a".to_owned()];
        let above = Some(Condition {
            bound: Bound::Above(1.0),
            lasting: None,
        });
        for (condition, judgement, sound) in [
            (&above, judgement(Verdict::Value, &[2.0], Some(true)), true),
            (&above, judgement(Verdict::Value, &[1.0], Some(false)), true),
            (
                &above,
                judgement(Verdict::Value, &[1.0, 2.0], Some(true)),
                false,
            ),
            (
                &above,
                judgement(Verdict::Value, &[2.0], Some(false)),
                false,
            ),
            (&above, judgement(Verdict::Value, &[2.0], None), false),
            (&above, judgement(Verdict::Value, &[], Some(true)), false),
            (
                &above,
                judgement(Verdict::Value, &[f64::NAN], Some(false)),
                false,
            ),
            (&above, judgement(Verdict::Stale, &[2.0], None), true),
            (&above, judgement(Verdict::Stale, &[2.0], Some(true)), false),
            (&above, judgement(Verdict::NoData, &[], Some(true)), false),
            (&None, judgement(Verdict::Value, &[2.0], None), true),
            (&None, judgement(Verdict::Value, &[2.0], Some(true)), false),
        ] {
            let judged = std::slice::from_ref(&judgement);
            let checked = check_judgements(&subjects, *condition, judged);
            assert_eq!(checked.is_ok(), sound, "{judgement:?}");
        }
        assert!(check_judgements(&subjects, above, &[]).is_err());
    }
}
