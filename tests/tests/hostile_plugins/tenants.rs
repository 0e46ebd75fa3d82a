//! Two tenants' series in one Prometheus, and a second Prometheus that holds those of the first tenant alone: within
//! the first one's scope nobody may see a difference between the two.

use anyhow::{Result, ensure};
use metric_host::{MetricQuery, MetricService, Scope, ValueType};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};

/// The texts that only an answer with the other tenant's series can hold: its kernel, and its values.
pub(crate) const SECRETS: [&str; 2] = ["secret-of-b", "31337"];
/// The own kernel, and its values.
const KERNEL: &str = "kernel-of-a";
const VALUE: f64 = 7.0;

pub(crate) struct Tenants {
    /// With both tenants' series.
    pub(crate) both: Prometheus,
    /// With the first one's.
    pub(crate) alone: Prometheus,
}

impl Tenants {
    pub(crate) fn start() -> Result<Self> {
        // And somebody else, who is in neither tenant's scope.
        let mut data = Dataset::generate(&Shape::one_series());
        data.push(series("tenant-a", KERNEL, VALUE));
        let alone = Prometheus::start_with(PrometheusOptions::default(), &data)?;
        data.push(series("tenant-b", "secret-of-b", 31337.0));
        let both = Prometheus::start_with(PrometheusOptions::default(), &data)?;
        Ok(Self { both, alone })
    }

    /// The scope of the first tenant.
    pub(crate) fn scope() -> Result<Scope> {
        Ok(Scope::equal("owner_user_id", "tenant-a")?)
    }
}

/// Samples of an hour. Attacks ask for the middle of it.
fn series(user: &str, kernel: &str, value: f64) -> Series {
    let labels = [
        ("container_metric_name", "mem"),
        ("kernel_id", kernel),
        ("owner_user_id", user),
        ("value_type", "current"),
    ];
    let timestamps: Vec<i64> = (0..=120).map(|i| Shape::fixed_start() + i * 30).collect();
    Series {
        labels: labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        values: vec![value; timestamps.len()],
        timestamps,
    }
}

/// An ordinary question, asked through the real plugin.
pub(crate) async fn ask(service: &MetricService) -> Result<()> {
    let middle = Shape::fixed_start() + 1800;
    let mut query = MetricQuery::new("mem", middle.to_string(), (middle + 300).to_string());
    query.step = Some(60);
    query.labels.kernel_id = vec![KERNEL.to_owned()];
    query.labels.value_type = Some(ValueType::Current);
    let result = service.query_metric(&query).await?;
    let values: Vec<&[f64]> = result.series.iter().map(|s| s.values.as_slice()).collect();
    ensure!(
        values == [&[VALUE; 6]],
        "the ordinary query was answered with {values:?}"
    );
    Ok(())
}
