//! The answers of a range's chunks, put together again: series by their labels, points in the order of time.

use crate::codec::query_range::Missing;
use crate::domain::Grid;
use crate::prometheus::{Budget, Decoded, Series};

/// What has been put together so far. Add the chunks in the order of time.
#[derive(Debug, Default)]
pub(in crate::codec) struct Joined {
    /// In the order in which they first appeared.
    pub(in crate::codec) series: Vec<Series>,
    /// Their places, sorted by their labels.
    by_labels: Vec<usize>,
    /// Prometheus's warnings, each once.
    pub(in crate::codec) warnings: Vec<String>,
    /// Its remarks, each once.
    pub(in crate::codec) infos: Vec<String>,
    /// The most series with native histograms that a chunk had.
    pub(in crate::codec) histograms: usize,
    /// The chunks that failed.
    pub(in crate::codec) missing: Vec<Missing>,
    /// Whether a server said that it did not see all data.
    pub(in crate::codec) partial: bool,
}

impl Joined {
    /// Adds a chunk's answer, less the points outside the grid, which are asked for only for the request's sake.
    /// Gives what that adds to the cost of the whole.
    pub(in crate::codec) fn add(&mut self, decoded: Decoded, wanted: &Grid) -> u64 {
        let mut cost = 0;
        self.histograms = self.histograms.max(decoded.histograms);
        self.partial |= decoded.partial;
        add_new(&mut self.warnings, decoded.warnings);
        add_new(&mut self.infos, decoded.infos);
        // Prometheus sorts series, so the next one is mostly that after the one before.
        let mut expected = 0;
        for mut series in decoded.series {
            let had_points = !series.timestamps.is_empty();
            trim(&mut series, wanted);
            if had_points && series.timestamps.is_empty() {
                continue;
            }
            cost += Budget::cost_of_samples(series.timestamps.len());
            expected = 1 + match self.place(&series, expected) {
                Ok(place) => {
                    if let Some(whole) = self.series.get_mut(place) {
                        whole.timestamps.append(&mut series.timestamps);
                        whole.values.append(&mut series.values);
                    }
                    place
                }
                Err(sorted) => {
                    cost += Budget::cost_of_labels(&series.labels);
                    let place = self.series.len();
                    self.by_labels.insert(sorted, place);
                    self.series.push(series);
                    place
                }
            };
        }
        cost
    }

    /// Where the series with these labels is, or where among the sorted it belongs.
    fn place(&self, series: &Series, expected: usize) -> Result<usize, usize> {
        let labels = |place: usize| self.series.get(place).map(|series| &series.labels);
        if labels(expected) == Some(&series.labels) {
            return Ok(expected);
        }
        self.by_labels
            .binary_search_by(|&place| labels(place).cmp(&Some(&series.labels)))
            .map(|sorted| self.by_labels.get(sorted).copied().unwrap_or_default())
    }
}

/// Says that native histograms are left out.
pub(in crate::codec) fn histogram_warning(series: usize) -> Option<String> {
    (series > 0).then(|| format!("{series} series hold native histograms, which are left out"))
}

/// Leaves the points of the grid.
pub(in crate::codec) fn trim(series: &mut Series, wanted: &Grid) {
    let (start, end) = (wanted.start() * 1000, wanted.end() * 1000);
    let after = series.timestamps.partition_point(|&t| t <= end);
    let before = series.timestamps.partition_point(|&t| t < start).min(after);
    series.timestamps.truncate(after);
    series.values.truncate(after);
    if before > 0 {
        series.timestamps.drain(..before);
        series.values.drain(..before);
    }
}

/// Adds what is not there yet. There are few.
pub(in crate::codec) fn add_new(texts: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
}
