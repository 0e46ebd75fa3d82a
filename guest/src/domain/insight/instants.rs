//! Points of a level that lie further apart than its samples: what was between them is in no number.

use crate::domain::expression::Reading;
use crate::domain::{MetricQuery, PromDuration, Settings};

/// The warning that points so many seconds apart stand for instants alone; none: they stand for the time between them,
/// or are as close as samples.
pub fn doubt_of_instants(settings: &Settings, query: &MetricQuery, step: u32) -> Option<String> {
    let is_sparse = step > settings.sample_interval.get();
    let stands_for_time = Reading::new(settings, query).looks_back();
    (is_sparse && !stands_for_time).then(|| {
        let step = PromDuration::from_seconds(u64::from(step));
        format!(
            "points are {step} apart: what was between them is in no number; ask with a smaller step or a statistic over time"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LabelFilter, Over, Pointwise, Statistic, ValueType};

    #[test]
    fn points_of_a_level_further_apart_than_samples_are_doubted_unless_they_stand_for_time() {
        let settings = Settings::default();
        let interval = settings.sample_interval.get();
        let mut query = MetricQuery {
            metric_name: "mem".into(),
            labels: LabelFilter {
                value_type: Some(ValueType::Current),
                ..LabelFilter::default()
            },
            ..MetricQuery::default()
        };
        assert_eq!(doubt_of_instants(&settings, &query, interval), None);
        let doubt = doubt_of_instants(&settings, &query, 3600).unwrap();
        assert!(doubt.starts_with("points are 1h apart: "), "{doubt}");
        query.pointwise = Some(Pointwise {
            statistic: Statistic::Max,
            over: Over::Time,
            window: None,
        });
        assert_eq!(doubt_of_instants(&settings, &query, 3600), None);
        query.pointwise = None;
        query.metric_name = "cpu_util".into();
        assert_eq!(doubt_of_instants(&settings, &query, 3600), None);
    }
}
