//! The data that the agents of a fleet would have exported: labels and samples, in memory, so that a test can compute
//! what it expects from the very numbers that Prometheus is given.

use crate::curve::{METRICS, usage_of};
use crate::fleet::{Fleet, Kernel};
use crate::shape::{LabelSchema, Shape};

/// One series: `timestamps[i]` belongs to `values[i]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The labels, any text as value. Without `__name__` it is one of [`METRIC_FAMILY`](crate::METRIC_FAMILY).
    pub labels: Vec<(String, String)>,
    /// Unix seconds, ascending.
    pub timestamps: Vec<i64>,
    /// The samples.
    pub values: Vec<f64>,
}

impl Series {
    /// The value of a label; none if the series does not carry it.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(label, _)| label == name)
            .map(|(_, value)| value.as_str())
    }

    /// Without one sample in a hundred.
    pub(crate) fn thinned(self, random: &mut fastrand::Rng) -> Self {
        let samples = self.timestamps.into_iter().zip(self.values);
        let (timestamps, values) = samples.filter(|_| random.f64() >= 0.01).unzip();
        Self {
            timestamps,
            values,
            ..self
        }
    }
}

/// Series to be loaded into a server. The default has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    fleet: Fleet,
    series: Vec<Series>,
}

impl Dataset {
    /// The data of a shape. Equal shapes give equal data.
    #[must_use]
    pub fn generate(shape: &Shape) -> Self {
        let fleet = Fleet::of(shape);
        let series = fleet
            .kernels
            .iter()
            .flat_map(|kernel| series_of(kernel, shape))
            .collect();
        Self::new(fleet, series)
    }

    pub(crate) fn new(fleet: Fleet, series: Vec<Series>) -> Self {
        Self { fleet, series }
    }

    /// Returns the fleet that the data are of.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Every series, kernel by kernel.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series that carry all these labels.
    pub fn matching<'a>(
        &'a self,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Series> {
        self.series.iter().filter(move |series| {
            labels
                .iter()
                .all(|(name, value)| series.label(name) == Some(value))
        })
    }

    /// Adds a series of the caller's own, for example one with hostile label values.
    pub fn push(&mut self, series: Series) {
        self.series.push(series);
    }

    /// Adds all series of another data set, for example of the other label schema.
    pub fn extend(&mut self, other: Self) {
        self.series.extend(other.series);
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        self.series.iter().map(|series| series.values.len()).sum()
    }
}

/// All series of a kernel that the shape asks for.
pub(crate) fn series_of(kernel: &Kernel, shape: &Shape) -> Vec<Series> {
    let samples = usage_of(kernel, shape.interval);
    let timestamps: Vec<i64> = samples.iter().map(|(time, _)| *time).collect();
    let asked =
        |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let mut series = Vec::new();
    for (name, gpu_only, used, capacity) in METRICS {
        if (*gpu_only && !kernel.gpu) || !asked(&shape.metrics, name) {
            continue;
        }
        let mut push = |value_type: &str, values: Vec<f64>| {
            if asked(&shape.value_types, value_type) {
                let labels = labels_of(kernel, shape.schema, name, value_type);
                series.push(Series {
                    labels,
                    timestamps: timestamps.clone(),
                    values,
                });
            }
        };
        let values: Vec<f64> = samples.iter().map(|(_, usage)| used(usage)).collect();
        if shape.schema == LabelSchema::Documented {
            push("usage", values.clone());
        }
        push("current", values);
        if let Some(capacity) = capacity {
            push("capacity", vec![capacity(kernel); timestamps.len()]);
        }
    }
    series
}

/// The labels of one series, sorted by name.
fn labels_of(
    kernel: &Kernel,
    schema: LabelSchema,
    metric: &str,
    value_type: &str,
) -> Vec<(String, String)> {
    let mut labels = vec![
        ("agent_id".to_owned(), kernel.agent_id.clone()),
        ("container_metric_name".to_owned(), metric.to_owned()),
        ("kernel_id".to_owned(), kernel.kernel_id.clone()),
        ("session_id".to_owned(), kernel.session_id.clone()),
        ("value_type".to_owned(), value_type.to_owned()),
    ];
    for (label, owner) in [
        (schema.user_label(), &kernel.user_id),
        (schema.project_label(), &kernel.project_id),
    ] {
        // Under the documented schema an unknown owner has no label at all.
        let unknown = (schema == LabelSchema::Agent).then(|| "undefined".to_owned());
        if let Some(value) = owner.clone().or(unknown) {
            labels.push((label.to_owned(), value));
        }
    }
    labels.sort();
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shapes_give_equal_data_and_other_seeds_other_data() {
        let shape = Shape {
            kernels: 4,
            ..Shape::small_cluster()
        };
        assert_eq!(Dataset::generate(&shape), Dataset::generate(&shape));
        assert_ne!(
            Dataset::generate(&shape),
            Dataset::generate(&Shape {
                seed: 2,
                ..shape.clone()
            })
        );
    }

    #[test]
    fn the_bench_data_covers_200_series_of_1441_points() {
        let dataset = Dataset::generate(&Shape::bench());
        assert_eq!(dataset.series().len(), 200);
        let day = Shape::fixed_start()..=Shape::fixed_start() + 86_400;
        for series in dataset.series() {
            assert_eq!(
                series
                    .timestamps
                    .iter()
                    .filter(|time| day.contains(time))
                    .count(),
                1441
            );
        }
    }

    #[test]
    fn one_series_has_61_points() {
        let dataset = Dataset::generate(&Shape::one_series());
        assert_eq!((dataset.series().len(), dataset.sample_count()), (1, 61));
    }

    #[test]
    fn the_schemas_differ_in_the_labels_of_the_owner_and_in_usage() {
        let shape = Shape::small_cluster();
        let documented = Dataset::generate(&shape);
        let agent = Dataset::generate(&shape.with_schema(LabelSchema::Agent));
        assert!(
            documented
                .series()
                .iter()
                .any(|series| series.label("owner_user_id").is_some())
        );
        assert!(
            documented
                .series()
                .iter()
                .all(|series| series.label("user_id").is_none())
        );
        assert!(
            documented
                .matching(&[("value_type", "usage")])
                .next()
                .is_some()
        );
        assert!(
            agent
                .series()
                .iter()
                .all(|series| series.label("user_id").is_some())
        );
        assert!(
            agent
                .matching(&[("user_id", "undefined"), ("project_id", "undefined")])
                .next()
                .is_some()
        );
        assert!(agent.matching(&[("value_type", "usage")]).next().is_none());
    }

    #[test]
    fn only_kernels_with_a_gpu_have_gpu_metrics() {
        let dataset = Dataset::generate(&Shape::small_cluster());
        for kernel in &dataset.fleet().kernels {
            let labels = [
                ("kernel_id", kernel.kernel_id.as_str()),
                ("container_metric_name", "cuda_mem"),
            ];
            assert_eq!(dataset.matching(&labels).next().is_some(), kernel.gpu);
        }
    }
}
