//! Errors of a preset, or of the arguments of a call.

use super::place::Place;
use crate::domain::{DurationError, head};

/// The reason why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Nothing in it.
    #[error(
        "empty; accepted is PromQL with the placeholders `${{{{labels}}}}`, `${{{{window}}}}` and `${{{{group_by}}}}`"
    )]
    Empty,
    /// More bytes than are read.
    #[error("{given} bytes; accepted are at most {most}")]
    Long {
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// More selectors than a server should be asked at once.
    #[error("{given} selectors; accepted are at most {most}")]
    ManySelectors {
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A character on which readers of PromQL disagree, such as a carriage return, which ends a comment or does not.
    #[error("a control character at {0}; accepted are line ends and tabs")]
    Control(Place),
    /// A quoted text without its end.
    #[error("the string at {0} does not end")]
    OpenText(Place),
    /// A bracket that is not closed.
    #[error("`{0}` is not closed")]
    Unclosed(char),
    /// A bracket that closes nothing, or another.
    #[error("`{0}` at {1} closes nothing that is open")]
    Unopened(char, Place),
    /// A bracket among matchers.
    #[error("`{0}` at {1} stands within `{{…}}`, which holds matchers only")]
    Nested(char, Place),
    /// A `$` that begins no placeholder.
    #[error(
        "`$` at {0} begins no placeholder; accepted are `${{{{labels}}}}`, `${{{{window}}}}` and `${{{{group_by}}}}`"
    )]
    Dollar(Place),
    /// A placeholder that there is not.
    #[error(
        "`{name}` at {place} is no placeholder; accepted are `labels`, `window` and `group_by`, without filters or signs"
    )]
    Unknown {
        /// The text between its braces, its head if it is long.
        name: String,
        /// The place in the template.
        place: Place,
    },
    /// A placeholder where its value could become something else.
    #[error(
        "a placeholder at {place} stands in {what}, where what is filled in could end it; accepted are placeholders outside strings and comments"
    )]
    Inside {
        /// `a string` or `a comment`.
        what: &'static str,
        /// The place in the template.
        place: Place,
    },
    /// A placeholder in the wrong place.
    #[error("`${{{{{name}}}}}` at {place}: {accepted}")]
    Misplaced {
        /// The placeholder.
        name: &'static str,
        /// The place in the template.
        place: Place,
        /// The places where it may stand.
        accepted: &'static str,
    },
    /// `labels` twice in one selector.
    #[error("`${{{{{name}}}}}` at {place} stands a second time between the same brackets")]
    Repeated {
        /// The placeholder.
        name: &'static str,
        /// The place in the template.
        place: Place,
    },
}

impl TemplateFault {
    pub(super) fn unknown(name: &str, place: Place) -> Self {
        Self::Unknown {
            name: head(name),
            place,
        }
    }
}

/// The reason why a preset, or a call of it, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// The template.
    #[error(transparent)]
    Template(#[from] TemplateFault),
    /// A window that is no duration.
    #[error("{text:?}: {source}")]
    Window {
        /// The field in the contract.
        field: &'static str,
        /// The text that was given, its head if it is long.
        text: String,
        /// The error in it.
        source: DurationError,
    },
    /// A text that names no label.
    #[error(
        "{label:?} names no label; accepted are letters, digits and `_`, no digit first{except}"
    )]
    LabelName {
        /// The field in the contract.
        field: &'static str,
        /// The text that was given, its head if it is long.
        label: String,
        /// The labels that are not accepted here, as the end of the sentence.
        except: &'static str,
    },
    /// A label that the preset does not accept.
    #[error("{label:?} is none of the labels that the preset accepts: {accepted}")]
    ForeignLabel {
        /// The field in the contract.
        field: &'static str,
        /// The label.
        label: String,
        /// The labels that it accepts.
        accepted: String,
    },
    /// A label without a filter that the preset requires.
    #[error("the preset requires a filter on {0:?}: without it unlike things are added up")]
    NotFiltered(String),
    /// A label that is filtered on twice.
    #[error("{0:?} is filtered on twice; accepted is each label once, with a list of values")]
    FilteredTwice(String),
    /// A filter without values, or with an empty one.
    #[error(
        "{0:?} has no value, or an empty one, which would match the series without the label; accepted are texts"
    )]
    NoValue(String),
    /// A filter with more values than make sense in one query.
    #[error("{label:?} has {given} values; accepted are at most {most}")]
    ManyValues {
        /// The label.
        label: String,
        /// The number that it has.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// More filters or labels than make sense in one query.
    #[error("{given} labels; accepted are at most {most}")]
    ManyLabels {
        /// The field in the contract.
        field: &'static str,
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A selector that would select everything.
    #[error(
        "without a filter the selector at {0} is empty, and would select every series there is; accepted is at least one filter"
    )]
    EmptySelector(Place),
    /// A query too long to be sent.
    #[error("the query becomes {given} bytes long; accepted are at most {most}")]
    LongQuery {
        /// The number of bytes that was given.
        given: usize,
        /// The most bytes that are accepted.
        most: usize,
    },
}

impl PresetError {
    /// The field in the contract.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Template(_) => "preset.template",
            Self::Window { field, .. }
            | Self::LabelName { field, .. }
            | Self::ForeignLabel { field, .. }
            | Self::ManyLabels { field, .. } => field,
            Self::NotFiltered(_)
            | Self::FilteredTwice(_)
            | Self::NoValue(_)
            | Self::ManyValues { .. }
            | Self::EmptySelector(_)
            | Self::LongQuery { .. } => "arguments.filters",
        }
    }
}
