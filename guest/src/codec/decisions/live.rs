//! The verb `query-live-stats`.

use super::SideBySide;
use super::ask::{Ask, When};
use crate::codec::call::check_partial;
use crate::codec::{Config, ConfigInput, Failure};
use crate::domain::live::{LiveAnswer, LiveInput, LiveQuery, Sampled, Side};
use crate::domain::{Dimension, LabelSchema, ValueType};
use crate::prometheus::{Decoded, Series};

/// A checked call.
#[derive(Debug, Clone)]
pub struct QueryLiveStats {
    config: Config,
    query: LiveQuery,
}

impl QueryLiveStats {
    /// Checks the call.
    ///
    /// # Errors
    /// Fails if the configuration, the ids or the options are invalid.
    pub fn new(
        config: ConfigInput,
        by: Dimension,
        ids: &[String],
        input: &LiveInput,
    ) -> Result<Self, Failure> {
        let config = Config::try_from(config)?;
        let query = LiveQuery::new(&config.settings, by, ids, input)?;
        Ok(Self { config, query })
    }
}

impl SideBySide for QueryLiveStats {
    type Result = LiveAnswer;

    fn config(&self) -> &Config {
        &self.config
    }

    fn asks(&self) -> Vec<Ask> {
        let ask = |promql: &String| Ask {
            promql: promql.clone(),
            when: When::Instant(Some(self.query.at)),
        };
        self.query.promql.iter().map(ask).collect()
    }

    fn result(&self, answers: Vec<Decoded>) -> Result<LiveAnswer, Failure> {
        let mut sampled = Vec::new();
        let (mut warnings, mut partial) = (Vec::new(), false);
        for decoded in answers {
            check_partial(&decoded, self.config.settings.partial)?;
            partial |= decoded.partial;
            warnings.extend(decoded.warnings);
            for series in decoded.series {
                check_ascending(&series)?;
                sampled.extend(labelled(&self.query, series));
            }
        }
        let mut answer = self.query.answer(sampled);
        warnings.append(&mut answer.warnings);
        warnings.sort_unstable();
        warnings.dedup();
        Ok(LiveAnswer {
            partial,
            warnings,
            ..answer
        })
    }
}

/// Rates are computed between neighbours, so that these have to be neighbours.
fn check_ascending(series: &Series) -> Result<(), Failure> {
    let times = series.timestamps.iter();
    let pair = times.clone().zip(times.skip(1)).find(|(a, b)| a >= b);
    match pair {
        None => Ok(()),
        Some((_, at)) => Err(Failure::MalformedResponse(format!(
            "the times of a series do not ascend at {at} (Unix milliseconds)"
        ))),
    }
}

/// A series by its labels; none where it is of no kernel, metric or side that was asked for.
fn labelled(query: &LiveQuery, series: Series) -> Option<Sampled> {
    let schema: LabelSchema = query.schema;
    let (mut id, mut kernel, mut agent, mut metric, mut side) = (None, None, None, None, None);
    for (name, value) in series.labels {
        if name == query.subject {
            id = Some(value.clone());
        }
        if name == schema.label(Dimension::KernelId) {
            kernel = Some(value);
        } else if name == schema.label(Dimension::AgentId) {
            agent = Some(value);
        } else if name == schema.label(Dimension::MetricName) {
            metric = Some(value);
        } else if name == schema.label(Dimension::ValueType) {
            side = [
                (ValueType::Current, Side::Current),
                (ValueType::Capacity, Side::Capacity),
            ]
            .into_iter()
            .find(|(of, _)| of.label_value() == value)
            .map(|(_, side)| side);
        }
    }
    Some(Sampled {
        id: id?,
        kernel: kernel.unwrap_or_default(),
        agent,
        metric: metric?,
        side: side?,
        times: series.timestamps,
        values: series.values,
    })
}
