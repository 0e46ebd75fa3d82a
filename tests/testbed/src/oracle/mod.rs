//! Right answers, computed from the samples themselves: a second reading of what a point means, to compare answers
//! with. It knows churn, resets, missing members and capacities, odd offsets and long steps. It has no PromQL in it,
//! shares no code with the plugin, and is itself compared with Prometheus (`tests/oracle.rs`).
//!
//! - [`Question`] is what is asked, [`Questions`] makes up as many as are wanted.
//! - [`Oracle`] answers them from a data set, by the [`Semantics`] of a release.
//! - [`first_difference`] compares.
//!
//! ```
//! use metric_testbed::oracle::{Oracle, Questions, Semantics};
//! use metric_testbed::{Dataset, Population, PrometheusRelease};
//!
//! let population = Population::dense(7);
//! let dataset = Dataset::of_population(&population);
//! let oracle = Oracle::new(&dataset, Semantics::of(PrometheusRelease::V3_5));
//! for question in Questions::new(&dataset, &population, 7).take(10) {
//!     println!("{} series: {question:?}", oracle.answer(&question).len());
//! }
//! ```

mod compare;
mod evaluate;
mod grid;
mod question;
mod questions;
mod read;
mod semantics;
mod statistic;

pub use compare::{TOLERANCE, first_difference};
pub use evaluate::Oracle;
pub use grid::Grid;
pub use question::{Over, Pointwise, Question, ValueType};
pub use questions::Questions;
pub use read::Reading;
pub use semantics::Semantics;
pub use statistic::Statistic;
