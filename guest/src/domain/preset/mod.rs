//! Presets: PromQL as data, with placeholders that a call fills in. A template is safe by construction: its tokens decide
//! where a placeholder may stand, and what is filled in is typed and quoted, so that whatever the arguments the query's
//! tree has the shape of its template's.

mod arguments;
mod checked;
mod error;
mod place;
mod range;
mod template;
mod token;

pub use arguments::{ArgumentsInput, LabelValues};
pub(super) use arguments::{check_group_label, matchers};
pub use checked::{Preset, PresetInput, Rendered};
pub use error::{PresetError, TemplateFault};
pub use place::Place;
pub use range::{PresetRange, plan_preset_range};
pub use template::Placed;
pub use token::Placeholder;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod reference_tests;
