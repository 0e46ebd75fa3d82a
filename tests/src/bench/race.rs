//! Measures contenders side by side: one run of each a round, in turns, so that whatever else the machine does
//! meets all of them alike. It knows nothing of what they do.

use std::any::Any;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::outcome::{Goal, Outcome, Unit};

/// The leftovers of a run. It is dropped when the clock has stopped.
pub(crate) type Leftover = Box<dyn Any + Send>;
/// A run under way.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<Leftover>> + Send>>;

/// Time since some moment.
pub(crate) type Clock<'a> = &'a (dyn Fn() -> Result<Duration> + Sync);

/// One way to do it.
pub(crate) struct Contender {
    name: &'static str,
    run: Box<dyn FnMut() -> Run + Send>,
    prepare: fn(),
    goal: Option<Goal>,
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
            prepare: || (),
            goal: None,
            compared: true,
        }
    }

    /// Sets the preparation before each run, while the clock stands.
    pub(crate) fn prepared(mut self, prepare: fn()) -> Self {
        self.prepare = prepare;
        self
    }

    /// Sets the goal.
    pub(crate) fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
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

impl Race {
    /// Lets them run.
    pub(crate) async fn run(self) -> Result<Vec<Outcome>> {
        let begun = Instant::now();
        self.run_by(&move || Ok(begun.elapsed())).await
    }

    /// Lets them run, by another clock.
    pub(crate) async fn run_by(mut self, clock: Clock<'_>) -> Result<Vec<Outcome>> {
        let count = self.contenders.len();
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); count];
        let mut started = Instant::now();
        let mut round = 0;
        while round < self.warm_up + self.least_rounds || started.elapsed() < self.time {
            if round == self.warm_up {
                started = Instant::now();
            }
            // Another one begins each round: none always runs in the wake of the same other.
            for turn in 0..count {
                let index = (round + turn) % count;
                let took = self.once(index, clock).await?;
                if round >= self.warm_up
                    && let Some(times) = times.get_mut(index)
                {
                    times.push(took.as_secs_f64());
                }
            }
            round += 1;
        }
        Ok(self.outcomes(times))
    }

    async fn once(&mut self, index: usize, clock: Clock<'_>) -> Result<Duration> {
        let contender = self
            .contenders
            .get_mut(index)
            .context("no such contender")?;
        // As a request that comes in, not as the tail of the one before: tokio lets only a few tasks wake each
        // other in a row before it calls another thread.
        tokio::task::yield_now().await;
        (contender.prepare)();
        let started = clock()?;
        let leftover = (contender.run)()
            .await
            .with_context(|| format!("`{}`", contender.name))?;
        let took = clock()?.saturating_sub(started);
        drop(leftover);
        Ok(took)
    }

    fn outcomes(self, times: Vec<Vec<f64>>) -> Vec<Outcome> {
        let of_baseline = self
            .contenders
            .iter()
            .position(|contender| Some(contender.name) == self.baseline)
            .and_then(|index| times.get(index).cloned());
        let outcome = |(contender, times): (Contender, Vec<f64>)| {
            let mut outcome = Outcome::new(contender.name, Unit::Seconds, times);
            if let (Some(baseline), true) = (&of_baseline, contender.compared) {
                outcome = outcome.against(baseline);
            }
            outcome.goal = contender.goal;
            outcome
        };
        self.contenders
            .into_iter()
            .zip(times)
            .map(outcome)
            .collect()
    }
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
            .run()
            .await
            .unwrap();
        assert_eq!(*order.lock().unwrap(), "abcbcacababc");
        assert!(outcomes.iter().all(|outcome| outcome.values.len() == 3));
    }

    #[tokio::test]
    async fn what_is_prepared_takes_no_time_of_the_run() {
        let contender = Contender::new("base", || std::future::ready(Ok(())))
            .prepared(|| std::thread::sleep(Duration::from_millis(20)));
        let outcomes = race(vec![contender], 3).run().await.unwrap();
        assert!(outcomes[0].median() < 0.01, "{outcomes:?}");
    }

    #[tokio::test]
    async fn the_ratio_to_the_baseline_is_held_against_the_goal() {
        let sleeping = |name, milliseconds| {
            Contender::new(name, move || async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                Ok(())
            })
        };
        let contenders = vec![
            sleeping("base", 10),
            sleeping("slow", 40).with_goal(Goal::RatioAtMost(1.5)),
        ];
        let outcomes = race(contenders, 3).run().await.unwrap();
        assert_eq!(outcomes[0].ratio, Some(1.0));
        assert_eq!((outcomes[0].met(), outcomes[1].met()), (None, Some(false)));
        assert!(outcomes[1].ratio.unwrap() > 1.5);
    }

    #[tokio::test]
    async fn a_contender_that_fails_ends_the_race_by_name() {
        let broken = Contender::new("broken", || async {
            anyhow::Result::<()>::Err(anyhow::anyhow!("no answer"))
        });
        let error = race(vec![broken], 1).run().await.unwrap_err();
        assert_eq!(format!("{error:#}"), "`broken`: no answer");
    }
}
