//! The position of the decoder in the JSON of an answer, and the keys that are known there.

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

/// A key that is known where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Status,
    ErrorType,
    Error,
    Data,
    Warnings,
    Infos,
    IsPartial,
    ResultType,
    Result,
    Metric,
    Value,
    Values,
    /// Of native histograms, one or many.
    Histogram,
    /// Any other.
    Other,
}

impl Key {
    pub(super) fn of(context: JsonContext, key: &str) -> Self {
        match (context, key) {
            (JsonContext::Answer, "status") => Self::Status,
            (JsonContext::Answer, "errorType") => Self::ErrorType,
            (JsonContext::Answer, "error") => Self::Error,
            (JsonContext::Answer, "data") => Self::Data,
            (JsonContext::Answer, "warnings") => Self::Warnings,
            (JsonContext::Answer, "infos") => Self::Infos,
            (JsonContext::Answer, "isPartial") => Self::IsPartial,
            (JsonContext::Data, "resultType") => Self::ResultType,
            (JsonContext::Data, "result") => Self::Result,
            (JsonContext::Series, "metric") => Self::Metric,
            (JsonContext::Series, "value") => Self::Value,
            (JsonContext::Series, "values") => Self::Values,
            (JsonContext::Series, "histogram" | "histograms") => Self::Histogram,
            _ => Self::Other,
        }
    }
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
