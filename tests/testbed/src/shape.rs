//! The shape of the data to generate: how much, from when to when, under which labels. Plain numbers, no generation.

/// Midnight, 2026-01-05, a Monday, UTC: the first instant of the data sets whose times are fixed.
const FIXED_START: i64 = 1_767_571_200;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// The labels that the owner of a series is written under, and the value types there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LabelSchema {
    /// `owner_user_id`, `owner_project_id`; value types `usage`, `current`, `capacity`.
    #[default]
    Documented,
    /// `user_id`, `project_id`, the string `undefined` for an unknown owner; value types `current`, `capacity`.
    Agent,
}

impl LabelSchema {
    /// The label that holds the owning user.
    #[must_use]
    pub fn user_label(self) -> &'static str {
        match self {
            Self::Documented => "owner_user_id",
            Self::Agent => "user_id",
        }
    }

    /// The label that holds the owning project.
    #[must_use]
    pub fn project_label(self) -> &'static str {
        match self {
            Self::Documented => "owner_project_id",
            Self::Agent => "project_id",
        }
    }
}

/// The size of a [`Dataset`](crate::Dataset). Two equal shapes generate the same samples, bit for bit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    /// The first sample, Unix seconds.
    pub from: i64,
    /// No sample after this, Unix seconds.
    pub to: i64,
    /// Seconds between two samples of a series, at least 1. Agents take one every 15 or 30.
    pub interval: u32,
    /// Machines that kernels run on, at least 1.
    pub agents: usize,
    /// Owners of sessions, at least 1.
    pub users: usize,
    /// Projects that sessions belong to, at least 1.
    pub projects: usize,
    /// Containers. Some share a session; some start after `from`, some end before `to`.
    pub kernels: usize,
    /// Every kernel whose number is a multiple of this has a GPU; 0: none has.
    pub gpu_every: usize,
    /// True if kernels start, end, restart (their counters fall to zero) and lose samples. If not, every series is
    /// whole.
    pub churn: bool,
    /// Only these metrics; empty: all.
    pub metrics: Vec<String>,
    /// Only these value types; empty: all that the schema has.
    pub value_types: Vec<String>,
    /// The labels of the owner.
    pub schema: LabelSchema,
    /// Another seed, another fleet.
    pub seed: u64,
}

impl Shape {
    /// A small cluster through one day from 2026-01-05T00:00:00Z, a sample every 30 s.
    /// The end-to-end tests start from it. All of it is 3.4 million samples, which promtool takes ten seconds or more
    /// to load: name the `metrics` that matter, or shorten the range.
    #[must_use]
    pub fn small_cluster() -> Self {
        Self {
            from: FIXED_START,
            to: FIXED_START + DAY,
            interval: 30,
            agents: 4,
            users: 20,
            projects: 5,
            kernels: 60,
            gpu_every: 3,
            churn: true,
            metrics: Vec::new(),
            value_types: Vec::new(),
            schema: LabelSchema::Documented,
            seed: 1,
        }
    }

    /// The first four hours of it with 20 kernels and three metrics, one of each type: loaded in a second.
    #[must_use]
    pub fn four_hours() -> Self {
        Self {
            to: FIXED_START + 4 * 3600,
            kernels: 20,
            metrics: ["cpu_util", "mem", "net_rx"].map(str::to_owned).to_vec(),
            ..Self::small_cluster()
        }
    }

    /// The day before `now` (Unix seconds), of a cluster that is small enough to be loaded in a few
    /// seconds: 900,000 samples. It ends at a full minute.
    #[must_use]
    pub fn demo(now: i64) -> Self {
        let to = now - now.rem_euclid(60);
        Self {
            from: to - DAY,
            to,
            agents: 3,
            users: 5,
            projects: 2,
            kernels: 16,
            ..Self::small_cluster()
        }
    }

    /// 200 whole series of one metric, one sample a minute, a day and ten minutes on either side:
    /// a query of 200 series × 1441 points (288,200 samples) is answered in full.
    #[must_use]
    pub fn bench() -> Self {
        Self {
            from: FIXED_START - 600,
            to: FIXED_START + DAY + 600,
            interval: 60,
            agents: 8,
            users: 40,
            projects: 10,
            kernels: 200,
            gpu_every: 0,
            churn: false,
            metrics: vec!["mem".to_owned()],
            value_types: vec!["current".to_owned()],
            ..Self::small_cluster()
        }
    }

    /// All metrics, current and capacity, of 100 whole containers with a GPU, one sample a minute, two days after
    /// [`bench`](Self::bench): what a dashboard of a day sees in the six hours after it.
    #[must_use]
    pub fn dashboard() -> Self {
        let from = FIXED_START + 2 * DAY;
        Self {
            from,
            to: from + DAY + 6 * 3600,
            kernels: 100,
            gpu_every: 1,
            metrics: Vec::new(),
            value_types: ["capacity", "current"].map(str::to_owned).to_vec(),
            seed: 2,
            ..Self::bench()
        }
    }

    /// 1,000 whole series of one metric, one sample a minute, an hour, five days after [`bench`](Self::bench).
    #[must_use]
    pub fn growth() -> Self {
        let from = FIXED_START + 5 * DAY;
        Self {
            from,
            to: from + 3600,
            kernels: 1000,
            seed: 3,
            ..Self::bench()
        }
    }

    /// One whole series: `mem`, `current`, an hour from 2026-01-05T00:00:00Z, one sample a minute: 61 points.
    #[must_use]
    pub fn one_series() -> Self {
        Self {
            from: FIXED_START,
            to: FIXED_START + 3600,
            kernels: 1,
            ..Self::bench()
        }
    }

    /// 2026-01-05T00:00:00Z, Unix seconds: the midnight that the fixed data sets cover from.
    #[must_use]
    pub fn fixed_start() -> i64 {
        FIXED_START
    }

    /// The same shape under other labels.
    #[must_use]
    pub fn with_schema(mut self, schema: LabelSchema) -> Self {
        self.schema = schema;
        self
    }
}
