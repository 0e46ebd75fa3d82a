//! Completion of an answer once all its series are there: members' values are pooled, the count of those
//! that were left out becomes a warning, and the series stand in Prometheus's order, whatever was split, kept or merged.

use std::collections::BTreeMap;

use crate::domain::{Grid, Plan, Pooling};
use crate::prometheus::Series;

/// Completes the series of an answer; gives what there is to say about them.
pub(super) fn complete(plan: &Plan, series: Vec<Series>) -> (Vec<Series>, Vec<String>) {
    let (mut series, warnings) = without_left_out(plan, series);
    if let Some(pooling) = &plan.pooling {
        series = pool(pooling, &plan.grid, series);
    }
    // By label names and values in turn, as Prometheus compares them. It mostly sends them so.
    if !series.is_sorted_by(|a, b| a.labels <= b.labels) {
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    (series, warnings)
}

/// Takes out the series that counts the members which are in no group.
pub(super) fn without_left_out(plan: &Plan, mut series: Vec<Series>) -> (Vec<Series>, Vec<String>) {
    if !plan.counts_left_out {
        return (series, Vec::new());
    }
    let counts = |series: &Series| series.labels.iter().any(|(name, _)| name == Plan::LEFT_OUT);
    let counted = series.iter().filter(|series| counts(series));
    let most = counted
        .flat_map(|series| series.values.iter().copied())
        .fold(0.0, f64::max);
    series.retain(|series| !counts(series));
    let warning = (most > 0.0).then(|| {
        format!(
            "members without capacity, or without a current value, are in no percentage: up to {most} at once"
        )
    });
    (series, warning.into_iter().collect())
}

/// Makes one series of the members' of each group.
fn pool(pooling: &Pooling, grid: &Grid, series: Vec<Series>) -> Vec<Series> {
    let mut groups: BTreeMap<Vec<(String, String)>, Vec<Series>> = BTreeMap::new();
    for mut series in series {
        let mut labels = std::mem::take(&mut series.labels);
        labels.retain(|(name, _)| Some(name.as_str()) != pooling.member.as_deref());
        groups.entry(labels).or_default().push(series);
    }
    let group = |(labels, members): (_, Vec<Series>)| {
        let mut pooled = Series {
            labels,
            ..Series::default()
        };
        let mut within = Vec::new();
        let mut point = grid.start();
        while point <= grid.end() {
            let end = point * 1000;
            let start = end - i64::from(pooling.window) * 1000;
            within.clear();
            for member in &members {
                let from = member.timestamps.partition_point(|&at| at <= start);
                let to = member.timestamps.partition_point(|&at| at <= end);
                within.extend_from_slice(member.values.get(from..to).unwrap_or_default());
            }
            if let Some(value) = pooling.statistic.of(&mut within) {
                pooled.timestamps.push(end);
                pooled.values.push(value);
            }
            point += i64::from(grid.step());
        }
        pooled
    };
    groups
        .into_iter()
        .map(group)
        .filter(|series| !series.timestamps.is_empty())
        .collect()
}

/// The warning that native histograms are left out, if there are any.
pub(super) fn histogram_warning(series: usize) -> Option<String> {
    (series > 0).then(|| format!("{series} series hold native histograms, which are left out"))
}

/// Takes out the points beyond the ends of a grid.
pub(super) fn trim(series: &mut Series, wanted: &Grid) {
    let (start, end) = (wanted.start() * 1000, wanted.end() * 1000);
    let after = series.timestamps.partition_point(|&t| t <= end);
    let before = series.timestamps.partition_point(|&t| t < start).min(after);
    series.timestamps.truncate(after);
    series.values.truncate(after);
    if before > 0 {
        series.timestamps.drain(..before);
        series.values.drain(..before);
    }
}

/// Adds the texts that are not there yet. There are few.
pub(super) fn add_new(texts: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Dimension, LabelFilter, MetricQuery, Over, Pointwise, Settings, Statistic, ValueType, plan,
    };

    fn series(labels: &[(&str, &str)], points: &[(i64, f64)]) -> Series {
        Series {
            labels: labels
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
            timestamps: points.iter().map(|(at, _)| at * 1000).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
        }
    }

    fn planned(value_type: ValueType, pointwise: Option<Pointwise>) -> Plan {
        let query = MetricQuery {
            metric_name: "mem".into(),
            start: "0".into(),
            end: "120".into(),
            step: Some(60),
            labels: LabelFilter {
                value_type: Some(value_type),
                ..Default::default()
            },
            group_by: vec![Dimension::AgentId],
            pointwise,
            ..Default::default()
        };
        plan(&Settings::default(), &query).unwrap()
    }

    #[test]
    fn series_stand_in_the_order_of_their_labels() {
        let (a, b) = (
            series(&[("a", "1")], &[]),
            series(&[("a", "1"), ("b", "1")], &[]),
        );
        let plan = planned(ValueType::Current, None);
        assert_eq!(complete(&plan, vec![b.clone(), a.clone()]).0, [a, b]);
    }

    #[test]
    fn the_members_left_out_become_a_warning_and_are_no_series() {
        let plan = planned(ValueType::Pct, None);
        let group = series(&[("agent_id", "a")], &[(0, 50.0)]);
        let count = series(&[(Plan::LEFT_OUT, "members")], &[(0, 1.0), (60, 3.0)]);
        let (left, warnings) = complete(&plan, vec![group.clone(), count]);
        assert_eq!(left, [group]);
        assert!(warnings[0].ends_with("up to 3 at once"));
    }

    #[test]
    fn all_values_of_all_members_within_the_window_are_pooled() {
        let plan = planned(
            ValueType::Current,
            Some(Pointwise {
                statistic: Statistic::Quantile(0.5),
                over: Over::Both(Dimension::KernelId),
                window: None,
            }),
        );
        let member = |kernel, points: &[(i64, f64)]| {
            series(&[("agent_id", "a"), ("kernel_id", kernel)], points)
        };
        let answer = vec![
            member("k", &[(15, 1.0), (30, 2.0), (60, 3.0), (75, 9.0)]),
            member("l", &[(45, 10.0)]),
        ];
        // 1, 2, 3, 10 within the first minute; 9 within the second, which does not begin with its beginning.
        assert_eq!(
            complete(&plan, answer).0,
            [series(&[("agent_id", "a")], &[(60, 2.5), (120, 9.0)])]
        );
    }
}
