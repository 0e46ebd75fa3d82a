//! A stream's pieces so far: what the next one is held to, so that a stream ends however its plugin goes on.
//!
//! Every sample is one of the plan's points, and no series has a point twice, so a series ends. The number of series,
//! and the size of all pieces together, are limited; a piece without samples has to say why. Of a series it remembers a
//! fingerprint and its last instant.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
};

use super::{grid::Grid, validate::broken};
use crate::{
    config::limits::Limits,
    contract::{error::CallError, range::Piece, types::Series},
};

/// The least size of a piece, in bytes: pieces of next to nothing come to an end, too.
const PIECE: u64 = 4096;

/// The least size of a series, in bytes: the lists that hold it.
const SERIES: u64 = 64;

/// The pieces without samples that a stream may have beyond one for each chunk: what is said before the first chunk,
/// and after the last.
const REMARKS: usize = 2;

/// The pieces of a stream so far.
pub(crate) struct Progress {
    grid: Grid,
    /// The last instant of each series that came.
    last: HashMap<u64, i64>,
    fingerprints: RandomState,
    most_series: usize,
    bytes_left: u64,
    most_bytes: u64,
    /// Pieces without samples, and chunks that may be missing, of which there can be more.
    empty_left: usize,
    missing_left: usize,
}

impl Progress {
    /// Before the first piece of a plan with so many chunks.
    pub(crate) fn new(grid: Grid, chunks: usize, limits: &Limits) -> Self {
        Self {
            grid,
            last: HashMap::new(),
            fingerprints: RandomState::new(),
            most_series: limits.stream_series as usize,
            bytes_left: limits.stream_bytes,
            most_bytes: limits.stream_bytes,
            empty_left: chunks.saturating_add(REMARKS),
            missing_left: chunks,
        }
    }

    /// Takes the next piece into account.
    ///
    /// # Errors
    /// It contradicts the plan or an earlier piece, or the stream is larger than it may be.
    pub(crate) fn take(&mut self, piece: &Piece) -> Result<(), CallError> {
        self.grid.check(&piece.series)?;
        let left = self.bytes_left.checked_sub(size(piece));
        self.bytes_left = left.ok_or(CallError::StreamTooLarge {
            limit: "bytes",
            maximum: self.most_bytes,
        })?;
        let left = self.missing_left.checked_sub(piece.missing.len());
        self.missing_left =
            left.ok_or_else(|| broken("more chunks are missing than there are".to_owned()))?;
        let with_samples = |series: &&Series| !series.timestamps.is_empty();
        if !piece.series.iter().any(|series| with_samples(&series)) {
            let left = self.empty_left.checked_sub(1);
            self.empty_left =
                left.ok_or_else(|| broken("too many pieces without a sample".to_owned()))?;
        }
        piece
            .series
            .iter()
            .filter(with_samples)
            .try_for_each(|series| self.advance(series))
    }

    /// A series goes on after its last instant.
    fn advance(&mut self, series: &Series) -> Result<(), CallError> {
        let (Some(&first), Some(&last)) = (series.timestamps.first(), series.timestamps.last())
        else {
            return Ok(());
        };
        let before = self.last.insert(self.fingerprint(series), last);
        if let Some(before) = before.filter(|before| first <= *before) {
            return Err(broken(format!(
                "a series goes on at {first}, after a piece in which it had come to {before}"
            )));
        }
        if self.last.len() > self.most_series {
            return Err(CallError::StreamTooLarge {
                limit: "series",
                maximum: self.most_series as u64,
            });
        }
        Ok(())
    }

    /// The same for the same labels in any order, whose names are distinct.
    fn fingerprint(&self, series: &Series) -> u64 {
        let labels = series.labels.iter();
        labels.fold(0, |sum, label| {
            self.fingerprints.hash_one(label).wrapping_add(sum)
        })
    }
}

/// The approximate size of a piece in bytes.
fn size(piece: &Piece) -> u64 {
    let texts = piece.warnings.iter().chain(&piece.infos);
    let series = piece.series.iter().map(|series| {
        let labels = series.labels.iter();
        let labels: usize = labels.map(|(name, value)| name.len() + value.len()).sum();
        let columns = size_of_val(&*series.timestamps) + size_of_val(&*series.values);
        SERIES + (labels + columns) as u64
    });
    PIECE + texts.map(|text| text.len() as u64).sum::<u64>() + series.sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MissingChunk, ServiceError, Span, contract::types::Config};
    use std::ops::RangeInclusive;

    /// A day by the minute, in one chunk.
    fn progress(limits: &Limits) -> Progress {
        let day = Grid::new((0, 86_400_000), 60, &Config::new("")).unwrap();
        Progress::new(day, 1, limits)
    }

    /// A piece of series, each with its labels' names and with its minutes.
    fn piece(series: &[(&str, RangeInclusive<i64>)]) -> Piece {
        let label = |name: &str| (name.to_owned(), name.to_owned());
        let series = series.iter().map(|(names, minutes)| Series {
            labels: names.split(',').map(label).collect(),
            timestamps: minutes.clone().map(|minute| minute * 60_000).collect(),
            values: minutes.clone().map(|_| 0.0).collect(),
        });
        Piece {
            series: series.collect(),
            warnings: Vec::new(),
            infos: Vec::new(),
            missing: Vec::new(),
            partial: false,
        }
    }

    fn is_broken(outcome: Result<(), CallError>, says: &str) {
        let error = outcome.unwrap_err();
        assert!(
            matches!(&error, CallError::BrokenContract { reason } if reason.contains(says)),
            "{error:?}"
        );
    }

    #[test]
    fn a_series_goes_on_from_piece_to_piece_and_never_back() {
        let mut progress = progress(&Limits::default());
        let mut take = |series: &[_]| progress.take(&piece(series));
        take(&[("a", 0..=1), ("b", 5..=5)]).unwrap();
        take(&[("a", 2..=2), ("c,d", 0..=0)]).unwrap();
        take(&[("d,c", 1..=1)]).unwrap();
        // The same series, whatever the order of its labels.
        is_broken(take(&[("c,d", 1..=1)]), "goes on at 60000");
        is_broken(take(&[("b", 4..=6)]), "goes on at 240000");
        is_broken(take(&[("a", 7..=7), ("a", 7..=7)]), "goes on");
    }

    #[test]
    fn a_sample_that_the_plan_has_no_point_for_breaks_the_contract() {
        let mut progress = progress(&Limits::default());
        let mut take = |minutes| progress.take(&piece(&[("a", minutes)]));
        is_broken(take(1440..=1441), "a sample at");
        is_broken(take(-1..=0), "a sample at");
    }

    #[test]
    fn pieces_without_a_sample_come_to_an_end() {
        let mut progress = progress(&Limits::default());
        for _ in 0..=REMARKS {
            #[expect(clippy::reversed_empty_ranges, reason = "no minutes")]
            progress.take(&piece(&[("a", 1..=0)])).unwrap();
        }
        progress.take(&piece(&[("a", 0..=0)])).unwrap();
        is_broken(progress.take(&piece(&[])), "without a sample");
    }

    #[test]
    fn no_more_chunks_are_missing_than_there_are() {
        let mut progress = progress(&Limits::default());
        let mut piece = piece(&[("a", 0..=0)]);
        piece.missing.push(MissingChunk {
            span: Span { start: 0, end: 0 },
            error: ServiceError::TimedOut("late".to_owned()),
        });
        progress.take(&piece).unwrap();
        is_broken(progress.take(&piece), "missing");
    }

    /// Takes pieces of which the last one is too much.
    fn exceeds(limits: &Limits, pieces: &[&[(&str, RangeInclusive<i64>)]], which: &str) {
        let mut progress = progress(limits);
        let (last, before) = pieces.split_last().unwrap();
        for series in before {
            progress.take(&piece(series)).unwrap();
        }
        let error = progress.take(&piece(last)).unwrap_err();
        assert!(
            matches!(error, CallError::StreamTooLarge { limit, .. } if limit == which),
            "{error:?}"
        );
    }

    #[test]
    fn a_stream_has_so_many_bytes_and_so_many_series_and_then_none() {
        let of_bytes = Limits {
            stream_bytes: 2 * (PIECE + SERIES + 2 + 16),
            ..Limits::default()
        };
        let [first, second, third] = [[("a", 0..=0)], [("a", 1..=1)], [("a", 2..=2)]];
        exceeds(&of_bytes, &[&first, &second, &third], "bytes");
        let of_series = Limits {
            stream_series: 2,
            ..Limits::default()
        };
        let both = [("a", 0..=0), ("b", 0..=0)];
        exceeds(&of_series, &[&both, &second, &[("c", 0..=0)]], "series");
    }
}
