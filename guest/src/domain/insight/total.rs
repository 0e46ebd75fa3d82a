//! Value times time: byte-seconds of a level, and what counters grew by.
//!
//! Not `increase`, which extrapolates to the ends of its window: two kernels that burnt 150,000 ms of CPU time read
//! 180,000 there. Here each counter's last sample within a step is held against its last one before, of up to a day; a
//! counter that appears began at zero, as agents' do with their kernel, unless no data at all are there before it: then
//! what it grew by since its first sample counts. No point overlaps another, so that their sum is the whole, whatever was
//! cut.

use crate::domain::expression::Reading;
use crate::domain::{
    CatalogueEntry, Chunk, MetricQuery, Over, Pointwise, RangePlan, Settings, Statistic, ValueType,
};

use super::numbers::Sum;

/// The label of the series that counts counters which were reset.
const RESETS: &str = "resets";
/// That of the series that counts counters without a sample before.
const FIRSTS: &str = "first_samples";
/// That of the series that counts counters of which it cannot be told when they began.
const UNKNOWN: &str = "unknown_before";

/// The way in which the totals of a query's groups come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// There is none; of what, in words.
    None(&'static str),
    /// From the points. Those that stand for the time since the one before count; of levels at instants the first
    /// stands for time before the range.
    Points {
        /// True if the first point stands for time within the range.
        with_first: bool,
    },
    /// From what the counters grew by: a query of its own.
    Growth,
}

impl Total {
    /// Of a query.
    pub fn of(settings: &Settings, query: &MetricQuery) -> Self {
        let reading = Reading::new(settings, query);
        let is_mean = matches!(
            query.pointwise,
            None | Some(Pointwise {
                statistic: Statistic::Avg,
                over: Over::Time,
                window: None
            })
        );
        let entry = CatalogueEntry::of(&query.metric_name);
        let is_sum = entry.is_some_and(|entry| entry.cumulative);
        match reading.value_type() {
            Some(ValueType::Pct) => Self::None("a percentage"),
            _ if !is_mean => Self::None("a statistic other than the mean over the step"),
            Some(ValueType::Capacity) if reading.is_per_second() => Self::None("a capacity"),
            _ if reading.is_per_second() => Self::Growth,
            Some(ValueType::Current | ValueType::Usage) | None if is_sum => {
                Self::None("a counter that is read as a level")
            }
            _ => Self::Points {
                with_first: reading.looks_back(),
            },
        }
    }
}

/// The unit of a total, from that of the values.
pub fn total_unit(total: Total, unit: Option<&str>) -> Option<String> {
    let unit = unit?;
    match total {
        Total::None(_) => None,
        // Per second, times seconds.
        Total::Growth | Total::Points { .. } => Some(match unit {
            "percent" => "percent-seconds".to_owned(),
            unit => match unit.strip_suffix("/s") {
                Some(whole) => whole.to_owned(),
                None => format!("{}-seconds", unit.strip_suffix('s').unwrap_or(unit)),
            },
        }),
    }
}

/// The total of a group's points, each of which stands for a step; those in order, and what is no number left out.
pub fn total(values: impl IntoIterator<Item = f64>, step: u32) -> f64 {
    let numbers = values.into_iter().filter(|value| !value.is_nan());
    Sum::of(numbers) * f64::from(step)
}

/// The growth of each group's counters between two points.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The requests, on the grid of the query that it belongs to.
    pub range: RangePlan,
}

/// Plans it beside a query that is planned.
pub fn plan_growth(range: &RangePlan, settings: &Settings, query: &MetricQuery) -> Growth {
    let mut range = range.clone();
    range.plan.promql =
        Reading::new(settings, query).write_growth(range.plan.grid.step(), [RESETS, FIRSTS]);
    range.plan.warnings.clear();
    range.plan.infos.clear();
    range.merge = None;
    Growth { range }
}

/// Looks in all at the counters that were reset: as many as a few days have of a minute.
const MOST_LOOKS: u64 = 20_000;
/// Requests for them.
const MOST_RUNS: usize = 32;

/// Plans what the counters of each group grew by in steps in which some were reset: the answer to [`plan_growth`] lacks
/// what they had counted before. Of points one after the other, one request; none where it would be too many.
pub fn plan_over_resets(
    growth: &Growth,
    settings: &Settings,
    query: &MetricQuery,
    at: &[i64],
) -> Vec<Growth> {
    let grid = growth.range.plan.grid;
    let step = grid.step();
    let look = look(step, grid.start(), settings.sample_interval.get());
    let runs = runs(at, step);
    let looks = (at.len() as u64).saturating_mul(u64::from(step / look));
    if looks > MOST_LOOKS || runs.len() > MOST_RUNS {
        return Vec::new();
    }
    let promql = Reading::new(settings, query).write_growth_over_resets(step, look);
    runs.into_iter()
        .map(|run| growth.between(&promql, run))
        .collect()
}

/// Plans the same of steps in which some have a first sample, which the answer to [`plan_growth`] takes for new: at most
/// one request for each chunk.
pub fn plan_of_firsts(
    growth: &Growth,
    settings: &Settings,
    query: &MetricQuery,
    at: &[i64],
) -> Vec<Growth> {
    let step = growth.range.plan.grid.step();
    let promql = Reading::new(settings, query).write_growth_of_firsts(step, UNKNOWN);
    let within = |chunk: &Chunk| {
        let span = chunk.grid.start()..=chunk.grid.end();
        let mut own = at.iter().copied().filter(|at| span.contains(at));
        let first = own.next()?;
        Some((first, own.next_back().unwrap_or(first)))
    };
    let runs = growth.range.chunks.iter().filter_map(within);
    runs.map(|run| growth.between(&promql, run)).collect()
}

impl Growth {
    /// Another query in one request, at some of the points.
    fn between(&self, promql: &str, (from, to): (i64, i64)) -> Self {
        let mut range = self.range.clone();
        promql.clone_into(&mut range.plan.promql);
        range.plan.grid = range.plan.grid.between(from, to);
        range.plan.asked = range.plan.grid;
        range.chunks = vec![Chunk {
            grid: range.plan.grid,
            is_final: false,
        }];
        Self { range }
    }
}

/// The first and the last of points one after the other.
fn runs(at: &[i64], step: u32) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &time in at {
        match runs.last_mut() {
            Some((_, end)) if time - *end == i64::from(step) => *end = time,
            _ => runs.push((time, time)),
        }
    }
    runs
}

/// The most seconds, no more than between two samples, that divide the step and the time of a point.
fn look(step: u32, point: i64, interval: u32) -> u32 {
    let divides =
        |seconds: &u32| step.is_multiple_of(*seconds) && point.rem_euclid(i64::from(*seconds)) == 0;
    (1..=interval).rev().find(divides).unwrap_or(1)
}

/// The counters that a series counts, which is no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubted {
    /// Those that were reset.
    Reset,
    /// Those that have a first sample.
    First,
    /// Those of which it cannot be told when they began.
    Unknown,
}

/// The counters that a series counts; none: it is a group.
pub fn doubted(labels: &[(String, String)]) -> Option<Doubted> {
    labels.iter().find_map(|(name, _)| match name.as_str() {
        RESETS => Some(Doubted::Reset),
        FIRSTS => Some(Doubted::First),
        UNKNOWN => Some(Doubted::Unknown),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Dimension, LabelFilter, RangeOptions, RangeOptionsInput, plan_range};

    fn query(metric_name: &str, value_type: Option<ValueType>) -> MetricQuery {
        MetricQuery {
            metric_name: metric_name.into(),
            start: "0".into(),
            end: "3600".into(),
            step: Some(900),
            group_by: vec![Dimension::UserId],
            labels: LabelFilter {
                value_type,
                ..Default::default()
            },
            ..Default::default()
        }
    }

    #[test]
    fn what_has_a_total_says_how_it_comes_about_and_in_which_unit() {
        let settings = Settings::default();
        let points = Total::Points { with_first: false };
        for (name, value_type, expected, unit, total) in [
            (
                "mem",
                ValueType::Current,
                points,
                "bytes",
                Some("byte-seconds"),
            ),
            (
                "mem",
                ValueType::Capacity,
                points,
                "bytes",
                Some("byte-seconds"),
            ),
            (
                "cuda_util",
                ValueType::Current,
                points,
                "percent",
                Some("percent-seconds"),
            ),
            (
                "cuda_power",
                ValueType::Current,
                points,
                "watts",
                Some("watt-seconds"),
            ),
            (
                "cpu_util",
                ValueType::Current,
                Total::Growth,
                "millicores",
                Some("millicore-seconds"),
            ),
            (
                "net_rx",
                ValueType::Current,
                Total::Growth,
                "bytes/s",
                Some("bytes"),
            ),
            (
                "mem",
                ValueType::Pct,
                Total::None("a percentage"),
                "percent",
                None,
            ),
            (
                "io_read",
                ValueType::Current,
                Total::None("a counter that is read as a level"),
                "bytes",
                None,
            ),
        ] {
            let found = Total::of(&settings, &query(name, Some(value_type)));
            assert_eq!(found, expected, "{name}");
            assert_eq!(total_unit(found, Some(unit)).as_deref(), total, "{name}");
        }
        let mut peak = query("mem", Some(ValueType::Current));
        peak.pointwise = Some(Pointwise {
            statistic: Statistic::Max,
            over: Over::Time,
            window: None,
        });
        assert!(matches!(Total::of(&settings, &peak), Total::None(_)));
    }

    #[test]
    fn growth_is_asked_from_the_last_samples_of_steps_that_do_not_overlap() {
        let settings = Settings::default();
        let query = query("cpu_util", Some(ValueType::Current));
        let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
        let range = plan_range(&settings, &query, &options).unwrap();
        let growth = plan_growth(&range, &settings, &query).range;
        let c = r#"backendai_container_utilization{container_metric_name="cpu_util",value_type="current"}"#;
        assert_eq!(
            growth.plan.promql,
            format!(
                "sum by (owner_user_id,value_type)(last_over_time({c}[15m]) - last_over_time({c}[1h] offset 15m) >= 0 or last_over_time({c}[15m])) or label_replace(sum(resets({c}[16m]) > 0), \"resets\", \"counters\", \"\", \"\") or label_replace(count(last_over_time({c}[15m]) unless last_over_time({c}[1h] offset 15m)), \"first_samples\", \"counters\", \"\", \"\")"
            )
        );
        assert_eq!(growth.plan.grid, range.plan.grid);
        assert_eq!(growth.chunks, range.chunks);
        promql_parser::parser::parse(&growth.plan.promql).unwrap();
    }

    #[test]
    fn first_samples_are_held_against_a_day_before_in_one_request_a_chunk() {
        let settings = Settings::default();
        let mut query = query("cpu_util", Some(ValueType::Current));
        query.labels.kernel_id = vec!["k".into()];
        let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
        let range = plan_range(&settings, &query, &options).unwrap();
        let growth = plan_growth(&range, &settings, &query);
        let plans = plan_of_firsts(&growth, &settings, &query, &[900, 3600]);
        let [plan] = plans.as_slice() else {
            panic!("{plans:?}")
        };
        let grid = plan.range.plan.grid;
        assert_eq!((grid.start(), grid.end()), (900, 3600));
        assert_eq!(plan_of_firsts(&growth, &settings, &query, &[]), []);
        let all = r#"backendai_container_utilization{container_metric_name="cpu_util",value_type="current"}"#;
        let c = all.replace('}', r#",kernel_id="k"}"#);
        let (last, before) = (
            format!("last_over_time({c}[15m])"),
            format!("last_over_time({c}[1d] offset 15m)"),
        );
        let known = format!("(last_over_time({all}[1h] offset 15m) or {before})");
        assert_eq!(
            plan.range.plan.promql,
            format!(
                "sum by (owner_user_id,value_type)({last} - {before} >= 0 or {last} and on() {known} or {last} - min_over_time({c}[15m])) or label_replace((count({last}) unless on() {known}), \"unknown_before\", \"counters\", \"\", \"\")"
            )
        );
        promql_parser::parser::parse(&plan.range.plan.promql).unwrap();
    }

    #[test]
    fn steps_with_resets_are_looked_at_as_closely_as_samples_lie_in_few_requests() {
        let settings = Settings::default();
        let query = query("cpu_util", Some(ValueType::Current));
        let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
        let range = plan_range(&settings, &query, &options).unwrap();
        let growth = plan_growth(&range, &settings, &query);
        let plans = plan_over_resets(&growth, &settings, &query, &[900, 1800, 3600]);
        let spans: Vec<_> = plans
            .iter()
            .map(|plan| (plan.range.plan.grid.start(), plan.range.plan.grid.end()))
            .collect();
        assert_eq!(spans, [(900, 1800), (3600, 3600)]);
        let promql = &plans[0].range.plan.promql;
        assert!(promql.contains("[14m59s999ms:15s]"), "{promql}");
        promql_parser::parser::parse(promql).unwrap();
        let many: Vec<i64> = (0..=MOST_RUNS as i64).map(|run| run * 1800).collect();
        assert_eq!(plan_over_resets(&growth, &settings, &query, &many), []);
        for (step, point, interval, expected) in [
            (900, 0, 15, 15),
            (60, 120, 45, 30),
            (61, 61, 15, 1),
            (900, 19_800, 30, 30),
            (900, 10, 15, 10),
            (15, 30, 30, 15),
        ] {
            assert_eq!(look(step, point, interval), expected, "{step} {point}");
        }
    }
}
