//! The position of the decoder in the JSON of an answer.

/// The object or array in which the decoder stands. Each can stand in one other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonContext {
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

impl JsonContext {
    /// The object or array around this one; none: this is the answer itself.
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
