//! A container metric that is asked of many subjects: each group's value, and the selectors of the samples under it.

use super::question::{Asked, Evaluation, VerdictError};
use crate::domain::expression::Reading;
use crate::domain::plan::check_filters;
use crate::domain::preset::Rendered;
use crate::domain::{
    Dimension, LabelFilter, MetricQuery, MetricType, Over, Pointwise, QueryError, Settings,
};

/// A question about many subjects by a metric, as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuestion {
    /// The metric.
    pub metric_name: String,
    /// The filters besides the subjects.
    pub labels: LabelFilter,
    /// The dimensions to tell apart besides the subjects.
    pub group_by: Vec<Dimension>,
    /// The reading of the samples; none: detected.
    pub metric_type: Option<MetricType>,
    /// The statistic that a point stands for.
    pub pointwise: Option<Pointwise>,
    /// The dimension that names a subject.
    pub subject: Dimension,
    /// The subjects, and the condition to decide on.
    pub asked: Asked,
}

impl Evaluation {
    /// Checks a question by a metric and writes its queries.
    ///
    /// # Errors
    /// See [`VerdictError`]; nothing has been sent then.
    pub fn of_metric(settings: &Settings, question: &MetricQuestion) -> Result<Self, VerdictError> {
        let query = question.query()?;
        if let Some(pointwise) = &query.pointwise {
            pointwise.checked(settings.sample_interval)?;
        }
        let label = settings.label_schema.label(question.subject);
        Self::new(settings, label.to_owned(), &question.asked, |ids, step| {
            let mut query = query.clone();
            if let Some(values) = query.labels.values_mut(question.subject) {
                *values = ids.to_vec();
            }
            check_filters(&query.labels)?;
            let reading = Reading::new(settings, &query).with_left_out_by(question.subject);
            Ok(Rendered {
                promql: reading.write(step).promql,
                selectors: reading.selectors(),
            })
        })
    }
}

impl MetricQuestion {
    /// The query for all subjects, its range left open.
    fn query(&self) -> Result<MetricQuery, VerdictError> {
        let mut labels = self.labels.clone();
        match labels.values_mut(self.subject) {
            None => return Err(VerdictError::NoSubject),
            Some(values) if !values.is_empty() => return Err(VerdictError::FilteredSubject),
            Some(_) => {}
        }
        if self.metric_name.is_empty() {
            return Err(QueryError::EmptyMetricName.into());
        }
        if self.labels.value_type.is_none() {
            return Err(VerdictError::NoValueType);
        }
        match self.pointwise {
            Some(Pointwise {
                over: Over::Both(_),
                ..
            }) => return Err(VerdictError::Pooled),
            Some(Pointwise {
                over: Over::Time,
                window: None,
                ..
            }) => return Err(VerdictError::NoWindow),
            _ => {}
        }
        let mut group_by = self.group_by.clone();
        group_by.push(self.subject);
        Ok(MetricQuery {
            metric_name: self.metric_name.clone(),
            labels,
            group_by,
            metric_type: self.metric_type,
            pointwise: self.pointwise,
            ..MetricQuery::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::{Bound, Combine, Condition};
    use crate::domain::{LabelSchema, Statistic, ValueType};

    const FAMILY: &str = "backendai_container_utilization";

    fn question(metric_name: &str, value_type: ValueType) -> MetricQuestion {
        MetricQuestion {
            metric_name: metric_name.into(),
            labels: LabelFilter {
                value_type: Some(value_type),
                ..LabelFilter::default()
            },
            group_by: Vec::new(),
            metric_type: None,
            pointwise: None,
            subject: Dimension::SessionId,
            asked: Asked {
                subjects: vec!["s".into(), "t".into()],
                combine: Combine::Max,
                at: Some(1_000_000),
                condition: None,
            },
        }
    }

    fn evaluation(question: &MetricQuestion) -> Result<Evaluation, VerdictError> {
        let settings = Settings {
            label_schema: LabelSchema::Agent,
            ..Settings::default()
        };
        Evaluation::of_metric(&settings, question)
    }

    fn texts(question: &MetricQuestion) -> (String, String) {
        let part = evaluation(question).unwrap().parts.swap_remove(0);
        (part.values, part.ages.unwrap())
    }

    #[test]
    fn a_level_and_a_rate_are_asked_for_as_in_any_query_and_their_samples_are_dated() {
        let of = |name| {
            format!(
                r#"{FAMILY}{{container_metric_name="{name}",value_type="current",session_id=~"s|t"}}"#
            )
        };
        let (values, ages) = texts(&question("mem", ValueType::Current));
        let mem = of("mem");
        assert_eq!(values, format!("sum by (session_id,value_type)({mem})"));
        assert_eq!(ages, format!("max by (session_id)(timestamp({mem}))"));
        let (values, ages) = texts(&question("cpu_util", ValueType::Current));
        let cpu = of("cpu_util");
        assert_eq!(
            values,
            format!("sum by (session_id,value_type)(rate({cpu}[1m]))")
        );
        assert_eq!(ages, format!("max by (session_id)(timestamp({cpu}))"));
    }

    #[test]
    fn what_else_is_told_apart_is_for_combine() {
        let question = MetricQuestion {
            group_by: vec![Dimension::KernelId],
            ..question("mem", ValueType::Current)
        };
        let (values, ages) = texts(&question);
        assert!(values.starts_with("sum by (kernel_id,session_id,value_type)("));
        assert!(ages.starts_with("max by (session_id)(timestamp("));
    }

    #[test]
    fn a_percentage_is_as_old_as_the_older_of_its_sides_and_counts_whom_it_leaves_out_of_each_subject()
     {
        let (values, ages) = texts(&question("mem", ValueType::Pct));
        assert!(values.starts_with("100 * sum by (session_id)("), "{values}");
        assert!(
            values.contains("or label_replace(count by (session_id)(("),
            "{values}"
        );
        assert_eq!(ages.matches("timestamp(").count(), 2);
        assert!(ages.starts_with("min by (session_id)("), "{ages}");
        let (_, ages) = texts(&question("cpu_util", ValueType::Pct));
        assert!(ages.contains(r#"value_type="current""#) && !ages.contains("capacity"));
    }

    #[test]
    fn samples_further_apart_than_prometheus_looks_back_are_dated_all_the_same() {
        let settings = Settings {
            sample_interval: std::num::NonZeroU32::new(600).unwrap(),
            ..Settings::default()
        };
        let question = question("mem", ValueType::Current);
        let evaluation = Evaluation::of_metric(&settings, &question).unwrap();
        let mem = format!(
            r#"{FAMILY}{{container_metric_name="mem",value_type="current",session_id=~"s|t"}}"#
        );
        assert_eq!(
            evaluation.parts[0].ages.as_deref().unwrap(),
            format!(
                "max by (session_id)(timestamp({mem}) or max_over_time(timestamp({mem})[39m59s999ms:4m]))"
            )
        );
    }

    #[test]
    fn a_statistic_over_time_is_one_of_the_subjects_value() {
        let question = MetricQuestion {
            pointwise: Some(Pointwise {
                statistic: Statistic::Max,
                over: Over::Time,
                window: Some(600),
            }),
            ..question("mem", ValueType::Current)
        };
        assert!(texts(&question).0.starts_with("max_over_time((sum by ("));
    }

    #[test]
    fn a_condition_that_lasts_widens_the_window_of_a_rate_to_its_step() {
        let mut question = question("cpu_util", ValueType::Current);
        question.asked.condition = Some(Condition {
            bound: Bound::Below(1.0),
            lasting: Some(3600),
        });
        let evaluation = evaluation(&question).unwrap();
        assert_eq!(evaluation.grid.unwrap().step(), 60);
        assert!(evaluation.parts[0].values.contains("[1m15s]"));
    }

    #[test]
    fn what_has_no_subjects_or_no_one_number_is_refused_with_its_field() {
        let field = |change: fn(&mut MetricQuestion)| {
            let mut question = question("mem", ValueType::Current);
            change(&mut question);
            evaluation(&question).unwrap_err().field()
        };
        assert_eq!(field(|q| q.subject = Dimension::ValueType), "subject");
        assert_eq!(field(|q| q.labels.value_type = None), "labels.value-type");
        assert_eq!(field(|q| q.labels.session_id = vec!["s".into()]), "labels");
        assert_eq!(field(|q| q.metric_name.clear()), "question");
        let empty = |q: &mut MetricQuestion| q.labels.user_id = vec![String::new()];
        assert_eq!(field(empty), "question");
        let max_over = |over| Pointwise {
            statistic: Statistic::Max,
            over,
            window: None,
        };
        let both = Over::Both(Dimension::KernelId);
        let mut question = question("mem", ValueType::Current);
        for (over, wrong) in [(both, "pointwise.over"), (Over::Time, "pointwise.window")] {
            question.pointwise = Some(max_over(over));
            assert_eq!(evaluation(&question).unwrap_err().field(), wrong);
        }
        assert_eq!(field(|q| q.asked.at = None), "at");
    }
}
