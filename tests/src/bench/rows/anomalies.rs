//! The part of the anomalous points that each strategy finds, at its defaults, on the labelled set that the guest's own
//! tests are held to: so that a change of defaults is seen. No time is measured, and nothing is asked.

#[path = "../../../../guest/tests/labelled/mod.rs"]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "shared with tests"
)]
mod labelled;

use anyhow::Result;
use metric_service::domain::insight::Strategy;

use self::labelled::{Found, SHAPES, found};
use super::Row;
use crate::outcome::{Goal, Outcome, Unit};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "anomalies, what is found of a labelled set",
    measure: |setting| Box::pin(measure(setting)),
};

/// Strategy, and what its recall and precision are called.
const STRATEGIES: [(Strategy, &str, &str); 3] = [
    (
        Strategy::Seasonal,
        "seasonal, recall",
        "seasonal, precision",
    ),
    (Strategy::Robust, "robust, recall", "robust, precision"),
    (
        Strategy::Adaptive,
        "adaptive, recall",
        "adaptive, precision",
    ),
];

async fn measure(_: &Setting) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for (strategy, recall, precision) in STRATEGIES {
        let each = (0..SHAPES.len()).map(|shape| found(Some(strategy), shape));
        let all = each.fold(Found::default(), Found::and);
        let part = |name, part| Outcome::new(name, Unit::Part, vec![part]);
        let (recall, precision) = (part(recall, all.recall()), part(precision, all.precision()));
        outcomes.extend(match strategy {
            Strategy::Seasonal => [
                recall.with_goal(Goal::AtLeast(0.9)),
                precision.with_goal(Goal::AtLeast(0.8)),
            ],
            Strategy::Robust | Strategy::Adaptive => [recall, precision],
        });
    }
    Ok(outcomes)
}
