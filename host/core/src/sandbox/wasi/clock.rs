//! `wasi:clocks/monotonic-clock` for plugins: counts from the start of the call, and its waits end by
//! [`Timers`], so that a plugin's deadline costs it next to nothing.

use std::time::{Duration, Instant};

use wasmtime::{
    Result,
    component::{HasData, Resource, ResourceTable},
};
use wasmtime_wasi::p2::{DynPollable, Pollable, bindings::clocks::monotonic_clock, subscribe};

use crate::timers::{Timer, Timers};

/// A call's clock.
pub(crate) struct Clock {
    start: Instant,
    timers: Timers,
    was_read: bool,
}

impl Clock {
    /// It is zero now.
    pub(crate) fn start(timers: Timers) -> Self {
        Self {
            start: Instant::now(),
            timers,
            was_read: false,
        }
    }

    /// Returns true if the plugin knows a time of it.
    pub(crate) fn was_read(&self) -> bool {
        self.was_read
    }
}

/// The clock, and where what waits for it is kept.
pub(crate) struct ClockView<'a> {
    pub(crate) clock: &'a mut Clock,
    pub(crate) table: &'a mut ResourceTable,
}

impl HasData for Clock {
    type Data<'a> = ClockView<'a>;
}

impl ClockView<'_> {
    fn until(&mut self, timer: Timer) -> Result<Resource<DynPollable>> {
        let wait = self.table.push(Wait(timer))?;
        subscribe(self.table, wait)
    }
}

impl monotonic_clock::Host for ClockView<'_> {
    fn now(&mut self) -> Result<monotonic_clock::Instant> {
        self.clock.was_read = true;
        let nanos = self.clock.start.elapsed().as_nanos();
        Ok(nanos.try_into().unwrap_or(u64::MAX))
    }

    /// A nanosecond: what the system's clock counts in.
    fn resolution(&mut self) -> Result<monotonic_clock::Duration> {
        Ok(1)
    }

    fn subscribe_instant(
        &mut self,
        when: monotonic_clock::Instant,
    ) -> Result<Resource<DynPollable>> {
        let since_start = Duration::from_nanos(when);
        let left = since_start.saturating_sub(self.clock.start.elapsed());
        self.until(self.clock.timers.after(left))
    }

    fn subscribe_duration(
        &mut self,
        duration: monotonic_clock::Duration,
    ) -> Result<Resource<DynPollable>> {
        self.until(self.clock.timers.after(Duration::from_nanos(duration)))
    }
}

struct Wait(Timer);

#[async_trait::async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        if self.0.is_over() {
            // A plugin that asks again and again whether a time has come would otherwise keep the runtime
            // from everything else.
            tokio::task::yield_now().await;
        }
        (&mut self.0).await;
    }
}
