//! The exported interface `preset-service`: presets that are asked of Prometheus, and verdicts.

use super::Plugin;
use super::bindings::exports::backendai::metric::preset_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error};
use super::convert::{config, series};
use super::convert_range::{range_answer, range_options};
use super::exchange::exchange_side_by_side;
use super::preset::{arguments_input, preset_input};
use super::ranges::preset_range;
use crate::codec::decisions::{Evaluate, ExecutePreset};
use crate::domain::preset::PresetRange;
use crate::domain::verdict::{Bound, Combine, Condition, EvaluateInput, Judgement, Verdict};

impl outer::Guest for Plugin {
    fn execute(
        config_: Config,
        preset: outer::Preset,
        arguments: outer::Arguments,
        at: Option<i64>,
    ) -> Result<outer::InstantAnswer, Error> {
        let arguments = arguments_input(arguments);
        let call = ExecutePreset::new(config(config_), preset_input(preset), &arguments, at)?;
        let answer = exchange_side_by_side(&call)?;
        Ok(outer::InstantAnswer {
            promql: answer.promql,
            unit: answer.unit,
            series: series(answer.series),
            warnings: answer.warnings,
            infos: answer.infos,
            partial: answer.partial,
        })
    }

    fn execute_range(
        config_: Config,
        preset: outer::Preset,
        arguments: outer::Arguments,
        range: outer::PresetRange,
        options: outer::RangeOptions,
    ) -> Result<outer::RangeAnswer, outer::RangeError> {
        let range = PresetRange {
            start: range.start,
            end: range.end,
            step: range.step,
        };
        let answer = preset_range(
            config(config_),
            preset_input(preset),
            &arguments_input(arguments),
            &range,
            range_options(options),
        )?;
        Ok(range_answer(answer))
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
}

fn evaluate_input(question: outer::Question) -> EvaluateInput {
    EvaluateInput {
        arguments: arguments_input(question.arguments),
        subject: question.subject,
        subjects: question.subjects,
        combine: match question.combine {
            outer::Combine::Max => Combine::Max,
            outer::Combine::Min => Combine::Min,
            outer::Combine::Avg => Combine::Avg,
            outer::Combine::Sum => Combine::Sum,
        },
        at: question.at,
        condition: question.condition.map(|condition| Condition {
            bound: match condition.bound {
                outer::Bound::Above(bound) => Bound::Above(bound),
                outer::Bound::Below(bound) => Bound::Below(bound),
            },
            lasting: condition.lasting,
        }),
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
