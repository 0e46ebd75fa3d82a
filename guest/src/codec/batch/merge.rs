//! Merging of queries: some requests of a batch become one, whose answer is split again.
//!
//! Queries that differ in the metric's name only are asked as one, `container_metric_name=~"io_read|mem"`, where that is
//! faster on a real Prometheus. It saves what a request costs whatever it asks, some 0.2 ms; but Prometheus evaluates
//! a request on one core, and the name is one more label to group by. Twenty queries of one container as four requests,
//! against twenty requests of which eight are in flight at once: 0.35 to 0.6 of the time at 61 to 121 points, but 0.8 to
//! 1.6 at 241 and above, up to 1.9 for a project's or a cluster's sums, 1.4 for answers with many series. So it is done for
//! queries of one container or session, up to 128 points a request, which is what the documented steps give; `value_type`
//! as a regex too is no faster, and is not. `cargo xtask bench --filter "as one"` measures it again.

use std::collections::BTreeSet;

use crate::codec::failure::Failure;
use crate::codec::query_range::QueryRange;
use crate::domain::{Grid, MergeGroup};
use crate::prometheus::{Decoded, Series};

/// The most points of a chunk that is asked for together with others.
const MOST_POINTS: u64 = 128;
/// The most names of a request.
const MOST_NAMES: usize = 32;

/// Requests that are equal in these can be merged.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MergeKey<'a> {
    group: &'a MergeGroup,
    grid: Grid,
}

/// The queries that a request is merged of.
#[derive(Debug)]
pub(super) struct Merge {
    group: MergeGroup,
    pub(super) names: BTreeSet<String>,
}

impl Merge {
    /// The merge that begins with a query's request, if it is small.
    pub(super) fn begin(query: &QueryRange, grid: Grid) -> Option<(MergeKey<'_>, Self)> {
        let member = query.plan.merge.as_ref()?;
        let merge = Self {
            group: member.group.clone(),
            names: BTreeSet::from([member.metric_name.clone()]),
        };
        let group = &member.group;
        (grid.points() <= MOST_POINTS).then_some((MergeKey { group, grid }, merge))
    }

    /// Takes in the names of another of the group; false: it has the most names that a request may.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let has_room = self.names.len() < MOST_NAMES;
        if has_room {
            self.names.extend(other.names.iter().cloned());
        }
        has_room
    }

    /// The query for all names.
    pub(super) fn promql(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        self.group.promql(&names)
    }

    /// Checks that each series is of one of the names.
    ///
    /// # Errors
    /// An answer with another series, which would belong to no query and be lost.
    pub(super) fn check(&self, series: &[Series]) -> Result<(), Failure> {
        let label = self.group.label();
        let is_of_one = |series: &Series| {
            let mut labels = series.labels.iter();
            labels.any(|(key, value)| key == label && self.names.contains(value))
        };
        match series.iter().all(is_of_one) {
            true => Ok(()),
            false => Err(Failure::MalformedResponse(format!(
                "a series whose label {label} is none of the names that were asked for"
            ))),
        }
    }

    /// The answer for one name, as if it had been asked for alone; `series` are those of all names.
    pub(super) fn part(&self, series: &[Series], name: Option<&str>, rest: &Decoded) -> Decoded {
        let label = self.group.label();
        let is_of_it = |series: &&Series| {
            let mut labels = series.labels.iter();
            labels.any(|(key, value)| key == label && Some(value.as_str()) == name)
        };
        let mut part = rest.clone();
        part.series = series.iter().filter(is_of_it).cloned().collect();
        if !self.group.keeps_label() {
            for series in &mut part.series {
                series.labels.retain(|(key, _)| key != label);
            }
        }
        part
    }
}
