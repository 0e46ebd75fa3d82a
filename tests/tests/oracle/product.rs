//! A question of the oracle, asked of the plugin by one of its verbs.

use fastrand::Rng;
use metric_host::{
    CallError, Config, Dimension, MetricQuery, MetricResult, MetricService, Over, Pointwise,
    RangeOptions, Series, Statistic, ValueType,
};
use metric_testbed::oracle;
use metric_testbed::oracle::Question;

/// A way to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verb {
    Metric,
    Range,
    Batch,
    Pages,
    Stream,
}

/// All of them.
pub(crate) const VERBS: [Verb; 5] = [
    Verb::Metric,
    Verb::Range,
    Verb::Batch,
    Verb::Pages,
    Verb::Stream,
];

/// A question, and who answers it.
pub(crate) struct Product {
    service: MetricService,
    query: MetricQuery,
}

impl Product {
    pub(crate) fn new(address: &str, question: &Question) -> Self {
        let mut config = Config::new(address);
        config.sample_interval = Some(u32::try_from(question.sample_interval).unwrap());
        config.timewindow = question.timewindow.map(|seconds| format!("{seconds}s"));
        config.max_range = Some(u32::MAX);
        let plugin = metric_tests::plugin().unwrap();
        let options = metric_tests::uncached();
        Self {
            service: plugin.service_with(config, &options).unwrap(),
            query: query(question),
        }
    }

    /// Returns true if a server gives the same bits to the same query. Values of members are pooled in the plugin,
    /// which no server does; and Prometheus adds the members up in another order each time.
    pub(crate) fn is_asked_as_it_is(&self) -> bool {
        let pointwise = self.query.pointwise.as_ref();
        pointwise.is_none_or(|pointwise| matches!(pointwise.over, Over::Time))
    }

    fn is_pooled(&self) -> bool {
        let pointwise = self.query.pointwise.as_ref();
        pointwise.is_some_and(|pointwise| matches!(pointwise.over, Over::Both(_)))
    }

    /// The answer, however it comes.
    pub(crate) async fn ask(&self, verb: Verb, seed: u64) -> Result<MetricResult, CallError> {
        let mut random = Rng::with_seed(seed);
        let options = RangeOptions {
            interval: random.bool().then(|| random.u32(600..20_000)),
            concurrency: Some(random.u32(1..9)),
            cached: random.bool(),
            ..RangeOptions::default()
        };
        let (service, query) = (&self.service, &self.query);
        match verb {
            // Pooled points come of several chunks.
            Verb::Pages | Verb::Stream if self.is_pooled() => {
                Ok(service.query_range(query, &options).await?.answer)
            }
            Verb::Metric => service.query_metric(query).await,
            Verb::Range => Ok(service.query_range(query, &options).await?.answer),
            Verb::Batch => {
                let others = [query.clone(), query.clone()];
                let mut answers = service.query_batch(&others, &options).await?;
                Ok(answers.remove(random.usize(0..2))?.answer)
            }
            Verb::Pages => {
                let mut page = service.query_page(query, &options, None).await?;
                let mut whole = page.answer.answer;
                while let Some(cursor) = page.next {
                    page = service.query_page(query, &options, Some(&cursor)).await?;
                    let MetricResult { end, series, .. } = page.answer.answer;
                    whole.end = end;
                    join(&mut whole.series, series);
                }
                Ok(sorted(whole))
            }
            Verb::Stream => {
                let mut stream = service.stream(query, &options).await?;
                let plan = stream.plan().clone();
                let mut series = Vec::new();
                while let Some(piece) = stream.next().await? {
                    join(&mut series, piece.series);
                }
                Ok(sorted(MetricResult {
                    promql: plan.promql,
                    metric_type: plan.metric_type,
                    unit: plan.unit,
                    step: plan.step,
                    start: plan.span.start,
                    end: plan.span.end,
                    series,
                    warnings: plan.warnings,
                    infos: Vec::new(),
                    partial: false,
                }))
            }
        }
    }
}

/// Puts what comes later behind what came before.
fn join(whole: &mut Vec<Series>, later: Vec<Series>) {
    for series in later {
        match whole.iter_mut().find(|known| known.labels == series.labels) {
            None => whole.push(series),
            Some(known) => {
                known.timestamps.extend(series.timestamps);
                known.values.extend(series.values);
            }
        }
    }
}

/// Sorts the series by their labels: those of pieces come in the order of time, and whoever joins them sorts them.
fn sorted(mut result: MetricResult) -> MetricResult {
    result.series.sort_by(|a, b| a.labels.cmp(&b.labels));
    result
}

fn query(question: &Question) -> MetricQuery {
    let (start, end) = (question.start.to_string(), question.end.to_string());
    let mut query = MetricQuery::new(&question.metric, start, end);
    query.step = Some(u32::try_from(question.step).unwrap());
    query.utc_offset = Some(i32::try_from(question.utc_offset).unwrap());
    query.labels.value_type = question.value_type.map(|value_type| match value_type {
        oracle::ValueType::Usage => ValueType::Usage,
        oracle::ValueType::Current => ValueType::Current,
        oracle::ValueType::Capacity => ValueType::Capacity,
        oracle::ValueType::Pct => ValueType::Pct,
    });
    for (label, values) in &question.filters {
        let labels = &mut query.labels;
        let list = match dimension(label) {
            Dimension::AgentId => &mut labels.agent_id,
            Dimension::KernelId => &mut labels.kernel_id,
            Dimension::SessionId => &mut labels.session_id,
            Dimension::UserId => &mut labels.user_id,
            Dimension::ProjectId => &mut labels.project_id,
            other => panic!("a filter on {other}"),
        };
        list.clone_from(values);
    }
    query.group_by = question
        .group_by
        .iter()
        .map(|label| dimension(label))
        .collect();
    query.pointwise = question.pointwise.as_ref().map(|pointwise| Pointwise {
        statistic: match pointwise.statistic {
            oracle::Statistic::Avg => Statistic::Avg,
            oracle::Statistic::Max => Statistic::Max,
            oracle::Statistic::Min => Statistic::Min,
            oracle::Statistic::Last => Statistic::Last,
            oracle::Statistic::Quantile(q) => Statistic::Quantile(q),
        },
        over: match &pointwise.over {
            oracle::Over::Time => Over::Time,
            oracle::Over::Members(label) => Over::Members(dimension(label)),
            oracle::Over::Both(label) => Over::Both(dimension(label)),
        },
        window: match pointwise.over {
            oracle::Over::Members(_) => None,
            _ => Some(u32::try_from(pointwise.window).unwrap()),
        },
    });
    query
}

fn dimension(label: &str) -> Dimension {
    match label {
        "agent_id" => Dimension::AgentId,
        "kernel_id" => Dimension::KernelId,
        "session_id" => Dimension::SessionId,
        "owner_user_id" => Dimension::UserId,
        "owner_project_id" => Dimension::ProjectId,
        "value_type" => Dimension::ValueType,
        other => panic!("no dimension is {other}"),
    }
}

/// In the oracle's seconds.
pub(crate) fn as_series(result: &MetricResult) -> Vec<metric_testbed::Series> {
    let one = |series: &Series| metric_testbed::Series {
        labels: series.labels.clone(),
        timestamps: series.timestamps.iter().map(|at| at / 1000).collect(),
        values: series.values.clone(),
    };
    result.series.iter().map(one).collect()
}
