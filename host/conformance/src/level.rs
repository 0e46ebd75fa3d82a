//! The levels at which a component can stand. Each holds what the one before it holds.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// The level up to which a component keeps the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It imports nothing but what its world grants.
    L0,
    /// It targets a world of the contract, type by type, and the host loads it.
    L1,
    /// The verbs without I/O do what the contract says. The highest level of a component without I/O.
    L2,
    /// The verbs with I/O do, whatever Prometheus answers.
    L3,
    /// Under a hostile host and a hostile Prometheus it gives a typed error and does not trap.
    L4,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 5] = [Self::L0, Self::L1, Self::L2, Self::L3, Self::L4];

    /// `L0` to `L4`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::L4 => "L4",
        }
    }

    /// Its meaning in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::L0 => "imports nothing but what is granted",
            Self::L1 => "targets the world",
            Self::L2 => "the verbs without I/O",
            Self::L3 => "the verbs with I/O",
            Self::L4 => "hostile conditions",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("accepted is a level from 0 to 4, also as L0 to L4")]
pub struct UnknownLevel;

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let number = text.trim_start_matches(['L', 'l']);
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().ends_with(number) && number.len() == 1)
            .ok_or(UnknownLevel)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_as_a_number_or_by_its_name() {
        assert_eq!("2".parse(), Ok(Level::L2));
        assert_eq!("L4".parse(), Ok(Level::L4));
        for text in ["", "L", "5", "L5", "22", "-1", "two"] {
            assert_eq!(text.parse::<Level>(), Err(UnknownLevel), "{text}");
        }
    }
}
