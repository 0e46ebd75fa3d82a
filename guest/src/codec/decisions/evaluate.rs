//! The verb `evaluate`: of many subjects their values and the ages of the samples under them, and a verdict on each.

use super::SideBySide;
use super::ask::{Ask, When};
use crate::codec::{Config, ConfigInput, Failure};
use crate::domain::Plan;
use crate::domain::preset::{Preset, PresetInput};
use crate::domain::verdict::{EvaluateInput, Evaluation, Judgement, MetricQuestion, Seen};
use crate::prometheus::{Decoded, Series};

/// A checked call.
#[derive(Debug, Clone)]
pub struct Evaluate {
    config: Config,
    evaluation: Evaluation,
}

impl Evaluate {
    /// Checks the call and writes its queries.
    ///
    /// # Errors
    /// Fails if the configuration, the preset or the question is invalid.
    pub fn new(
        config: ConfigInput,
        preset: PresetInput,
        input: &EvaluateInput,
    ) -> Result<Self, Failure> {
        let config = checked(config)?;
        let evaluation = Evaluation::of_preset(&config.settings, &Preset::new(preset)?, input)?;
        Ok(Self { config, evaluation })
    }

    /// The same by a metric.
    ///
    /// # Errors
    /// Fails if the configuration or the question is invalid.
    pub fn of_metric(config: ConfigInput, question: &MetricQuestion) -> Result<Self, Failure> {
        let config = checked(config)?;
        let evaluation = Evaluation::of_metric(&config.settings, question)?;
        Ok(Self { config, evaluation })
    }

    fn whose(&self, series: &Series) -> Option<String> {
        let labels = series.labels.iter();
        let mut own = labels.filter(|(name, _)| *name == self.evaluation.subject);
        own.next().map(|(_, value)| value.clone())
    }
}

impl SideBySide for Evaluate {
    type Result = Vec<Judgement>;

    fn config(&self) -> &Config {
        &self.config
    }

    /// Of each part its values, and then its ages where they can be asked for.
    fn asks(&self) -> Vec<Ask> {
        let instant = When::Instant(Some(self.evaluation.at));
        let values = self.evaluation.grid.map_or(instant, When::Range);
        let ask = |promql: &String, when| Ask {
            labels: None,
            promql: promql.clone(),
            when,
        };
        let parts = self.evaluation.parts.iter();
        parts
            .flat_map(|part| {
                let ages = part.ages.as_ref().map(|ages| ask(ages, instant));
                [Some(ask(&part.values, values)), ages]
                    .into_iter()
                    .flatten()
            })
            .collect()
    }

    fn result(&self, answers: Vec<Decoded>) -> Result<Vec<Judgement>, Failure> {
        let mut answers = answers.into_iter();
        let mut judgements = Vec::new();
        for part in &self.evaluation.parts {
            let values = answers.next().unwrap_or_default();
            let ages = match part.ages {
                Some(_) => answers.next().unwrap_or_default(),
                None => Decoded::default(),
            };
            let mut seen = Seen {
                is_partial: values.partial || ages.partial,
                ..Seen::default()
            };
            for series in ages.series {
                if let (Some(whose), Some(seconds)) = (self.whose(&series), series.values.last()) {
                    seen.ages.push((whose, millis(*seconds)));
                }
            }
            for series in values.series {
                let whose = self.whose(&series);
                let labels = series.labels.iter();
                if labels
                    .map(|(name, _)| name)
                    .any(|name| name == Plan::LEFT_OUT)
                {
                    seen.left_out.extend(whose);
                    continue;
                }
                seen.series.push((whose, series.timestamps, series.values));
            }
            judgements.extend(self.evaluation.judge(part, &seen));
        }
        Ok(judgements)
    }
}

/// A configuration under which missing data is a verdict, so that servers are to say so, not to refuse.
fn checked(mut config: ConfigInput) -> Result<Config, Failure> {
    config.partial = true;
    Config::try_from(config)
}

/// Unix milliseconds of the seconds that `timestamp` gives, which are exact to the millisecond.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturates, and NaN becomes 0"
)]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
