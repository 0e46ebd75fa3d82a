//! The contract's types to the inner rings' and back. One function a type, no decisions.
//! Those that every export needs stay functions: inlined into each, they would make the plugin much larger.

use std::borrow::Cow;

use super::bindings::exports::backendai::metric::{codec, types};
use crate::codec::{ConfigInput, Failure, Metadata, MetadataResult, MetricResult};
use crate::domain::{
    Category, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    Statistic, ValueType,
};
use crate::prometheus::{Backend, HttpRequest, Method, RequestMethod, Scheme, Series};

/// Pairs of the same name on both sides, in both directions where both are needed.
macro_rules! same_names {
    ($outer:ty => $inner:ty: $($name:ident),+) => {
        impl From<$outer> for $inner {
            fn from(value: $outer) -> Self {
                match value { $(<$outer>::$name => Self::$name),+ }
            }
        }
    };
    ($outer:ty => $inner:ty => $back:ty: $($name:ident),+) => {
        same_names!($outer => $inner: $($name),+);
        same_names!($inner => $back: $($name),+);
    };
}

same_names!(types::MetricType => MetricType => types::MetricType: Gauge, Rate, Diff);
same_names!(types::ValueType => ValueType => types::ValueType: Usage, Capacity, Current, Pct);
same_names!(types::RequestMethod => RequestMethod: Auto, Post, Get);
same_names!(types::Backend => Backend: Auto, Prometheus, Thanos, Mimir, Victoria, VictoriaCluster);
same_names!(types::LabelSchema => LabelSchema: Documented, Agent);
same_names!(types::Dimension => Dimension: AgentId, KernelId, SessionId, UserId, ProjectId, MetricName, ValueType);
same_names!(Category => types::Category: Cpu, Memory, Network, Disk, Accelerator);
same_names!(Method => codec::HttpMethod: Get, Post);
same_names!(Scheme => codec::HttpScheme: Http, Https);

#[inline(never)]
pub(super) fn config(config: types::Config) -> ConfigInput {
    ConfigInput {
        address: config.address,
        method: config.method.into(),
        backend: config.backend.into(),
        timewindow: config.timewindow,
        label_schema: config.label_schema.into(),
        sample_interval: config.sample_interval,
        max_range: config.max_range,
        max_points: config.max_points,
        max_result_bytes: config.max_result_bytes,
        timeout: config.timeout,
        partial: config.partial,
        now: config.now,
    }
}

#[inline(never)]
pub(super) fn metric_query(query: types::MetricQuery) -> MetricQuery {
    MetricQuery {
        metric_name: query.metric_name,
        start: query.start,
        end: query.end,
        step: query.step,
        labels: label_filter(query.labels),
        group_by: query.group_by.into_iter().map(Into::into).collect(),
        metric_type: query.metric_type.map(Into::into),
        pointwise: query.pointwise.map(pointwise),
        utc_offset: query.utc_offset,
    }
}

pub(super) fn label_filter(labels: types::LabelFilter) -> LabelFilter {
    LabelFilter {
        value_type: labels.value_type.map(Into::into),
        agent_id: labels.agent_id,
        kernel_id: labels.kernel_id,
        session_id: labels.session_id,
        user_id: labels.user_id,
        project_id: labels.project_id,
    }
}

pub(super) fn pointwise(pointwise: types::Pointwise) -> Pointwise {
    Pointwise {
        statistic: statistic(pointwise.statistic),
        over: match pointwise.over {
            types::Over::Time => Over::Time,
            types::Over::Members(dimension) => Over::Members(dimension.into()),
            types::Over::Both(dimension) => Over::Both(dimension.into()),
        },
        window: pointwise.window,
    }
}

pub(super) fn statistic(statistic: types::Statistic) -> Statistic {
    match statistic {
        types::Statistic::Avg => Statistic::Avg,
        types::Statistic::Max => Statistic::Max,
        types::Statistic::Min => Statistic::Min,
        types::Statistic::Last => Statistic::Last,
        types::Statistic::Quantile(q) => Statistic::Quantile(q),
    }
}

pub(super) fn metric_result(result: MetricResult) -> types::MetricResult {
    let grid = result.plan.grid;
    types::MetricResult {
        promql: result.plan.promql,
        metric_type: result.plan.metric_type.into(),
        unit: result.plan.unit.map(Cow::into_owned),
        step: grid.step(),
        start: grid.start() * 1000,
        end: grid.end() * 1000,
        series: series(result.series),
        warnings: result.warnings,
        infos: result.infos,
        partial: result.partial,
    }
}

pub(super) fn series(series: Vec<Series>) -> Vec<types::Series> {
    let one = |series: Series| types::Series {
        labels: series.labels,
        timestamps: series.timestamps,
        values: series.values,
    };
    series.into_iter().map(one).collect()
}

pub(super) fn metadata(result: MetadataResult) -> types::MetadataResult {
    let one = |metric: Metadata| types::MetricMetadata {
        name: metric.name,
        metric_type: metric.metric_type.into(),
        catalogue: metric.catalogue.map(|entry| types::CatalogueEntry {
            unit: entry.unit().to_owned(),
            rate_unit: entry.rate_unit().to_owned(),
            category: entry.category.into(),
            cumulative: entry.cumulative,
            value_types: metric.value_types.into_iter().map(Into::into).collect(),
            description: entry.description,
        }),
    };
    types::MetadataResult {
        metrics: result.metrics.into_iter().map(one).collect(),
        warnings: result.warnings,
        infos: result.infos,
        partial: result.partial,
    }
}

pub(super) fn http_request(request: HttpRequest) -> codec::HttpRequest {
    let header = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    codec::HttpRequest {
        method: request.method.into(),
        scheme: request.scheme.into(),
        authority: request.authority,
        path_with_query: request.path_with_query,
        headers: request.headers.iter().map(header).collect(),
        body: request.body,
    }
}

impl From<Failure> for types::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidTimeRange { reason, accepted } => {
                Self::InvalidTimeRange(types::InvalidTimeRange {
                    reason,
                    accepted: accepted.to_owned(),
                })
            }
            Failure::InvalidArgument { field, reason } => {
                Self::InvalidArgument(types::InvalidArgument { field, reason })
            }
            Failure::FailedToGetMetric {
                status,
                error_type,
                message,
            } => Self::FailedToGetMetric(types::FailedToGetMetric {
                status,
                error_type,
                message,
            }),
            Failure::ConnectionFailed(reason) => Self::ConnectionFailed(reason),
            Failure::TimedOut(reason) => Self::TimedOut(reason),
            Failure::MalformedResponse(reason) | Failure::Interrupted(reason) => {
                Self::MalformedResponse(reason)
            }
            Failure::LimitExceeded {
                limit,
                maximum,
                requested,
                message,
            } => Self::LimitExceeded(types::LimitExceeded {
                limit: limit.to_owned(),
                maximum,
                requested,
                message,
            }),
            Failure::PartialAnswer(reason) => Self::PartialAnswer(reason),
            Failure::Denied(reason) => Self::Denied(reason),
        }
    }
}
