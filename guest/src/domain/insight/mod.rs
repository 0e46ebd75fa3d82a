//! Arithmetic on a whole range: summaries, ranks, bands, anomalies, outliers. Pure arithmetic on the points of an
//! answer, each exact and the same in whichever chunks they came.

mod adaptive;
mod anomalies;
mod band;
mod dense;
mod detection;
mod error;
mod instants;
mod numbers;
mod outliers;
mod ranking;
mod robust;
mod seasonal;
mod sliding;
mod summary;
mod tolerance;
mod total;
mod watch;

pub use anomalies::Anomaly;
pub use band::Band;
pub use dense::Dense;
pub use detection::{Detection, DetectionInput, Strategy, Verdict, look};
pub use error::InsightError;
pub use instants::doubt_of_instants;
pub use numbers::Sum;
pub use outliers::compare;
pub use ranking::{Ranking, RankingInput, Score, adds_up, order};
pub use summary::{Quantiles, Summary};
pub use tolerance::{Direction, Tolerance, ToleranceInput};
pub use total::{
    Doubted, Growth, Total, doubted, plan_growth, plan_of_firsts, plan_over_resets, total,
    total_unit,
};
pub use watch::{Watch, by_member, watch};

/// The most groups that a verb looks at: a thousand times what a person can, and as many as a large cluster has
/// kernels. Each costs a list of its points.
pub const MOST_GROUPS: usize = 10_000;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference_tests;
