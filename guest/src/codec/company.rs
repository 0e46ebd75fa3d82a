//! Queries in company: some requests of a batch become one, whose answer is taken apart again.
//!
//! Queries that differ in the metric's name only are asked as one, `container_metric_name=~"io_read|mem"`, where that is
//! faster on a real Prometheus. It saves what a request costs whatever it asks, some 0.2 ms; but Prometheus evaluates
//! a request on one core, and the name is one more label to group by. Twenty queries of one container as four requests,
//! against twenty requests of which eight are under way at once: 0.35 to 0.6 of the time at 61 to 121 points, but 0.8 to
//! 1.6 at 241 and above, up to 1.9 for a project's or a cluster's sums, 1.4 for answers with many series. So it is done for
//! queries of one container or session, up to 128 points a request, which is what the documented steps give; `value_type`
//! as a regex too is no faster, and is not. `cargo xtask bench --filter "as one"` measures it again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Batch, Sent, Use};
use crate::domain::{Chunk, Family};
use crate::prometheus::Decoded;

/// The most points of a chunk that is asked for together with others.
const MOST_POINTS: u64 = 128;
/// The most names of a request.
const MOST_NAMES: usize = 32;

impl Batch<'_> {
    /// Makes one request of those that differ in the metric's name only and are small.
    pub(super) fn merge(&mut self) {
        let mut families: Vec<(Family, u32)> = Vec::new();
        // By family, first and last point: the request, and how many names it has.
        let mut merged: BTreeMap<(usize, i64, i64), (usize, usize)> = BTreeMap::new();
        for mut sent in std::mem::take(&mut self.requests) {
            let Some((family, chunk)) = self.small(&sent) else {
                self.requests.push(sent);
                continue;
            };
            let alike = (family.clone(), chunk.grid.step());
            let (start, end) = (chunk.grid.start(), chunk.grid.end());
            let place = families.iter().position(|family| *family == alike);
            let place = place.unwrap_or_else(|| {
                families.push(alike);
                families.len() - 1
            });
            let (request, names) = merged.entry((place, start, end)).or_default();
            match self.requests.get_mut(*request) {
                Some(others) if (1..MOST_NAMES).contains(names) => {
                    others.uses.append(&mut sent.uses);
                    *names += 1;
                }
                _ => {
                    (*request, *names) = (self.requests.len(), 1);
                    self.requests.push(sent);
                }
            }
        }
    }

    /// The family and the chunk of a request that may be merged.
    fn small(&self, sent: &Sent) -> Option<(&Family, &Chunk)> {
        let &(query, chunk) = sent.uses.first()?;
        let plan = &self.queries.get(query)?.query.plan;
        let chunk = plan.chunks.get(chunk)?;
        let family = &plan.relative.as_ref()?.family;
        (chunk.grid.points() <= MOST_POINTS).then_some((family, chunk))
    }

    fn name(&self, query: usize) -> Option<&str> {
        let relative = self.queries.get(query)?.query.plan.relative.as_ref()?;
        Some(&relative.metric_name)
    }

    /// The names that a request asks for; none where it is that of one query.
    pub(super) fn names(&self, uses: &[Use]) -> Option<BTreeSet<&str>> {
        let names: BTreeSet<&str> = uses
            .iter()
            .filter_map(|&(query, _)| self.name(query))
            .collect();
        (names.len() > 1).then_some(names)
    }

    /// Gives each query of a family its series of the answer, as if it had asked alone.
    pub(super) fn take_apart(&mut self, uses: &[Use], mut decoded: Decoded, spent: u64) {
        // It is not told whose they are.
        if decoded.histograms > 0 {
            return self.ask_alone(uses);
        }
        let family = uses.first().and_then(|&(query, _)| {
            let plan = &self.queries.get(query)?.query.plan;
            Some(&plan.relative.as_ref()?.family)
        });
        let Some((label, keeps_label)) = family.map(|f| (f.label(), f.keeps_label())) else {
            return;
        };
        let mut parts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for mut series in std::mem::take(&mut decoded.series) {
            let Some(at) = series.labels.iter().position(|(name, _)| name == label) else {
                continue;
            };
            let name = match (keeps_label, series.labels.get(at)) {
                (true, Some((_, name))) => name.clone(),
                _ => series.labels.remove(at).1,
            };
            parts.entry(name).or_default().push(series);
        }
        for &(query, chunk) in uses {
            let series = self.name(query).and_then(|name| parts.get(name));
            let part = Decoded {
                series: series.cloned().unwrap_or_default(),
                ..decoded.clone()
            };
            self.arrive(query, chunk, Ok((part, spent)));
        }
    }

    /// One request for each name.
    pub(super) fn ask_alone(&mut self, uses: &[Use]) {
        let mut by_name: BTreeMap<Option<String>, Vec<Use>> = BTreeMap::new();
        for &(query, chunk) in uses {
            let name = self.name(query).map(str::to_owned);
            by_name.entry(name).or_default().push((query, chunk));
        }
        self.requests.extend(by_name.into_values().map(|uses| Sent {
            uses,
            answer: None,
            spent: 0,
        }));
    }
}
