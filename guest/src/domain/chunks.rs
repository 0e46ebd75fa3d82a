//! A long range as requests: cut at multiples of an interval since the epoch, so that the same chunk is the same
//! request, byte for byte, whoever asks. It knows no clock and nothing of HTTP.
//!
//! A *cell* is the points `k * length <= t < (k + 1) * length`. Cells of the interval are cut finer, to a 288th (a day:
//! 6 h, 1 h, 15 min, 5 min), only at the ends of a range, where a whole one would ask for much that is not wanted or is
//! not final yet:
//!
//! - Final points are asked for in whole cells, also over the ends of the range: only so can another range use them.
//! - A cell that is final in part is cut, so that a dashboard that asks again a minute later asks anew only for what
//!   may have changed. Points that are not final stop at the range's end, and go in one request: nobody keeps them.
//! - A range that ends before now will be asked for again as it is, so few requests matter more: a cell is taken whole
//!   where at least half of it is wanted. That leaves at most twice the bytes at the ends, and seldom more than
//!   three requests for each.
//! - A range that reaches the present moves on. Its first cell is then cut until it is a sixteenth of the range or less
//!   (of a day: an hour), and taken whole. With half cells, a dashboard would ask anew for half a day whenever its start
//!   passes noon; with the least ones, it would begin with a few more requests.
//! - A short range of few points that moves is not cut: another request costs more than the points that it would save.

use super::error::QueryError;
use super::range::Grid;
use super::range_options::RangeOptions;
use super::settings::Settings;

/// The divisors of the interval, each a multiple of the one before.
const DIVISORS: [i64; 5] = [1, SECOND, 24, 96, 288];

/// Of the second size of cells.
const SECOND: i64 = 4;

/// The part of a range that moves which may be asked for in vain at its start.
const VAIN_SHARE: u64 = 16;

/// The most points of a series that go in one request, where the range moves and is no longer than a cell of the second
/// size. A request costs Prometheus and us some 300 µs, as much as a few thousand points; an hour at a step of a minute
/// is 61 points, mostly of one series. In a longer range there are many samples behind a point.
const FEW_POINTS: u64 = 128;

/// More requests than that are no query but a mistake: ten years, day by day, are 3,650.
const MOST_CHUNKS: u64 = 10_000;

/// The most divisors of the interval that are tried for one that keeps a chunk under the limit of points.
const DIVISORS_TRIED: u32 = 100;

/// The part of a range that one request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// The points.
    pub grid: Grid,
    /// True if their data can no longer change.
    pub is_final: bool,
}

/// Cuts a range. The chunks follow one another in time, and together hold each point of the range once.
///
/// # Errors
/// A range that takes too many requests.
pub(super) fn cut(
    grid: &Grid,
    options: &RangeOptions,
    settings: &Settings,
) -> Result<Vec<Chunk>, QueryError> {
    let max_points = settings.max_points;
    let step = grid.step();
    let length = interval(options.interval.get(), step, max_points.get());
    let (first, last) = (
        grid.start().div_euclid(length),
        grid.end().div_euclid(length),
    );
    let needed = last.abs_diff(first) + 1;
    if needed > MOST_CHUNKS {
        return Err(QueryError::ManyChunks {
            needed,
            most: MOST_CHUNKS,
        });
    }
    let settled = options.settled(settings);
    let moves = settled.is_some_and(|settled| grid.end() > settled);
    let most = FEW_POINTS.min(u64::from(max_points.get()));
    let is_short = grid.end() - grid.start() <= length / SECOND && grid.points() <= most;
    if moves && is_short {
        let is_final = false;
        return Ok(vec![Chunk {
            grid: *grid,
            is_final,
        }]);
    }
    let mut cutter = Cutter {
        grid: *grid,
        length,
        settled,
        moves,
        max_points: u64::from(max_points.get()),
        chunks: Vec::new(),
    };
    for cell in first..=last {
        cutter.cell(cell * length, &DIVISORS);
    }
    Ok(cutter.chunks)
}

/// The interval that is used: the one asked for, or a part of it where a request may not have so many points.
/// It depends on nothing else, so that all ranges are cut at the same places.
fn interval(asked: u32, step: u32, max_points: u32) -> i64 {
    let points = asked.div_ceil(step);
    if points <= max_points {
        return i64::from(asked.max(step));
    }
    let least = points.div_ceil(max_points);
    (least..least.saturating_add(DIVISORS_TRIED))
        .find(|&divisor| asked.is_multiple_of(divisor) && (asked / divisor).is_multiple_of(step))
        .map_or(i64::from(step) * i64::from(max_points), |divisor| {
            i64::from(asked / divisor)
        })
}

struct Cutter {
    grid: Grid,
    /// Of the largest cells.
    length: i64,
    settled: Option<i64>,
    /// True if the range reaches the present.
    moves: bool,
    max_points: u64,
    chunks: Vec<Chunk>,
}

impl Cutter {
    /// Takes the cell that begins at an instant and is as long as the first of the divisors says, or cuts it.
    fn cell(&mut self, from: i64, divisors: &[i64]) {
        let Some((divisor, finer)) = divisors.split_first() else {
            return;
        };
        let step = i64::from(self.grid.step());
        let length = self.length / divisor;
        let first = self.grid.at_or_after(from);
        let last = self.grid.at_or_before(from + length - 1);
        if first > last || last < self.grid.start() || first > self.grid.end() {
            return;
        }
        let is_settled = |point| self.settled.is_some_and(|settled| point <= settled);
        let is_mixed = is_settled(first) && !is_settled(last);
        let asked = self.grid.between(
            first,
            match is_settled(last) {
                true => last,
                false => last.min(self.grid.end()),
            },
        );
        let finer = finer.first().and_then(|divisor| {
            let whole = self.length % divisor == 0 && self.length / divisor % step == 0;
            whole.then(|| (finer, self.length / divisor))
        });
        match finer {
            Some((finer, part)) if is_mixed || !self.is_worth(&asked) => {
                for from in (from..from + length).step_by(usize::try_from(part).unwrap_or(1)) {
                    self.cell(from, finer);
                }
            }
            _ => {
                let is_final = is_settled(asked.end());
                self.take(Chunk {
                    grid: asked,
                    is_final,
                });
            }
        }
    }

    /// Returns true if enough of what would be asked for is wanted.
    fn is_worth(&self, asked: &Grid) -> bool {
        let wanted = asked.between(
            asked.start().max(self.grid.start()),
            asked.end().min(self.grid.end()),
        );
        match self.moves {
            true => {
                wanted == *asked || asked.points().saturating_mul(VAIN_SHARE) <= self.grid.points()
            }
            false => wanted.points() * 2 >= asked.points(),
        }
    }

    fn take(&mut self, chunk: Chunk) {
        if let (Some(before), Some(_)) = (self.chunks.last_mut(), self.settled)
            && !before.is_final
            && !chunk.is_final
        {
            let both = before.grid.between(before.grid.start(), chunk.grid.end());
            if both.points() <= self.max_points {
                before.grid = both;
                return;
            }
        }
        self.chunks.push(chunk);
    }
}

#[cfg(test)]
mod tests;
