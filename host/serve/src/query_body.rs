//! The body of a stream: a query and its options, in the form of the schema.
//!
//! All other verbs hand their bodies to the plugin as they are. A stream has no JSON form in the contract, since it is a
//! resource: here its request is read into the library's types.

use metric_host::{
    Dimension, LabelFilter, MetricQuery, MetricType, Over, Pointwise, RangeOptions, Statistic,
    ValueType,
};
use serde::{Deserialize, Deserializer, de::Error as _};

/// The whole body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamRequest {
    query: QueryBody,
    #[serde(default)]
    options: OptionsBody,
    #[serde(default)]
    config: ConfigBody,
}

/// The request of a stream.
#[derive(Debug, PartialEq)]
pub(crate) struct StreamOf {
    pub(crate) query: MetricQuery,
    pub(crate) options: RangeOptions,
    /// The window of rates, in the place of the service's.
    pub(crate) timewindow: Option<String>,
}

/// The part of the configuration that a request may set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigBody {
    partial: bool,
    timewindow: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OptionsBody {
    cached: bool,
    max_points: Option<u32>,
    interval: Option<u32>,
    freshness: Option<u32>,
    concurrency: Option<u32>,
    partial: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryBody {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    #[serde(default)]
    labels: LabelsBody,
    #[serde(default, deserialize_with = "names")]
    group_by: Vec<Dimension>,
    #[serde(default, deserialize_with = "name")]
    metric_type: Option<MetricType>,
    pointwise: Option<PointwiseBody>,
    utc_offset: Option<i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LabelsBody {
    #[serde(deserialize_with = "name")]
    value_type: Option<ValueType>,
    agent_id: Identifiers,
    kernel_id: Identifiers,
    session_id: Identifiers,
    user_id: Identifiers,
    project_id: Identifiers,
}

/// One value, a list of them, or null.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Identifiers {
    One(String),
    Many(Vec<String>),
    #[default]
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointwiseBody {
    statistic: StatisticBody,
    over: OverBody,
    window: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatisticBody {
    Avg,
    Max,
    Min,
    Last,
    Quantile(f64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OverBody {
    Time,
    #[serde(deserialize_with = "dimension")]
    Members(Dimension),
    #[serde(deserialize_with = "dimension")]
    Both(Dimension),
}

impl StreamRequest {
    pub(crate) fn into_stream(self) -> StreamOf {
        let OptionsBody {
            cached,
            max_points,
            interval,
            freshness,
            concurrency,
            partial,
        } = self.options;
        StreamOf {
            query: self.query.into(),
            options: RangeOptions {
                cached,
                max_points,
                interval,
                freshness,
                concurrency,
                partial: partial || self.config.partial,
            },
            timewindow: self.config.timewindow,
        }
    }
}

impl From<QueryBody> for MetricQuery {
    fn from(body: QueryBody) -> Self {
        let LabelsBody {
            value_type,
            agent_id,
            kernel_id,
            session_id,
            user_id,
            project_id,
        } = body.labels;
        Self {
            metric_name: body.metric_name,
            start: body.start,
            end: body.end,
            step: body.step,
            labels: LabelFilter {
                value_type,
                agent_id: agent_id.into(),
                kernel_id: kernel_id.into(),
                session_id: session_id.into(),
                user_id: user_id.into(),
                project_id: project_id.into(),
            },
            group_by: body.group_by,
            metric_type: body.metric_type,
            pointwise: body.pointwise.map(Pointwise::from),
            utc_offset: body.utc_offset,
        }
    }
}

impl From<Identifiers> for Vec<String> {
    fn from(identifiers: Identifiers) -> Self {
        match identifiers {
            Identifiers::One(one) => vec![one],
            Identifiers::Many(many) => many,
            Identifiers::None => Vec::new(),
        }
    }
}

impl From<PointwiseBody> for Pointwise {
    fn from(body: PointwiseBody) -> Self {
        Self {
            statistic: match body.statistic {
                StatisticBody::Avg => Statistic::Avg,
                StatisticBody::Max => Statistic::Max,
                StatisticBody::Min => Statistic::Min,
                StatisticBody::Last => Statistic::Last,
                StatisticBody::Quantile(part) => Statistic::Quantile(part),
            },
            over: match body.over {
                OverBody::Time => Over::Time,
                OverBody::Members(dimension) => Over::Members(dimension),
                OverBody::Both(dimension) => Over::Both(dimension),
            },
            window: body.window,
        }
    }
}

/// A value of an enumeration by its name, which has `_` for `-`.
fn named<T: std::str::FromStr<Err = metric_host::UnknownName>, E: serde::de::Error>(
    name: &str,
) -> Result<T, E> {
    name.replace('_', "-").parse().map_err(E::custom)
}

fn name<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr<Err = metric_host::UnknownName>,
{
    let name: Option<String> = Option::deserialize(deserializer)?;
    name.map(|name| named(&name)).transpose()
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Dimension>, D::Error> {
    let names: Vec<String> = Vec::deserialize(deserializer)?;
    names.iter().map(|name| named(name)).collect()
}

fn dimension<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dimension, D::Error> {
    name(deserializer)?.ok_or_else(|| D::Error::custom("a dimension is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<StreamOf, serde_json::Error> {
        serde_json::from_str(text).map(StreamRequest::into_stream)
    }

    #[test]
    fn everything_that_a_query_can_say_is_read() {
        let stream = read(
            r#"{"query": {"metric_name": "mem", "start": "0", "end": "60", "step": 5, "group_by": ["kernel_id"],
                "labels": {"value_type": "current", "agent_id": "a", "kernel_id": ["k", "l"], "user_id": null},
                "metric_type": "gauge", "utc_offset": 3600,
                "pointwise": {"statistic": {"quantile": 0.5}, "over": {"members": "agent_id"}, "window": 60}},
                "options": {"max_points": 7}, "config": {"partial": true, "timewindow": "5m"}}"#,
        )
        .unwrap();
        let mut query = MetricQuery::new("mem", "0", "60");
        query.step = Some(5);
        query.group_by = vec![Dimension::KernelId];
        query.labels.value_type = Some(ValueType::Current);
        query.labels.agent_id = vec!["a".into()];
        query.labels.kernel_id = vec!["k".into(), "l".into()];
        query.metric_type = Some(MetricType::Gauge);
        query.utc_offset = Some(3600);
        let statistic = Statistic::Quantile(0.5);
        query.pointwise = Some(Pointwise::over_members(statistic, Dimension::AgentId).within(60));
        let options = RangeOptions {
            max_points: Some(7),
            partial: true,
            ..RangeOptions::default()
        };
        let timewindow = Some("5m".to_owned());
        assert_eq!(
            stream,
            StreamOf {
                query,
                options,
                timewindow
            }
        );
    }

    #[test]
    fn what_a_query_does_not_say_is_refused() {
        let query = r#""query": {"metric_name": "mem", "start": "0", "end": "60""#;
        assert!(read(&format!("{{{query}}}}}")).is_ok());
        for text in [
            format!("{{{query}, \"odd\": 1}}}}"),
            format!("{{{query}, \"group_by\": [\"pod\"]}}}}"),
            format!("{{{query}, \"group_by\": [\"kernel-id2\"]}}}}"),
            format!("{{{query}, \"pointwise\": {{\"statistic\": \"avg\"}}}}}}"),
            format!("{{{query}}}, \"config\": {{\"address\": \"evil:1\"}}}}"),
            format!("{{{query}}}, \"queries\": []}}"),
            "{}".to_owned(),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
