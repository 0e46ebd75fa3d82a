//! The questions, and what they are answered when all is quiet.

use anyhow::{Context as _, Result, ensure};
use metric_host::{
    Dimension, MetricQuery, MetricService, RangeAnswer, RangeOptions, Scope, Series, ValueType,
};
use metric_testbed::{Dataset, Shape};

use crate::reference::{Plain, plain};

/// Questions with their answers, and a tenant to whom they are narrowed.
pub(super) struct Questions {
    pub(super) all: Vec<Question>,
    /// One kernel.
    pub(super) tenant: Scope,
    /// A question whose answer tells kernels apart, and what of its answer the tenant may see.
    pub(super) for_tenant: Question,
}

pub(super) struct Question {
    pub(super) query: MetricQuery,
    pub(super) answer: Plain,
}

impl Questions {
    /// Asks each once.
    pub(super) async fn ask(service: &MetricService, dataset: &Dataset) -> Result<Self> {
        let kernel = &dataset
            .fleet()
            .kernels
            .first()
            .context("no kernels")?
            .kernel_id;
        let mut all = Vec::new();
        for query in queries(kernel) {
            let answer = plain(&service.query_metric(&query).await?);
            ensure!(!answer.is_empty(), "no data for {query:?}");
            all.push(Question { query, answer });
        }
        let of_all = all.get(OF_ALL).context("no question about all")?;
        let mut narrowed = of_all.answer.clone();
        narrowed.retain(|labels, _| labels.contains(&("kernel_id".to_owned(), kernel.clone())));
        ensure!(!narrowed.is_empty() && narrowed.len() < of_all.answer.len());
        Ok(Self {
            tenant: Scope::equal("kernel_id", kernel)?,
            for_tenant: Question {
                query: of_all.query.clone(),
                answer: narrowed,
            },
            all,
        })
    }
}

/// The place of the question that tells kernels apart.
const OF_ALL: usize = 1;

fn queries(kernel: &str) -> Vec<MetricQuery> {
    let start = Shape::four_hours().from;
    let question = |name: &str, side, seconds: i64| {
        let mut query = MetricQuery::new(name, start.to_string(), (start + seconds).to_string());
        query.labels.value_type = Some(side);
        query
    };
    let mut of_one = question("mem", ValueType::Current, 3600);
    of_one.labels.kernel_id = vec![kernel.to_owned()];
    let mut of_all = question("net_rx", ValueType::Current, 4 * 3600);
    of_all.group_by = vec![Dimension::KernelId];
    of_all.step = Some(30);
    let percent = question("cpu_util", ValueType::Pct, 2 * 3600);
    vec![of_one, of_all, percent]
}

/// Quarters of an hour, all of them final.
pub(super) fn in_chunks() -> RangeOptions {
    RangeOptions {
        cached: true,
        interval: Some(900),
        ..RangeOptions::default()
    }
}

impl Question {
    /// Returns true if an answer holds all that it does not say to be missing, and nothing else.
    pub(super) fn is_answered_by(&self, got: &RangeAnswer) -> bool {
        let mut expected = self.answer.clone();
        expected.retain(|_, points| {
            points.retain(|(time, _)| {
                let is_missing = |span: &metric_host::Span| (span.start..=span.end).contains(time);
                !got.missing.iter().any(|missing| is_missing(&missing.span))
            });
            !points.is_empty()
        });
        let mut got = plain(&got.answer);
        got.retain(|_, points| !points.is_empty());
        got == expected
    }
}

/// Adds the series of a piece to those before it.
pub(super) fn append(to: &mut Plain, series: &[Series]) {
    for series in series.iter().filter(|series| !series.values.is_empty()) {
        let bits = series
            .values
            .iter()
            .map(|value| crate::reference::bits(*value));
        let points = series.timestamps.iter().copied().zip(bits);
        to.entry(series.labels.clone()).or_default().extend(points);
    }
}
