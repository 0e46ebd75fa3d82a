//! The fleet: agents, users, projects, and the kernels that run on, belong to and share sessions among them. Names and
//! life spans only; what a kernel uses is `curve`'s.

use crate::shape::Shape;

/// A container, and the labels that all its series carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// `kernel_id`, a UUID.
    pub kernel_id: String,
    /// `session_id`, a UUID; several kernels may share it.
    pub session_id: String,
    /// `agent_id`.
    pub agent_id: String,
    /// The owner, a UUID; none: unknown to the agent.
    pub user_id: Option<String>,
    /// The project, a UUID; none: unknown to the agent.
    pub project_id: Option<String>,
    /// The first sample, Unix seconds, a multiple of the interval after the shape's `from`.
    pub from: i64,
    /// The last sample, Unix seconds.
    pub to: i64,
    /// The time of its restart, Unix seconds: its counters begin at zero again.
    pub restart: Option<i64>,
    /// A stretch without samples, first and last instant, Unix seconds.
    pub gap: Option<(i64, i64)>,
    /// True if it has a GPU.
    pub gpu: bool,
    /// Cores it may use.
    pub cores: u32,
    /// Bytes of memory it may use.
    pub memory: u64,
    /// The load of the kernel, 0 to 1.
    pub(crate) busy: f64,
    /// Its own stream of random numbers.
    pub(crate) seed: u64,
}

impl Kernel {
    /// Returns true if a sample exists at `time`, Unix seconds.
    #[must_use]
    pub fn is_sampled_at(&self, time: i64) -> bool {
        let in_gap = self
            .gap
            .is_some_and(|(first, last)| (first..=last).contains(&time));
        (self.from..=self.to).contains(&time) && !in_gap
    }
}

/// Everyone and everything that the data is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    /// `agent_id`s.
    pub agents: Vec<String>,
    /// UUIDs of users.
    pub users: Vec<String>,
    /// UUIDs of projects.
    pub projects: Vec<String>,
    /// The kernels, in the order in which they were made up.
    pub kernels: Vec<Kernel>,
}

impl Fleet {
    /// The fleet of a shape: always the same one.
    pub(crate) fn of(shape: &Shape) -> Self {
        let mut random = fastrand::Rng::with_seed(shape.seed);
        let agents: Vec<_> = (0..shape.agents.max(1))
            .map(|_| format!("i-{:012x}", random.u64(..1 << 48)))
            .collect();
        let users: Vec<_> = (0..shape.users.max(1)).map(|_| uuid(&mut random)).collect();
        let projects: Vec<_> = (0..shape.projects.max(1))
            .map(|_| uuid(&mut random))
            .collect();
        let mut kernels: Vec<Kernel> = Vec::with_capacity(shape.kernels);
        let mut sessions = 0;
        for number in 0..shape.kernels {
            let mut kernel = kernel(shape, number, &mut random);
            kernel.agent_id = pick(&agents, number);
            if number % 5 == 4
                && let Some(previous) = kernels.last()
            {
                // Every fifth kernel is the second of a session that spans two agents.
                kernel.session_id.clone_from(&previous.session_id);
                kernel.user_id.clone_from(&previous.user_id);
                kernel.project_id.clone_from(&previous.project_id);
            } else {
                kernel.user_id = Some(pick(&users, sessions));
                // A user stays in one project.
                kernel.project_id = Some(pick(&projects, sessions % users.len()));
                sessions += 1;
            }
            // Agents do not always know the owner.
            if shape.churn && number % 20 == 17 {
                kernel.user_id = None;
                kernel.project_id = None;
            }
            kernels.push(kernel);
        }
        Self {
            agents,
            users,
            projects,
            kernels,
        }
    }
}

/// A kernel without its place in the fleet.
fn kernel(shape: &Shape, number: usize, random: &mut fastrand::Rng) -> Kernel {
    let interval = i64::from(shape.interval.max(1));
    let samples = (shape.to - shape.from).max(0) / interval;
    // The instant at this share of the range, on the grid of samples.
    let at = |share: f64| shape.from + (samples as f64 * share) as i64 * interval;
    let (starts, ends) = (0.1 + 0.3 * random.f64(), 0.6 + 0.3 * random.f64());
    let (restarts, pauses) = (0.45 + 0.1 * random.f64(), 0.41 + 0.03 * random.f64());
    let churns = |kind: usize| shape.churn && number % 8 == kind;
    Kernel {
        kernel_id: uuid(random),
        session_id: uuid(random),
        agent_id: String::new(),
        user_id: None,
        project_id: None,
        from: if churns(2) { at(starts) } else { shape.from },
        to: if churns(3) { at(ends) } else { at(1.0) },
        restart: churns(5).then(|| at(restarts)),
        // Longer than the five minutes for which Prometheus repeats a sample.
        gap: churns(6).then(|| (at(pauses), at(pauses) + 1200)),
        gpu: shape.gpu_every > 0 && number.is_multiple_of(shape.gpu_every),
        cores: 1 << random.u32(0..4),
        memory: 1 << random.u32(31..36),
        busy: 0.2 + 0.8 * random.f64(),
        seed: random.u64(..),
    }
}

/// Round robin.
fn pick(names: &[String], number: usize) -> String {
    names
        .iter()
        .cycle()
        .nth(number % names.len().max(1))
        .cloned()
        .unwrap_or_default()
}

/// A version 4 UUID.
fn uuid(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (position, digit) in hex.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_uuid_has_the_version_and_the_variant_of_random_ones() {
        let text = uuid(&mut fastrand::Rng::with_seed(7));
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "4");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }

    #[test]
    fn kernels_start_end_restart_pause_and_share_sessions() {
        let shape = Shape::small_cluster();
        let fleet = Fleet::of(&shape);
        assert_eq!(fleet.kernels.len(), 60);
        assert!(fleet.kernels.iter().any(|kernel| kernel.from > shape.from));
        assert!(fleet.kernels.iter().any(|kernel| kernel.to < shape.to));
        assert!(fleet.kernels.iter().any(|kernel| kernel.restart.is_some()));
        assert!(fleet.kernels.iter().any(|kernel| kernel.gap.is_some()));
        assert!(fleet.kernels.iter().any(|kernel| kernel.user_id.is_none()));
        assert!(fleet.kernels.iter().any(|kernel| kernel.gpu));
        let ids: BTreeSet<_> = fleet
            .kernels
            .iter()
            .map(|kernel| &kernel.kernel_id)
            .collect();
        assert_eq!(ids.len(), 60);
        let sessions: BTreeSet<_> = fleet
            .kernels
            .iter()
            .map(|kernel| &kernel.session_id)
            .collect();
        assert!(sessions.len() < 60);
        let users: BTreeSet<_> = fleet
            .kernels
            .iter()
            .filter_map(|kernel| kernel.user_id.as_ref())
            .collect();
        assert_eq!(users.len(), 20);
    }

    #[test]
    fn without_churn_every_kernel_is_sampled_throughout() {
        let shape = Shape::bench();
        for kernel in Fleet::of(&shape).kernels {
            assert!(kernel.is_sampled_at(shape.from) && kernel.is_sampled_at(shape.to));
            assert_eq!((kernel.restart, kernel.gap), (None, None));
        }
    }
}
