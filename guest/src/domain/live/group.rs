//! Many series as one: the sum of a subject's series of one metric, at each time of those that were there then.

use super::track::{Samples, Track, Window, sum};

/// The series of one kernel, of one metric and side, as they follow each other: where one begins after another has
/// ended (an agent came back under another address), it goes on with it. The series left are side by side.
pub(super) fn chained(mut series: Vec<Samples>) -> Vec<Samples> {
    series.sort_by_key(Samples::first);
    let mut chains: Vec<Samples> = Vec::new();
    for mut samples in series {
        let follows = |chain: &&mut Samples| chain.last() < samples.first();
        match chains.iter_mut().find(follows) {
            Some(chain) => {
                chain.times.append(&mut samples.times);
                chain.values.append(&mut samples.values);
            }
            None => chains.push(samples),
        }
    }
    chains
}

/// The stats of some series together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Together {
    /// The time of the newest sample.
    pub(super) at: i64,
    /// The sum of the latest values.
    pub(super) current: Option<f64>,
    /// The sum of the latest samples.
    pub(super) latest: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) avg: Option<f64>,
    pub(super) samples: usize,
}

impl Together {
    pub(super) fn new(tracks: &[Track], window: &Window) -> Self {
        let at = tracks
            .iter()
            .map(|track| track.at)
            .max()
            .unwrap_or_default();
        let present = || tracks.iter().filter(|track| window.counts(track.at, at));
        let (min, max) = extremes(tracks);
        Self {
            at,
            current: total(present().filter_map(Track::current)),
            latest: total(present().map(|track| track.latest)),
            min,
            max,
            avg: mean(tracks),
            samples: tracks.iter().map(|track| track.samples).sum(),
        }
    }
}

/// The sum; none of nothing.
pub(super) fn total(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| sum(values.iter().copied()))
}

/// The least and the largest sum, at the times at which anything was measured.
fn extremes(tracks: &[Track]) -> (Option<f64>, Option<f64>) {
    let mut times: Vec<i64> = tracks
        .iter()
        .flat_map(|track| track.times().iter().copied())
        .collect();
    times.sort_unstable();
    times.dedup();
    let sums = times
        .into_iter()
        .filter_map(|time| total(tracks.iter().filter_map(|track| track.value_at(time))));
    sums.fold((None, None), |(min, max), value| {
        (
            Some(min.map_or(value, |min: f64| min.min(value))),
            Some(max.map_or(value, |max: f64| max.max(value))),
        )
    })
}

/// The mean of the sum over the time in which any was there: each mean weighs as much as its part of that time.
fn mean(tracks: &[Track]) -> Option<f64> {
    let mut means: Vec<_> = tracks.iter().filter_map(Track::mean).collect();
    if let [(mean, _)] = means.as_slice() {
        return Some(*mean);
    }
    means.sort_by_key(|(_, (from, _))| *from);
    let (mut covered, mut until) = (0, i64::MIN);
    for &(_, (from, to)) in &means {
        covered += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a window")]
    let weighted = |&(mean, (from, to)): &(f64, (i64, i64))| match covered {
        // All were there for one instant.
        0 => mean,
        _ => mean * ((to - from) as f64 / covered as f64),
    };
    total(means.iter().map(weighted))
}
