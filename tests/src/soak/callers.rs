//! Callers that ask in turns, and what they were given.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::questions::Questions;
use super::ways::{Came, Services, Way};

/// More of them would say no more.
const WRONG_ONES_KEPT: usize = 5;

/// The answers that callers were given.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By the way that was taken.
    pub(super) calls: BTreeMap<&'static str, u64>,
    pub(super) right: u64,
    pub(super) parts: u64,
    pub(super) left: u64,
    pub(super) crashes: u64,
    pub(super) wrong: u64,
    /// Some that were wrong.
    pub(super) wrong_ones: Vec<String>,
    pub(super) errors: BTreeMap<&'static str, u64>,
    pub(super) longest: Duration,
}

impl Tally {
    fn count(&mut self, way: Way, came: Came, took: Duration) {
        *self.calls.entry(way.name()).or_default() += 1;
        self.longest = self.longest.max(took);
        match came {
            Came::Right => self.right += 1,
            Came::Part => self.parts += 1,
            Came::Left => self.left += 1,
            Came::Crash => self.crashes += 1,
            Came::Error(class) => *self.errors.entry(class).or_default() += 1,
            Came::Wrong(what) => {
                self.wrong += 1;
                self.keep(format!("{}: {what}", way.name()));
            }
        }
    }

    fn keep(&mut self, wrong: String) {
        if self.wrong_ones.len() < WRONG_ONES_KEPT {
            self.wrong_ones.push(wrong);
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.right += other.right;
        self.parts += other.parts;
        self.left += other.left;
        self.crashes += other.crashes;
        self.wrong += other.wrong;
        other.wrong_ones.into_iter().for_each(|one| self.keep(one));
        for (all, some) in [
            (&mut self.calls, other.calls),
            (&mut self.errors, other.errors),
        ] {
            for (name, count) in some {
                *all.entry(name).or_default() += count;
            }
        }
        self.longest = self.longest.max(other.longest);
    }
}

/// One caller: every question in every way, beginning with another one than its neighbour.
pub(super) async fn call_until(
    end: Instant,
    pause: Duration,
    seed: usize,
    services: Arc<Services>,
    questions: Arc<Questions>,
) -> Tally {
    let mut tally = Tally::default();
    let turns: Vec<_> = services
        .ways()
        .flat_map(|way| questions.all.iter().map(move |question| (way, question)))
        .collect();
    // Neighbours do not march in step.
    let first = seed * 5;
    for turn in first.. {
        let (Some((way, question)), true) = (turns.get(turn % turns.len()), Instant::now() < end)
        else {
            break;
        };
        let begun = Instant::now();
        let came = question.ask(*way, &services, &questions).await;
        tally.count(*way, came, begun.elapsed());
        tokio::time::sleep(pause).await;
    }
    tally
}
