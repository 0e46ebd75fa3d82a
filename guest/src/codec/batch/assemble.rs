//! The assembly of a range's answer from those of its chunks: series by their labels, points in the order of time.

use crate::codec::complete::{add_new, complete, histogram_warning, trim};
use crate::codec::query_metric::MetricResult;
use crate::codec::query_range::{Missing, RangeResult};
use crate::domain::{Grid, Plan};
use crate::prometheus::{Budget, Decoded, Series};

/// The answer assembled so far. Add the chunks in the order of time.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// In the order of their labels.
    series: Vec<Series>,
    /// Prometheus's warnings, each once.
    warnings: Vec<String>,
    /// Its remarks, each once.
    infos: Vec<String>,
    /// The most series with native histograms that a chunk had.
    histograms: usize,
    /// The chunks that failed.
    pub(super) missing: Vec<Missing>,
    /// True if a server said that it did not see all data.
    partial: bool,
}

impl Assembly {
    /// Adds a chunk's answer, less the points outside the grid, which are asked for only for the request's sake.
    /// Gives what that adds to the cost of the whole.
    pub(super) fn add(&mut self, decoded: Decoded, wanted: &Grid) -> u64 {
        let mut cost = 0;
        self.histograms = self.histograms.max(decoded.histograms);
        self.partial |= decoded.partial;
        add_new(&mut self.warnings, decoded.warnings);
        add_new(&mut self.infos, decoded.infos);
        // Prometheus sorts series, so the next one is mostly that after the one before.
        let mut next = 0;
        for mut series in decoded.series {
            let had_points = !series.timestamps.is_empty();
            trim(&mut series, wanted);
            if had_points && series.timestamps.is_empty() {
                continue;
            }
            cost += Budget::cost_of_samples(series.timestamps.len());
            let place = self.place(&series, next);
            match self.series.get_mut(place) {
                Some(whole) if whole.labels == series.labels => {
                    whole.timestamps.append(&mut series.timestamps);
                    whole.values.append(&mut series.values);
                }
                _ => {
                    cost += Budget::cost_of_labels(&series.labels);
                    self.series.insert(place, series);
                }
            }
            next = place + 1;
        }
        cost
    }

    /// The place of the series with these labels, or that at which it belongs.
    fn place(&self, series: &Series, next: usize) -> usize {
        match self.series.get(next) {
            Some(whole) if whole.labels == series.labels => next,
            _ => self
                .series
                .partition_point(|whole| whole.labels < series.labels),
        }
    }

    /// The result, once all chunks have been added.
    pub(super) fn result(self, plan: Plan) -> RangeResult {
        let (series, left_out) = complete(&plan, self.series);
        let mut warnings = plan.warnings.clone();
        warnings.extend(left_out);
        warnings.extend(histogram_warning(self.histograms));
        warnings.extend(self.warnings);
        let mut infos = plan.infos.clone();
        infos.extend(self.infos);
        RangeResult {
            answer: MetricResult {
                plan,
                series,
                warnings,
                infos,
                partial: self.partial || !self.missing.is_empty(),
            },
            missing: self.missing,
        }
    }
}
