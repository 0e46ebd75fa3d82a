//! The questions, what they have to answer, and callers that ask them in turns.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use metric_host::{
    CallError, Dimension, MetricQuery, MetricResult, MetricService, ServiceError, ValueType,
};
use metric_testbed::{Dataset, Shape};

/// Questions, each with its answer in quiet times.
pub(super) struct Expected(Vec<(MetricQuery, MetricResult)>);

impl Expected {
    /// Asks each once.
    pub(super) async fn of(service: &MetricService, dataset: &Dataset) -> Result<Self> {
        let mut expected = Vec::new();
        for question in questions(dataset)? {
            let answer = service.query_metric(&question).await?;
            ensure!(!answer.series.is_empty(), "{} has no data", answer.promql);
            expected.push((question, answer));
        }
        Ok(Self(expected))
    }

    /// Whether each is answered as in quiet times. A stale connection may cost a first attempt.
    pub(super) async fn all_right(&self, service: &MetricService) -> bool {
        for (question, answer) in &self.0 {
            if !matches!(service.query_metric(question).await, Ok(again) if again == *answer) {
                return false;
            }
        }
        true
    }
}

fn questions(dataset: &Dataset) -> Result<Vec<MetricQuery>> {
    let kernel = dataset.fleet().kernels.first().context("no kernels")?;
    let start = Shape::four_hours().from;
    let question = |name: &str, side, seconds: i64| {
        let mut query = MetricQuery::new(name, start.to_string(), (start + seconds).to_string());
        query.labels.value_type = Some(side);
        query
    };
    let mut of_one = question("mem", ValueType::Current, 3600);
    of_one.labels.kernel_id = Some(kernel.kernel_id.clone());
    let mut of_all = question("net_rx", ValueType::Current, 4 * 3600);
    of_all.group_by = vec![Dimension::KernelId];
    of_all.step = Some(30);
    let percent = question("cpu_util", ValueType::Pct, 2 * 3600);
    Ok(vec![of_one, of_all, percent])
}

/// What callers were given.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) right: u64,
    pub(super) wrong: u64,
    pub(super) errors: BTreeMap<&'static str, u64>,
    pub(super) longest: Duration,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        for (class, count) in other.errors {
            *self.errors.entry(class).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
    }
}

/// One caller: question after question, beginning with another one than its neighbour.
pub(super) async fn call_until(
    end: Instant,
    pause: Duration,
    seed: usize,
    service: MetricService,
    expected: std::sync::Arc<Expected>,
) -> Tally {
    let mut tally = Tally::default();
    for (question, answer) in expected.0.iter().cycle().skip(seed) {
        if Instant::now() >= end {
            break;
        }
        let begun = Instant::now();
        match service.query_metric(question).await {
            Ok(again) if again == *answer => tally.right += 1,
            Ok(_) => tally.wrong += 1,
            Err(error) => *tally.errors.entry(class(&error)).or_default() += 1,
        }
        tally.longest = tally.longest.max(begun.elapsed());
        tokio::time::sleep(pause).await;
    }
    tally
}

fn class(error: &CallError) -> &'static str {
    match error {
        CallError::Service(error) => match error {
            ServiceError::InvalidTimeRange(_) => "invalid-time-range",
            ServiceError::InvalidArgument(_) => "invalid-argument",
            ServiceError::FailedToGetMetric(_) => "refused",
            ServiceError::ConnectionFailed(_) => "connection-failed",
            ServiceError::TimedOut(_) => "timed-out",
            ServiceError::MalformedResponse(_) => "malformed-response",
            ServiceError::LimitExceeded(_) => "limit-exceeded",
            ServiceError::Denied(_) => "denied",
        },
        CallError::TimedOut { .. } => "ended by the host",
        CallError::Trapped { .. } => "trapped",
        _ => "other",
    }
}
