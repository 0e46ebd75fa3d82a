//! Where in an answer the decoder stands.

/// The object or array in which the machine stands. Each has one place that it can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Answer,
    Data,
    Result,
    Series,
    Labels,
    Samples,
    Names,
    Warnings,
    Infos,
}

impl Place {
    /// Where the machine stands when this is over; none: the answer is over.
    pub(super) fn outer(self) -> Option<Self> {
        match self {
            Self::Answer => None,
            Self::Data | Self::Names | Self::Warnings | Self::Infos => Some(Self::Answer),
            Self::Result => Some(Self::Data),
            Self::Series => Some(Self::Result),
            Self::Labels | Self::Samples => Some(Self::Series),
        }
    }

    pub(super) fn is_array(self) -> bool {
        matches!(
            self,
            Self::Result | Self::Samples | Self::Names | Self::Warnings | Self::Infos
        )
    }

    pub(super) fn close(self) -> u8 {
        if self.is_array() { b']' } else { b'}' }
    }

    pub(super) fn members(self) -> &'static str {
        match self {
            Self::Answer => "a key of the answer, or `}`",
            Self::Data => "a key of `data`, or `}`",
            Self::Result => "a series, or `]`",
            Self::Series => "a key of the series, or `}`",
            Self::Labels => "a label, or `}`",
            Self::Samples => "a sample, `[timestamp,\"value\"]`, or `]`",
            Self::Names | Self::Warnings | Self::Infos => "a string, or `]`",
        }
    }

    pub(super) fn next(self) -> &'static str {
        if self.is_array() {
            "`,` or `]`"
        } else {
            "`,` or `}`"
        }
    }
}
