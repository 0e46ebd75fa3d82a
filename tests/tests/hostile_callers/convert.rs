//! Drawn calls as the host's types. Enumerations are found by their names in the contract.

use metric_callers::{Asked, Options, Query};
use metric_host::{
    Config, Dimension, Fold, LabelFilter, LabelSchema, MetricQuery, MetricType, RangeOptions,
    ValueType,
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
    }
}

pub(crate) fn query(query: &Query) -> MetricQuery {
    let dimension = |name: &&str| named(Dimension::ALL, Dimension::as_str, name);
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
        group_by: query.group_by.iter().map(dimension).collect(),
        metric_type: query
            .metric_type
            .map(|name| named(MetricType::ALL, MetricType::as_str, name)),
    }
}

pub(crate) fn options(options: &Options) -> RangeOptions {
    RangeOptions {
        now: options.now,
        max_points: options.max_points,
        fold: options.fold.map(|name| match name {
            "avg" => Fold::Avg,
            "max" => Fold::Max,
            "min" => Fold::Min,
            _ => Fold::Last,
        }),
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
