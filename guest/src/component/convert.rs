//! The contract's types to the inner rings' and back. One function a type, no decisions.
//! Those that every export needs stay functions: inlined into each, they would make the plugin much larger.

use super::bindings::exports::backendai::metric::{codec, types};
use crate::codec::{Config, Failure, Metadata, MetricResult};
use crate::domain::{
    Category, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, SettingsInput,
    ValueType,
};
use crate::prometheus::{HttpRequest, Method, Scheme, Series};

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
same_names!(types::LabelSchema => LabelSchema: Documented, Agent);
same_names!(types::Dimension => Dimension: AgentId, KernelId, SessionId, UserId, ProjectId, MetricName, ValueType);
same_names!(Category => types::Category: Cpu, Memory, Network, Disk, Accelerator);
same_names!(Method => codec::HttpMethod: Get, Post);
same_names!(Scheme => codec::HttpScheme: Http, Https);

#[inline(never)]
pub(super) fn config(config: types::Config) -> Config {
    Config {
        address: config.address,
        settings: SettingsInput {
            timewindow: config.timewindow,
            label_schema: config.label_schema.into(),
            sample_interval: config.sample_interval,
            max_range: config.max_range,
            max_points: config.max_points,
            max_result_bytes: config.max_result_bytes,
            timeout: config.timeout,
        },
    }
}

#[inline(never)]
pub(super) fn metric_query(query: types::MetricQuery) -> MetricQuery {
    let labels = query.labels;
    MetricQuery {
        metric_name: query.metric_name,
        start: query.start,
        end: query.end,
        step: query.step,
        labels: LabelFilter {
            value_type: labels.value_type.map(Into::into),
            agent_id: labels.agent_id,
            kernel_id: labels.kernel_id,
            session_id: labels.session_id,
            user_id: labels.user_id,
            project_id: labels.project_id,
        },
        group_by: query.group_by.into_iter().map(Into::into).collect(),
        metric_type: query.metric_type.map(Into::into),
    }
}

pub(super) fn metric_result(result: MetricResult) -> types::MetricResult {
    let grid = result.plan.grid;
    types::MetricResult {
        promql: result.plan.promql,
        metric_type: result.plan.metric_type.into(),
        unit: result.plan.unit.map(str::to_owned),
        step: grid.step(),
        start: grid.start() * 1000,
        end: grid.end() * 1000,
        series: series(result.series),
        warnings: result.warnings,
        infos: result.infos,
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

pub(super) fn metadata(metrics: Vec<Metadata>) -> Vec<types::MetricMetadata> {
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
    metrics.into_iter().map(one).collect()
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
            } => Self::LimitExceeded(types::LimitExceeded {
                limit: limit.to_owned(),
                maximum,
                requested,
            }),
            Failure::Denied(reason) => Self::Denied(reason),
        }
    }
}
