//! Queries in company: some requests of a batch become one, whose answer is taken apart again.
//!
//! Queries that differ in the metric's name only are asked as one, `container_metric_name=~"io_read|mem"`, where that is
//! faster on a real Prometheus. It saves what a request costs whatever it asks, some 0.2 ms; but Prometheus evaluates
//! a request on one core, and the name is one more label to group by. Twenty queries of one container as four requests,
//! against twenty requests of which eight are under way at once: 0.35 to 0.6 of the time at 61 to 121 points, but 0.8 to
//! 1.6 at 241 and above, up to 1.9 for a project's or a cluster's sums, 1.4 for answers with many series. So it is done for
//! queries of one container or session, up to 128 points a request, which is what the documented steps give; `value_type`
//! as a regex too is no faster, and is not. `cargo xtask bench --filter "as one"` measures it again.

use super::{Batch, Sent, Use};
use crate::domain::{Chunk, MergeGroup};
use crate::prometheus::{Decoded, Series};

/// The most points of a chunk that is asked for together with others.
const MOST_POINTS: u64 = 128;
/// The most names of a request.
const MOST_NAMES: usize = 32;

/// A group by its number, the first and the last point.
type Place = (usize, i64, i64);

impl Batch<'_> {
    /// Makes one request of those that differ in the metric's name only and are small.
    pub(super) fn merge(&mut self) {
        let mut groups: Vec<(MergeGroup, u32)> = Vec::new();
        // Sorted: the request, and how many names it has.
        let mut merged: Vec<(Place, (usize, usize))> = Vec::new();
        for mut sent in std::mem::take(&mut self.requests) {
            let Some((group, chunk)) = self.small(&sent) else {
                self.requests.push(sent);
                continue;
            };
            let alike = (group.clone(), chunk.grid.step());
            let (start, end) = (chunk.grid.start(), chunk.grid.end());
            let place = groups.iter().position(|group| *group == alike);
            let place = place.unwrap_or_else(|| {
                groups.push(alike);
                groups.len() - 1
            });
            let key = (place, start, end);
            let at = merged.binary_search_by_key(&key, |&(key, _)| key);
            let others = at.ok().and_then(|at| merged.get_mut(at));
            if let Some((_, (request, names))) = others
                && *names < MOST_NAMES
                && let Some(others) = self.requests.get_mut(*request)
            {
                others.uses.append(&mut sent.uses);
                *names += 1;
                continue;
            }
            let first = (self.requests.len(), 1);
            self.requests.push(sent);
            match at {
                Ok(at) => {
                    if let Some((_, request)) = merged.get_mut(at) {
                        *request = first;
                    }
                }
                Err(at) => merged.insert(at, (key, first)),
            }
        }
    }

    /// The group and the chunk of a request that may be merged.
    fn small(&self, sent: &Sent) -> Option<(&MergeGroup, &Chunk)> {
        let &(query, chunk) = sent.uses.first()?;
        let plan = &self.queries.get(query)?.query.plan;
        let chunk = plan.chunks.get(chunk)?;
        let group = &plan.merge.as_ref()?.group;
        (chunk.grid.points() <= MOST_POINTS).then_some((group, chunk))
    }

    fn name(&self, query: usize) -> Option<&str> {
        let member = self.queries.get(query)?.query.plan.merge.as_ref()?;
        Some(&member.metric_name)
    }

    /// The names that a request asks for, sorted; none where it is that of one query.
    pub(super) fn names(&self, uses: &[Use]) -> Option<Vec<&str>> {
        let mut names: Vec<&str> = uses
            .iter()
            .filter_map(|&(query, _)| self.name(query))
            .collect();
        names.sort_unstable();
        names.dedup();
        (names.len() > 1).then_some(names)
    }

    /// Gives each query of a group its series of the answer, as if it had asked alone.
    pub(super) fn take_apart(&mut self, uses: &[Use], mut decoded: Decoded, spent: u64) {
        // It is not told whose they are.
        if decoded.histograms > 0 {
            return self.ask_alone(uses);
        }
        let group = uses.first().and_then(|&(query, _)| {
            let plan = &self.queries.get(query)?.query.plan;
            Some(&plan.merge.as_ref()?.group)
        });
        let Some((label, keeps_label)) = group.map(|f| (f.label(), f.keeps_label())) else {
            return;
        };
        let series = std::mem::take(&mut decoded.series);
        for &(query, chunk) in uses {
            let name = self.name(query);
            let of_it = |series: &&Series| {
                let mut labels = series.labels.iter();
                labels.any(|(key, value)| key == label && Some(value.as_str()) == name)
            };
            let mut part = decoded.clone();
            part.series = series.iter().filter(of_it).cloned().collect();
            if !keeps_label {
                for series in &mut part.series {
                    series.labels.retain(|(key, _)| key != label);
                }
            }
            self.arrive(query, chunk, Ok((part, spent)));
        }
    }

    /// One request for each name.
    pub(super) fn ask_alone(&mut self, uses: &[Use]) {
        let mut rest = uses.to_vec();
        while let Some(&(query, _)) = rest.first() {
            let name = self.name(query);
            let (uses, others) = rest
                .into_iter()
                .partition(|&(query, _)| self.name(query) == name);
            rest = others;
            self.requests.push(Sent {
                uses,
                answer: None,
                spent: 0,
            });
        }
    }
}
