//! The band of a point: the expected value, and the edges of the ordinary.

/// The value expected at a point, and the edges of the band around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The value expected.
    pub expected: f64,
    /// The lower edge.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
}

impl Band {
    /// Too little was known for a verdict.
    pub const NONE: Self = Self {
        expected: f64::NAN,
        lower: f64::NAN,
        upper: f64::NAN,
    };

    /// Returns true if there is a verdict.
    pub fn is_some(&self) -> bool {
        !self.expected.is_nan()
    }

    /// The side on which a value is outside: true for above; none: on neither.
    pub(super) fn outside(&self, value: f64) -> Option<bool> {
        match value {
            value if value > self.upper => Some(true),
            value if value < self.lower => Some(false),
            _ => None,
        }
    }

    /// The distance of a value from the expected one, in distances from there to the edge: above 1 is outside.
    pub(super) fn score(&self, value: f64) -> f64 {
        match value >= self.expected {
            true => (value - self.expected) / (self.upper - self.expected),
            false => (self.expected - value) / (self.expected - self.lower),
        }
    }
}
