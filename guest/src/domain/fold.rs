//! What one point of a gauge stands for, where several samples lie within a step.

/// How the samples since the point before become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Their mean.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The latest.
    Last,
}

impl Fold {
    /// The PromQL function over a range vector.
    pub fn function(self) -> &'static str {
        match self {
            Self::Avg => "avg_over_time",
            Self::Max => "max_over_time",
            Self::Min => "min_over_time",
            Self::Last => "last_over_time",
        }
    }
}
