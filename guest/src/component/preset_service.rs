//! The exported interface `preset-service`: presets that are asked of Prometheus, and verdicts.

use super::Plugin;
use super::bindings::exports::backendai::metric::preset_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error};
use super::convert::{config, label_filter, pointwise, series};
use super::convert_range::{range_answer, range_options};
use super::exchange::exchange_side_by_side;
use super::preset::{arguments_input, preset_input};
use super::ranges::{preset_batch, preset_range};
use crate::codec::decisions::{Evaluate, ExecutePreset, InstantResult, RunInput, RunResult};
use crate::domain::preset::PresetRange;
use crate::domain::verdict::{
    Asked, Bound, Combine, Condition, EvaluateInput, Judgement, MetricQuestion, Verdict,
};

impl outer::Guest for Plugin {
    fn execute(
        config_: Config,
        preset: outer::Preset,
        arguments: outer::Arguments,
        at: Option<i64>,
    ) -> Result<outer::InstantAnswer, Error> {
        let arguments = arguments_input(arguments);
        let call = ExecutePreset::new(config(config_), preset_input(preset), &arguments, at)?;
        Ok(instant_answer(exchange_side_by_side(&call)?))
    }

    fn execute_range(
        config_: Config,
        preset: outer::Preset,
        arguments: outer::Arguments,
        range: outer::PresetRange,
        options: outer::RangeOptions,
    ) -> Result<outer::RangeAnswer, outer::RangeError> {
        let range = preset_range_input(range);
        let answer = preset_range(
            config(config_),
            preset_input(preset),
            &arguments_input(arguments),
            &range,
            range_options(options),
        )?;
        Ok(range_answer(answer))
    }

    fn execute_batch(
        config_: Config,
        runs: Vec<outer::Run>,
        options: outer::RangeOptions,
    ) -> Vec<Result<outer::RunAnswer, outer::RangeError>> {
        let run = |run: outer::Run| RunInput {
            preset: preset_input(run.preset),
            arguments: arguments_input(run.arguments),
            range: run.range.map(preset_range_input),
            at: run.at,
        };
        let runs: Vec<RunInput> = runs.into_iter().map(run).collect();
        let answers = preset_batch(config(config_), &runs, range_options(options));
        let answer = |answer| match answer {
            RunResult::Instant(answer) => outer::RunAnswer::Instant(instant_answer(answer)),
            RunResult::Range(answer) => outer::RunAnswer::Range(range_answer(*answer)),
        };
        answers
            .into_iter()
            .map(|outcome| Ok(outcome.map(answer)?))
            .collect()
    }

    fn evaluate(
        config_: Config,
        preset: outer::Preset,
        question: outer::Question,
    ) -> Result<Vec<outer::Judgement>, Error> {
        let question = evaluate_input(question);
        let call = Evaluate::new(config(config_), preset_input(preset), &question)?;
        let judgements = exchange_side_by_side(&call)?;
        Ok(judgements.into_iter().map(judgement).collect())
    }

    fn evaluate_metric(
        config_: Config,
        question: outer::MetricQuestion,
    ) -> Result<Vec<outer::Judgement>, Error> {
        let call = Evaluate::of_metric(config(config_), &metric_question(question))?;
        let judgements = exchange_side_by_side(&call)?;
        Ok(judgements.into_iter().map(judgement).collect())
    }
}

fn instant_answer(answer: InstantResult) -> outer::InstantAnswer {
    outer::InstantAnswer {
        promql: answer.promql,
        unit: answer.unit,
        series: series(answer.series),
        warnings: answer.warnings,
        infos: answer.infos,
        partial: answer.partial,
    }
}

fn preset_range_input(range: outer::PresetRange) -> PresetRange {
    PresetRange {
        start: range.start,
        end: range.end,
        step: range.step,
    }
}

fn evaluate_input(question: outer::Question) -> EvaluateInput {
    EvaluateInput {
        arguments: arguments_input(question.arguments),
        subject: question.subject,
        asked: Asked {
            subjects: question.subjects,
            combine: combine(question.combine),
            at: question.at,
            condition: question.condition.map(condition),
        },
    }
}

fn metric_question(question: outer::MetricQuestion) -> MetricQuestion {
    MetricQuestion {
        metric_name: question.metric_name,
        labels: label_filter(question.labels),
        group_by: question.group_by.into_iter().map(Into::into).collect(),
        metric_type: question.metric_type.map(Into::into),
        pointwise: question.pointwise.map(pointwise),
        subject: question.subject.into(),
        asked: Asked {
            subjects: question.subjects,
            combine: combine(question.combine),
            at: question.at,
            condition: question.condition.map(condition),
        },
    }
}

fn combine(combine: outer::Combine) -> Combine {
    match combine {
        outer::Combine::Max => Combine::Max,
        outer::Combine::Min => Combine::Min,
        outer::Combine::Avg => Combine::Avg,
        outer::Combine::Sum => Combine::Sum,
    }
}

fn condition(condition: outer::Condition) -> Condition {
    Condition {
        bound: match condition.bound {
            outer::Bound::Above(bound) => Bound::Above(bound),
            outer::Bound::Below(bound) => Bound::Below(bound),
        },
        lasting: condition.lasting,
    }
}

fn judgement(judgement: Judgement) -> outer::Judgement {
    outer::Judgement {
        subject: judgement.subject,
        verdict: match judgement.verdict {
            Verdict::Value => outer::Verdict::Value,
            Verdict::NoData => outer::Verdict::NoData,
            Verdict::NotToldApart => outer::Verdict::NotToldApart,
            Verdict::NotFinite => outer::Verdict::NotFinite,
            Verdict::Partial => outer::Verdict::Partial,
            Verdict::Stale => outer::Verdict::Stale,
        },
        value: judgement.value,
        at: judgement.at,
        decision: judgement.decision,
        timestamps: judgement.times,
        values: judgement.values,
    }
}
