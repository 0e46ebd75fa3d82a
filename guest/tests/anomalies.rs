//! The strategies on the labelled set: a change of defaults is seen here. `--nocapture` prints the table.
#![allow(
    clippy::indexing_slicing,
    reason = "of a list that is counted beside it"
)]

mod labelled;

use labelled::{Found, SHAPES, found};
use metric_service::domain::insight::Strategy;

fn of(strategy: Option<Strategy>) -> Found {
    let each = (0..SHAPES.len()).map(|shape| {
        let found = found(strategy, shape);
        println!(
            "{strategy:?} {:<24} recall {:.2} precision {:.2}",
            SHAPES[shape],
            found.recall(),
            found.precision()
        );
        found
    });
    let all = each.fold(Found::default(), Found::and);
    println!(
        "{strategy:?} all: recall {:.3} precision {:.3}",
        all.recall(),
        all.precision()
    );
    all
}

#[test]
fn the_seasonal_strategy_finds_nine_of_ten_points_and_four_of_five_that_it_finds_are_right() {
    let seasonal = of(Some(Strategy::Seasonal));
    assert!(seasonal.recall() >= 0.9, "{seasonal:?}");
    assert!(seasonal.precision() >= 0.8, "{seasonal:?}");
    // It is what is taken where nothing else is asked for.
    assert_eq!(of(None), seasonal);
}

#[test]
fn the_other_strategies_find_less_of_what_has_seasons() {
    let seasonal = of(Some(Strategy::Seasonal));
    for other in [Strategy::Robust, Strategy::Adaptive] {
        let found = of(Some(other));
        assert!(found.found > 0, "{other:?}");
        assert!(found.recall() < seasonal.recall(), "{other:?}: {found:?}");
    }
}
