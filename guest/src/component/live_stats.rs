//! The exported interface `live-stats`.

use super::Plugin;
use super::bindings::exports::backendai::metric::live_stats as outer;
use super::bindings::exports::backendai::metric::types::{Config, Dimension, Error};
use super::convert::config;
use super::exchange::exchange_side_by_side;
use crate::codec::decisions::QueryLiveStats;
use crate::domain::live::{LiveInput, LiveStat, SubjectStats};

impl outer::Guest for Plugin {
    fn query_live_stats(
        config_: Config,
        by: Dimension,
        ids: Vec<String>,
        options: outer::LiveOptions,
    ) -> Result<outer::LiveAnswer, Error> {
        let input = LiveInput {
            at: options.at,
            window: options.window,
            metrics: options.metrics,
        };
        let call = QueryLiveStats::new(config(config_), by.into(), &ids, &input)?;
        let answer = exchange_side_by_side(&call)?;
        Ok(outer::LiveAnswer {
            subjects: answer.subjects.into_iter().map(subject_stats).collect(),
            missing: answer.missing,
            partial: answer.partial,
            warnings: answer.warnings,
        })
    }
}

fn subject_stats(subject: SubjectStats) -> outer::SubjectStats {
    outer::SubjectStats {
        id: subject.id,
        agent_id: subject.agent_id,
        stats: subject.stats.into_iter().map(live_stat).collect(),
    }
}

fn live_stat(stat: LiveStat) -> outer::LiveStat {
    outer::LiveStat {
        metric: stat.metric,
        unit: stat.unit.map(str::to_owned),
        current: stat.current,
        at: stat.at,
        stale: stat.stale,
        min: stat.min,
        max: stat.max,
        avg: stat.avg,
        capacity: stat.capacity,
        percent: stat.percent,
        accumulated: stat.accumulated,
        samples: stat.samples,
    }
}
