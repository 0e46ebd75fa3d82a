//! Questions without end, made up of what a data set has.

use std::collections::BTreeSet;

use crate::dataset::Dataset;
use crate::oracle::question::{METRIC, VALUE_TYPE};
use crate::oracle::{Over, Pointwise, Question, Statistic, ValueType};
use crate::population::Population;

/// Points of a question at most, so that thousands can be asked in a run.
const MOST_POINTS: i64 = 24;
/// Seconds: UTC, and whole, half and quarter hours on both sides of it.
const UTC_OFFSETS: [i64; 6] = [0, 0, 32_400, 19_800, -12_600, 20_700];

/// Random questions: all metrics, sides, statistics and groupings, several filters of several values, odd steps,
/// offsets of the grid, and ranges that begin before the data or end after them. Equal seeds give equal questions.
#[derive(Debug)]
pub struct Questions {
    random: fastrand::Rng,
    population: Population,
    /// Every label that may be filtered on or grouped by, with its values.
    labels: Vec<(String, Vec<String>)>,
    metrics: Vec<String>,
}

impl Questions {
    /// About a data set, which is that population's.
    #[must_use]
    pub fn new(dataset: &Dataset, population: &Population, seed: u64) -> Self {
        let all = || dataset.series().iter().flat_map(|series| &series.labels);
        let values = |label: &str| -> Vec<String> {
            let of_label = all().filter(|(name, _)| name == label);
            let values: BTreeSet<&String> = of_label.map(|(_, value)| value).collect();
            values.into_iter().cloned().collect()
        };
        let names: BTreeSet<&String> = all().map(|(name, _)| name).collect();
        Self {
            random: fastrand::Rng::with_seed(seed),
            population: *population,
            labels: names
                .into_iter()
                .filter(|name| *name != METRIC && *name != VALUE_TYPE)
                .map(|name| (name.clone(), values(name)))
                .collect(),
            metrics: values(METRIC),
        }
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        self.random.choice(choices).cloned()
    }

    fn value_type(&mut self, metric: &str) -> Option<ValueType> {
        match self.random.u8(0..10) {
            0 => None,
            1 => Some(ValueType::Usage),
            2 => Some(ValueType::Capacity),
            // There is no percentage of other counters.
            3..6 if !metric.starts_with("net_") => Some(ValueType::Pct),
            _ => Some(ValueType::Current),
        }
    }

    fn filters(&mut self) -> Vec<(String, Vec<String>)> {
        let count = self.one_of(&[0, 0, 1, 1, 2]).unwrap_or_default();
        let chosen = self.random.choose_multiple(&self.labels, count);
        chosen
            .into_iter()
            .map(|(label, values)| {
                let count = self.random.usize(1..=3);
                let mut some: Vec<String> = self
                    .random
                    .choose_multiple(values, count)
                    .into_iter()
                    .cloned()
                    .collect();
                if self.random.u8(0..8) == 0 {
                    some.push("nobody".to_owned());
                }
                (label.clone(), some)
            })
            .collect()
    }

    fn group_by(&mut self) -> Vec<String> {
        let count = self.one_of(&[0, 1, 1, 2]).unwrap_or_default();
        let chosen = self.random.choose_multiple(&self.labels, count);
        chosen.into_iter().map(|(label, _)| label.clone()).collect()
    }

    fn pointwise(&mut self, step: i64) -> Option<Pointwise> {
        let interval = i64::from(self.population.interval);
        let member = self.one_of(&self.labels.clone())?.0;
        let over = match self.random.u8(0..10) {
            0..4 => return None,
            4..8 => Over::Time,
            8 => Over::Members(member),
            _ => Over::Both(member),
        };
        let quantile = Statistic::Quantile(self.one_of(&[0.0, 0.5, 0.9, 0.95, 1.0])?);
        let mut statistics = vec![Statistic::Avg, Statistic::Max, Statistic::Min, quantile];
        if over == Over::Time {
            statistics.push(Statistic::Last);
        }
        Some(Pointwise {
            statistic: self.one_of(&statistics)?,
            over,
            // The step, a moving statistic, or a part of the step; of four samples at least.
            window: self
                .one_of(&[step, step, 3 * step, step / 2])?
                .max(4 * interval),
        })
    }

    /// Somewhere in the time of the data, or a little before or after.
    fn range(&mut self, step: i64) -> (i64, i64) {
        let beyond = step.min(3600);
        let (from, to) = (self.population.from - beyond, self.population.to + beyond);
        let start = self.random.i64(from..to);
        (start, start + self.random.i64(0..MOST_POINTS * step))
    }
}

impl Iterator for Questions {
    type Item = Question;

    fn next(&mut self) -> Option<Question> {
        let interval = i64::from(self.population.interval);
        let metric = self.one_of(&self.metrics.clone())?;
        let steps = [
            interval,
            2 * interval,
            7 * interval,
            10 * interval,
            2000,
            3600,
            5 * 3600,
        ];
        let step = self.one_of(&steps)?;
        let (start, end) = self.range(step);
        Some(Question {
            value_type: self.value_type(&metric),
            filters: self.filters(),
            group_by: self.group_by(),
            pointwise: self.pointwise(step),
            start,
            end,
            step,
            utc_offset: self.one_of(&UTC_OFFSETS)?,
            sample_interval: interval,
            timewindow: self.one_of(&[None, None, None, Some(5 * interval)])?,
            metric,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Oracle, Semantics};
    use crate::release::PrometheusRelease;

    #[test]
    fn most_questions_have_an_answer_and_all_kinds_are_asked() {
        let population = Population::dense(1);
        let dataset = Dataset::of_population(&population);
        let oracle = Oracle::new(&dataset, Semantics::of(PrometheusRelease::V3_5));
        let questions: Vec<Question> = Questions::new(&dataset, &population, 1).take(400).collect();
        let again: Vec<Question> = Questions::new(&dataset, &population, 1).take(400).collect();
        assert_eq!(questions, again);
        let answered = questions
            .iter()
            .filter(|question| !oracle.answer(question).is_empty())
            .count();
        assert!(answered > 250, "{answered}");
        let asked =
            |kind: &dyn Fn(&Question) -> bool| questions.iter().filter(|one| kind(one)).count();
        let over = |kind: fn(&Over) -> bool| {
            asked(&|one| {
                one.pointwise
                    .as_ref()
                    .is_some_and(|point| kind(&point.over))
            })
        };
        for count in [
            over(|over| *over == Over::Time),
            over(|over| matches!(over, Over::Members(_))),
            over(|over| matches!(over, Over::Both(_))),
            asked(&|one| one.pointwise.is_none()),
            asked(&Question::is_rate),
            asked(&Question::has_single_groups),
            asked(&|one| one.value_type == Some(ValueType::Pct)),
            asked(&|one| one.filters.iter().any(|(_, values)| values.len() > 1)),
        ] {
            assert!(count > 20, "{count}");
        }
    }
}
