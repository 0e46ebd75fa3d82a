//! Measures contenders side by side: one run of each a round, in turns, so that whatever else the machine does
//! meets all of them alike. It knows nothing of what they do.

use std::any::Any;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What a run leaves behind. It is dropped when the clock has stopped.
pub(crate) type Leftover = Box<dyn Any + Send>;
/// A run under way.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<Leftover>> + Send>>;

/// One way to do it.
pub(crate) struct Contender {
    name: &'static str,
    run: Box<dyn FnMut() -> Run + Send>,
    goal: Option<f64>,
    compared: bool,
}

impl Contender {
    /// A contender that does `run` once a round.
    pub(crate) fn new<F, R, T>(name: &'static str, mut run: F) -> Self
    where
        F: FnMut() -> R + Send + 'static,
        R: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let run = move || -> Run {
            let running = run();
            Box::pin(async move { Ok(Box::new(running.await?) as Leftover) })
        };
        Self {
            name,
            run: Box::new(run),
            goal: None,
            compared: true,
        }
    }

    /// It should take at most so many times what the baseline takes.
    pub(crate) fn with_goal(mut self, ratio: f64) -> Self {
        self.goal = Some(ratio);
        self
    }

    /// It does something else than the baseline: its time stands for itself.
    pub(crate) fn uncompared(mut self) -> Self {
        self.compared = false;
        self
    }
}

/// Contenders, and how long to let them run.
pub(crate) struct Race {
    /// Their times are divided by this one's; none: there is nothing to compare.
    pub(crate) baseline: Option<&'static str>,
    pub(crate) contenders: Vec<Contender>,
    /// Rounds that are not counted: connections are made, caches filled, branches learnt.
    pub(crate) warm_up: usize,
    /// No fewer than this, for the median to mean something.
    pub(crate) least_rounds: usize,
    /// No more rounds are begun after this.
    pub(crate) time: Duration,
}

/// What a contender took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) row: &'static str,
    pub(crate) contender: &'static str,
    pub(crate) rounds: usize,
    pub(crate) median: Duration,
    /// A tenth of the rounds took less than the first, a tenth more than the second.
    pub(crate) spread: (Duration, Duration),
    /// The median over the rounds of its time divided by the baseline's in the same round.
    pub(crate) ratio: Option<f64>,
    /// The most that the ratio should be.
    pub(crate) goal: Option<f64>,
}

impl Outcome {
    /// Whether the goal is met; none: there is none.
    pub(crate) fn met(&self) -> Option<bool> {
        Some(self.ratio? <= self.goal?)
    }
}

impl Race {
    /// A race that is called off.
    pub(crate) fn nobody() -> Self {
        Self {
            baseline: None,
            contenders: Vec::new(),
            warm_up: 0,
            least_rounds: 0,
            time: Duration::ZERO,
        }
    }

    /// Lets them run.
    pub(crate) async fn run(mut self, row: &'static str) -> Result<Vec<Outcome>> {
        let count = self.contenders.len();
        let mut times: Vec<Vec<Duration>> = vec![Vec::new(); count];
        let mut started = Instant::now();
        let mut round = 0;
        while round < self.warm_up + self.least_rounds || started.elapsed() < self.time {
            if round == self.warm_up {
                started = Instant::now();
            }
            // Another one begins each round: none always runs in the wake of the same other.
            for turn in 0..count {
                let index = (round + turn) % count;
                let took = self.once(index).await?;
                if round >= self.warm_up
                    && let Some(times) = times.get_mut(index)
                {
                    times.push(took);
                }
            }
            round += 1;
        }
        Ok(self.outcomes(row, &times))
    }

    async fn once(&mut self, index: usize) -> Result<Duration> {
        let contender = self
            .contenders
            .get_mut(index)
            .context("no such contender")?;
        // As a request that comes in, not as the tail of the one before: tokio lets only a few tasks wake each
        // other in a row before it calls another thread.
        tokio::task::yield_now().await;
        let started = Instant::now();
        let leftover = (contender.run)()
            .await
            .with_context(|| format!("`{}`", contender.name))?;
        let took = started.elapsed();
        drop(leftover);
        Ok(took)
    }

    fn outcomes(&self, row: &'static str, times: &[Vec<Duration>]) -> Vec<Outcome> {
        let of_baseline = self
            .contenders
            .iter()
            .position(|contender| Some(contender.name) == self.baseline)
            .and_then(|index| times.get(index));
        let outcome = |(contender, times): (&Contender, &Vec<Duration>)| {
            let mut sorted = times.clone();
            sorted.sort();
            Outcome {
                row,
                contender: contender.name,
                rounds: times.len(),
                median: quantile(&sorted, 0.5).unwrap_or_default(),
                spread: (
                    quantile(&sorted, 0.1).unwrap_or_default(),
                    quantile(&sorted, 0.9).unwrap_or_default(),
                ),
                ratio: of_baseline
                    .filter(|_| contender.compared)
                    .and_then(|baseline| median_ratio(times, baseline)),
                goal: contender.goal,
            }
        };
        self.contenders.iter().zip(times).map(outcome).collect()
    }
}

/// The median of the ratios of the same round.
fn median_ratio(times: &[Duration], baseline: &[Duration]) -> Option<f64> {
    let mut ratios: Vec<f64> = times
        .iter()
        .zip(baseline)
        .map(|(time, base)| time.as_secs_f64() / base.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    quantile(&ratios, 0.5)
}

/// The element at this share of a sorted list.
fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    fn race(contenders: Vec<Contender>, rounds: usize) -> Race {
        Race {
            baseline: Some("base"),
            contenders,
            warm_up: 1,
            least_rounds: rounds,
            time: Duration::ZERO,
        }
    }

    #[tokio::test]
    async fn contenders_take_turns_and_warm_up_rounds_are_not_counted() {
        let order = Arc::new(Mutex::new(String::new()));
        let contender = |name: &'static str| {
            let order = Arc::clone(&order);
            Contender::new(name, move || {
                order.lock().unwrap().push_str(name);
                std::future::ready(Ok(()))
            })
        };
        let outcomes = race(vec![contender("a"), contender("b"), contender("c")], 3)
            .run("row")
            .await
            .unwrap();
        assert_eq!(*order.lock().unwrap(), "abcbcacababc");
        assert!(outcomes.iter().all(|outcome| outcome.rounds == 3));
    }

    #[tokio::test]
    async fn the_ratio_to_the_baseline_is_held_against_the_goal() {
        let sleeping = |name, milliseconds| {
            Contender::new(name, move || async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                Ok(())
            })
        };
        let contenders = vec![sleeping("base", 10), sleeping("slow", 40).with_goal(1.5)];
        let outcomes = race(contenders, 3).run("row").await.unwrap();
        assert_eq!(outcomes[0].ratio, Some(1.0));
        assert_eq!((outcomes[0].met(), outcomes[1].met()), (None, Some(false)));
        assert!(outcomes[1].ratio.unwrap() > 1.5);
    }

    #[tokio::test]
    async fn a_contender_that_fails_ends_the_race_by_name() {
        let broken = Contender::new("broken", || async {
            anyhow::Result::<()>::Err(anyhow::anyhow!("no answer"))
        });
        let error = race(vec![broken], 1).run("row").await.unwrap_err();
        assert_eq!(format!("{error:#}"), "`broken`: no answer");
    }

    #[test]
    fn quantiles_are_elements_of_the_list() {
        let sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        assert_eq!(
            (
                quantile(&sorted, 0.1),
                quantile(&sorted, 0.5),
                quantile(&sorted, 0.9)
            ),
            (Some(2), Some(6), Some(10))
        );
        assert_eq!(quantile::<u8>(&[], 0.5), None);
    }
}
