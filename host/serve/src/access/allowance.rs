//! The allowance of one caller: so many requests a second, and so many at once.

use metric_host::Limits;

use super::role::Role;

/// Requests a second, as a bucket that fills: what has not been asked for is there later, up to a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    /// More than nothing, and finite.
    pub(super) per_second: f64,
    /// The most requests that may come at once after a pause. At least one.
    pub(super) burst: u32,
}

/// The allowance of one caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Allowance {
    /// None: as often as it likes.
    pub(super) rate: Option<Rate>,
    /// Requests under way at once. At least one.
    pub(super) concurrent: u32,
}

impl Allowance {
    /// The default of a role, for access files that say nothing.
    ///
    /// A reader is a person before a page, or a script: a page asks some ten times for a new chart, and a browser over
    /// six connections. Others ask for many, and are held to half of the host's places, so that nobody has them all.
    pub(super) fn of(role: Role) -> Self {
        match role {
            Role::Reader => Self {
                rate: Some(Rate {
                    per_second: 20.0,
                    burst: 100,
                }),
                concurrent: 16,
            },
            Role::Service | Role::Operator => Self {
                rate: None,
                concurrent: places() / 2,
            },
        }
    }
}

/// Calls that the host runs at once.
fn places() -> u32 {
    Limits::default().concurrent_calls
}

/// The most that one caller may have under way: a place less than there are.
pub(super) fn most_concurrent() -> u32 {
    places() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_all_places_by_default() {
        for role in [Role::Reader, Role::Service, Role::Operator] {
            let concurrent = Allowance::of(role).concurrent;
            assert!((1..most_concurrent()).contains(&concurrent), "{role:?}");
        }
    }
}
