//! The use of a kernel, sample by sample: days and nights, bursts, counters that grow and fall to zero at a restart.
//! Whole numbers throughout, so that sums of them are exact. No labels, no text.

use crate::fleet::Kernel;

/// The use of one kernel at one instant. Counters are sums since its start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    cpu_ms: f64,
    mem: f64,
    net_rx: f64,
    net_tx: f64,
    io_read: f64,
    io_write: f64,
    scratch: f64,
    gpu_mem: f64,
    gpu_util: f64,
}

/// Bytes of GPU memory: an 80 GB card.
const GPU_MEMORY: f64 = 80e9;
/// Bytes of scratch space that a kernel may fill.
const SCRATCH: f64 = 100e9;
/// Bytes a second of a network card of 1 Gbit/s.
const NETWORK: f64 = 125e6;
/// Bytes a second of a disk.
const DISK: f64 = 200e6;

/// The metrics: name, whether only kernels with a GPU have it, the used side, and the capacity where there is one.
pub(crate) type Metric = (
    &'static str,
    bool,
    fn(&Usage) -> f64,
    Option<fn(&Kernel) -> f64>,
);

/// The metrics that an agent exports of every kernel, by name.
pub(crate) const METRICS: &[Metric] = &[
    ("cpu_used", false, |usage| usage.cpu_ms, None),
    // The capacity of `cpu_util` is one core, 1000 ms a second, however many the kernel has.
    ("cpu_util", false, |usage| usage.cpu_ms, Some(|_| 1000.0)),
    (
        "cuda_mem",
        true,
        |usage| usage.gpu_mem,
        Some(|_| GPU_MEMORY),
    ),
    ("cuda_util", true, |usage| usage.gpu_util, Some(|_| 100.0)),
    ("io_read", false, |usage| usage.io_read, None),
    (
        "io_scratch_size",
        false,
        |usage| usage.scratch,
        Some(|_| SCRATCH),
    ),
    ("io_write", false, |usage| usage.io_write, None),
    (
        "mem",
        false,
        |usage| usage.mem,
        Some(|kernel| kernel.memory as f64),
    ),
    ("net_rx", false, |usage| usage.net_rx, None),
    ("net_tx", false, |usage| usage.net_tx, None),
];

/// The samples of a kernel in order of time: Unix seconds, and what it used.
pub(crate) fn usage_of(kernel: &Kernel, interval: u32) -> Vec<(i64, Usage)> {
    let interval = i64::from(interval.max(1));
    let mut random = fastrand::Rng::with_seed(kernel.seed);
    let mut usage = Usage::default();
    let mut burst = 0.0_f64;
    let mut samples = Vec::new();
    let mut time = kernel.from;
    while time <= kernel.to {
        if kernel.restart == Some(time) {
            usage = Usage::default();
        }
        burst = next_burst(burst, &mut random);
        let load =
            (0.05 + 0.55 * daylight(time) * kernel.busy + burst + 0.08 * random.f64()).min(1.0);
        usage.advance(kernel, load, interval as f64, &mut random);
        if kernel.is_sampled_at(time) {
            samples.push((time, usage));
        }
        time += interval;
    }
    samples
}

impl Usage {
    /// Lets `seconds` pass under `load` (0 to 1).
    fn advance(&mut self, kernel: &Kernel, load: f64, seconds: f64, random: &mut fastrand::Rng) {
        let mut grow = |most: f64| (most * load * (0.5 + random.f64()) / 1.5).round();
        self.cpu_ms += grow(1000.0 * f64::from(kernel.cores) * seconds);
        self.net_rx += grow(0.2 * NETWORK * seconds);
        self.net_tx += grow(0.05 * NETWORK * seconds);
        self.io_read += grow(0.1 * DISK * seconds);
        let written = grow(0.05 * DISK * seconds);
        self.io_write += written;
        // A hundredth of what is written stays.
        self.scratch = (self.scratch + (written / 100.0).round()).min(SCRATCH);
        // Memory comes in pages of 4 KiB, and follows the load slowly.
        let wanted = kernel.memory as f64 * (0.15 + 0.7 * load);
        let moved = if self.mem == 0.0 {
            wanted
        } else {
            self.mem + 0.2 * (wanted - self.mem)
        };
        self.mem = (moved / 4096.0).round() * 4096.0;
        if kernel.gpu {
            self.gpu_util = (100.0 * load).round();
            self.gpu_mem = (GPU_MEMORY * (0.1 + 0.8 * load) / 1e6).round() * 1e6;
        }
    }
}

/// 0 in the small hours, 1 at two in the afternoon, UTC.
fn daylight(time: i64) -> f64 {
    let hour = time.rem_euclid(86_400) as f64 / 3600.0;
    0.5 + 0.5 * ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos()
}

/// Once in about two hundred samples something takes a lot, and fades.
fn next_burst(burst: f64, random: &mut fastrand::Rng) -> f64 {
    if random.f64() < 0.005 {
        0.3 + 0.4 * random.f64()
    } else {
        burst * 0.9
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Fleet;
    use crate::shape::Shape;

    fn kernel_where(condition: impl Fn(&Kernel) -> bool) -> (Kernel, Vec<(i64, Usage)>) {
        let shape = Shape::small_cluster();
        let kernel = Fleet::of(&shape)
            .kernels
            .into_iter()
            .find(condition)
            .unwrap();
        let samples = usage_of(&kernel, shape.interval);
        (kernel, samples)
    }

    #[test]
    fn counters_only_grow_until_a_restart() {
        let (kernel, samples) = kernel_where(|kernel| kernel.restart.is_some());
        let falls: Vec<i64> = samples
            .windows(2)
            .filter(|pair| pair[1].1.net_rx < pair[0].1.net_rx)
            .map(|pair| pair[1].0)
            .collect();
        assert_eq!(falls, [kernel.restart.unwrap()]);
    }

    #[test]
    fn memory_stays_within_the_capacity_and_is_counted_in_pages() {
        let (kernel, samples) = kernel_where(|kernel| kernel.gpu);
        for (_, usage) in samples {
            assert!(usage.mem > 0.0 && usage.mem <= kernel.memory as f64);
            assert_eq!(usage.mem % 4096.0, 0.0);
            assert!(usage.gpu_util <= 100.0);
        }
    }

    #[test]
    fn a_gap_has_no_samples() {
        let (kernel, samples) = kernel_where(|kernel| kernel.gap.is_some());
        let (first, last) = kernel.gap.unwrap();
        assert!(
            samples
                .iter()
                .all(|(time, _)| *time < first || *time > last)
        );
        assert!(samples.iter().any(|(time, _)| *time > last));
    }

    #[test]
    fn afternoons_are_busier_than_nights() {
        let (kernel, samples) =
            kernel_where(|kernel| kernel.restart.is_none() && kernel.gap.is_none());
        let used = |from: i64, to: i64| {
            let at = |time: i64| {
                samples
                    .iter()
                    .find(|(sampled, _)| *sampled == time)
                    .unwrap()
                    .1
                    .cpu_ms
            };
            at(kernel.from + to * 3600) - at(kernel.from + from * 3600)
        };
        assert!(used(12, 16) > 1.5 * used(0, 4));
    }
}
