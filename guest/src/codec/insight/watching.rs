//! The verbs `find-anomalies` and `find-outliers`.

use std::collections::BTreeMap;

use super::{Insight, groups_of};
use crate::codec::query_range::{Missing, QueryRange, RangeResult};
use crate::codec::{Config, Failure, MetricResult};
use crate::domain::insight::{
    Anomaly, Band, Dense, DetectionInput, Strategy, Tolerance, ToleranceInput, Verdict, Watch,
    by_member, compare, look, watch,
};
use crate::domain::{Dimension, MetricQuery, RangeOptions, quote};
use crate::prometheus::Series;

/// A range in which each series is watched by itself.
#[derive(Debug, Clone)]
pub struct FindAnomalies {
    asked: QueryRange,
    watch: Watch,
}

/// A range in which the members of each group are compared.
#[derive(Debug, Clone)]
pub struct FindOutliers {
    asked: QueryRange,
    /// The label that tells members apart.
    member: &'static str,
    tolerance: Tolerance,
}

/// A series, and what was expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Its watched points.
    pub series: Series,
    /// The expected band at each of them.
    pub bands: Vec<Band>,
    /// The anomalies found.
    pub anomalies: Vec<Anomaly>,
    /// The number of values, or members, learnt from.
    pub learnt: usize,
    /// The strategy used; none: compared with other members.
    pub strategy: Option<Strategy>,
}

/// The answer of either verb.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchResult {
    /// The query and its plan, without series; the points are those that were watched.
    pub answer: MetricResult,
    /// In the order of their labels.
    pub watched: Vec<Watched>,
    /// The chunks that failed.
    pub missing: Vec<Missing>,
}

impl FindAnomalies {
    /// Checks and plans.
    ///
    /// # Errors
    /// Fails if the query is invalid, or the lookback cannot be learnt from so.
    pub fn new(
        config: &Config,
        query: &MetricQuery,
        detection: DetectionInput,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let watch = watch(&config.settings, query, options, detection)?;
        Ok(Self {
            asked: QueryRange::planned(config, watch.range.clone(), options),
            watch,
        })
    }
}

impl Insight for FindAnomalies {
    type Result = WatchResult;

    fn queries(&self) -> Vec<QueryRange> {
        vec![self.asked.clone()]
    }

    fn result(&self, answers: Vec<RangeResult>) -> Result<WatchResult, Failure> {
        let RangeResult {
            mut answer,
            missing,
        } = groups_of(&mut answers.into_iter())?;
        self.watch.check_work(answer.series.len())?;
        let (grid, from) = (answer.plan.grid, self.watch.from);
        let series = std::mem::take(&mut answer.series).into_iter();
        let watched = series.map(|series| {
            let dense = Dense::of(grid, &series.timestamps, &series.values);
            let verdict = look(&dense, from, &self.watch.detection);
            Watched {
                series: points(series.labels, &dense, from),
                bands: bands(&dense, from, &verdict.bands),
                anomalies: verdict.anomalies,
                learnt: verdict.learnt,
                strategy: Some(verdict.strategy),
            }
        });
        // A series that ended before the range begins is not watched.
        let watched = watched.filter(|watched| !watched.series.timestamps.is_empty());
        let watched: Vec<Watched> = watched.collect();
        answer.warnings.extend(no_verdict(
            &watched,
            "too few values, or seasons, before the range to learn from",
        ));
        answer.plan.grid = self.watch.watched;
        Ok(WatchResult {
            answer,
            watched,
            missing,
        })
    }
}

impl FindOutliers {
    /// Checks and plans.
    ///
    /// # Errors
    /// Fails if the query or the tolerance is invalid, or the query has no members.
    pub fn new(
        config: &Config,
        query: &MetricQuery,
        member: Dimension,
        tolerance: ToleranceInput,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let query = by_member(&config.settings, query, member)?;
        Ok(Self {
            tolerance: tolerance.try_into()?,
            asked: QueryRange::new(config, &query, options)?,
            member: config.settings.label_schema.label(member),
        })
    }
}

impl Insight for FindOutliers {
    type Result = WatchResult;

    fn queries(&self) -> Vec<QueryRange> {
        vec![self.asked.clone()]
    }

    fn result(&self, answers: Vec<RangeResult>) -> Result<WatchResult, Failure> {
        let RangeResult {
            mut answer,
            missing,
        } = groups_of(&mut answers.into_iter())?;
        let grid = answer.plan.grid;
        let mut groups = BTreeMap::<_, Vec<(Series, Dense)>>::new();
        for series in std::mem::take(&mut answer.series) {
            let mut group = series.labels.clone();
            group.retain(|(name, _)| name != self.member);
            let dense = Dense::of(grid, &series.timestamps, &series.values);
            groups.entry(group).or_default().push((series, dense));
        }
        let mut watched = Vec::new();
        for members in groups.into_values() {
            let (mut series, mut dense) = (Vec::new(), Vec::new());
            for (one, values) in members {
                series.push(one);
                dense.push(values);
            }
            let (expected, learnt) = compare(&dense, &self.tolerance);
            watched.extend(
                series
                    .into_iter()
                    .zip(&dense)
                    .map(|(series, dense)| Watched {
                        anomalies: Verdict::of_member(dense, &expected, &self.tolerance),
                        bands: bands(dense, 0, &expected),
                        series,
                        learnt,
                        strategy: None,
                    }),
            );
        }
        watched.sort_by(|a, b| a.series.labels.cmp(&b.series.labels));
        answer.warnings.extend(no_verdict(
            &watched,
            "a group has too few members at once to compare, four at least",
        ));
        Ok(WatchResult {
            answer,
            watched,
            missing,
        })
    }
}

/// The points of a series from a place on.
fn points(labels: Vec<(String, String)>, dense: &Dense, from: usize) -> Series {
    let there = (from..dense.len()).filter(|&place| dense.is_there(place));
    let (timestamps, values) = there
        .map(|place| (dense.instant(place), dense.at(place)))
        .unzip();
    Series {
        labels,
        timestamps,
        values,
    }
}

/// The bands of the points that are there; the first belongs to the place.
fn bands(dense: &Dense, from: usize, bands: &[Band]) -> Vec<Band> {
    let there = (from..dense.len()).zip(bands);
    there
        .filter(|&(place, _)| dense.is_there(place))
        .map(|(_, band)| *band)
        .collect()
}

/// Names the series of which nothing can be said.
fn no_verdict(watched: &[Watched], why: &str) -> Option<String> {
    const NAMED: usize = 3;
    let mut without = watched
        .iter()
        .filter(|watched| !watched.bands.iter().any(Band::is_some));
    let name = |watched: &Watched| {
        let labels = watched.series.labels.iter();
        let labels: Vec<_> = labels
            .map(|(name, value)| format!("{name}={}", quote(crate::domain::head(value).as_str())))
            .collect();
        format!("{{{}}}", labels.join(","))
    };
    let named: Vec<_> = without.by_ref().take(NAMED).map(name).collect();
    if named.is_empty() {
        return None;
    }
    let more = match without.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("no verdict on {}{more}: {why}", named.join(", ")))
}
