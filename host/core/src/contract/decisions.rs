//! The records of presets, live stats and verdicts, as the contract has them.

use super::range::RangeAnswer;

pub use super::bindings::exports::backendai::metric::{
    live_stats::{LiveAnswer, LiveOptions, LiveStat, SubjectStats},
    preset::{Arguments, LabelValues, Outline, Placed, Preset},
    preset_service::{
        Bound, Combine, Condition, InstantAnswer, Judgement, MetricQuestion, PresetRange, Question,
        Run, Verdict,
    },
};

/// The answer to one preset of a batch.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunAnswer {
    /// At an instant.
    Instant(InstantAnswer),
    /// Over a range.
    Range(RangeAnswer),
}

impl Run {
    /// A preset at the present, with nothing filled in.
    pub fn new(preset: Preset) -> Self {
        Self {
            preset,
            arguments: Arguments::default(),
            range: None,
            at: None,
        }
    }
}

impl Default for LiveOptions {
    /// All metrics over five minutes, up to the present.
    fn default() -> Self {
        Self {
            at: None,
            window: None,
            metrics: None,
        }
    }
}

impl Default for Arguments {
    /// No filter, nothing told apart, the preset's window.
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            group_by: Vec::new(),
            window: None,
        }
    }
}

impl Preset {
    /// A preset of a template alone: any label, no unit.
    pub fn new(template: impl Into<String>) -> Self {
        Self {
            template: template.into(),
            time_window: None,
            filter_labels: Vec::new(),
            group_labels: Vec::new(),
            required_labels: Vec::new(),
            unit: None,
        }
    }
}

impl Verdict {
    /// Its name in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::NoData => "no-data",
            Self::NotToldApart => "not-told-apart",
            Self::NotFinite => "not-finite",
            Self::Partial => "partial",
            Self::Stale => "stale",
        }
    }
}
