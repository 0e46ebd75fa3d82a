//! Drawn calls as the host's types. Enumerations are found by their names in the contract.

use metric_callers::{Asked, Options, Query};
use metric_host::{
    Backend, Config, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    RangeOptions, RequestMethod, Statistic, ValueType,
};

pub(crate) fn config(Asked { config, .. }: &Asked, address: &str) -> Config {
    Config {
        address: address.to_owned(),
        timewindow: config.timewindow.as_ref().map(|span| span.text.clone()),
        label_schema: named(LabelSchema::ALL, LabelSchema::as_str, config.label_schema),
        sample_interval: config.sample_interval,
        max_range: config.max_range,
        max_points: config.max_points,
        max_result_bytes: config.max_result_bytes,
        timeout: config.timeout,
        method: named(RequestMethod::ALL, RequestMethod::as_str, config.method),
        backend: named(Backend::ALL, Backend::as_str, config.backend),
        partial: config.partial,
        now: config.now,
    }
}

pub(crate) fn query(query: &Query) -> MetricQuery {
    MetricQuery {
        metric_name: query.metric_name.clone(),
        start: query.start.text.clone(),
        end: query.end.text.clone(),
        step: query.step,
        labels: LabelFilter {
            value_type: query
                .value_type
                .map(|name| named(ValueType::ALL, ValueType::as_str, name)),
            agent_id: query.agent_id.clone(),
            kernel_id: query.kernel_id.clone(),
            session_id: query.session_id.clone(),
            user_id: query.user_id.clone(),
            project_id: query.project_id.clone(),
        },
        group_by: query.group_by.iter().copied().map(dimension).collect(),
        metric_type: query
            .metric_type
            .map(|name| named(MetricType::ALL, MetricType::as_str, name)),
        pointwise: query.pointwise.map(pointwise),
        utc_offset: query.utc_offset,
    }
}

fn dimension(name: &str) -> Dimension {
    named(Dimension::ALL, Dimension::as_str, name)
}

fn pointwise(asked: metric_callers::Pointwise) -> Pointwise {
    Pointwise {
        statistic: match asked.statistic {
            metric_callers::Statistic::Named("avg") => Statistic::Avg,
            metric_callers::Statistic::Named("max") => Statistic::Max,
            metric_callers::Statistic::Named("min") => Statistic::Min,
            metric_callers::Statistic::Named(_) => Statistic::Last,
            metric_callers::Statistic::Quantile(part) => Statistic::Quantile(part),
        },
        over: match asked.over {
            metric_callers::Over::Time => Over::Time,
            metric_callers::Over::Members(of) => Over::Members(dimension(of)),
            metric_callers::Over::Both(of) => Over::Both(dimension(of)),
        },
        window: asked.window,
    }
}

pub(crate) fn options(options: &Options) -> RangeOptions {
    RangeOptions {
        cached: options.cached,
        max_points: options.max_points,
        interval: options.interval,
        freshness: options.freshness,
        concurrency: options.concurrency,
        partial: options.partial,
    }
}

fn named<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> T {
    let found = all.iter().copied().find(|value| name_of(*value) == name);
    found.expect("a name of the contract")
}
