//! The exported interface `preset`: what can be said of a template without sending anything.

use super::Plugin;
use super::bindings::exports::backendai::metric::preset as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error};
use super::convert::config;
use crate::codec::Failure;
use crate::codec::decisions::render;
use crate::domain::preset::{ArgumentsInput, LabelValues, Placed, Preset, PresetInput};

impl outer::Guest for Plugin {
    fn check(preset: outer::Preset) -> Result<outer::Outline, Error> {
        let preset = Preset::new(preset_input(preset)).map_err(Failure::from)?;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let placed = |placed: Placed| outer::Placed {
            placeholder: placed.placeholder.name().to_owned(),
            line: placed.place.line,
            column: placed.place.column,
        };
        Ok(outer::Outline {
            placeholders: preset.placeholders().into_iter().map(placed).collect(),
            selectors: count(preset.selectors()),
            unfiltered: count(preset.unfiltered()),
            warnings: preset.warnings(),
        })
    }

    fn render(
        config_: Config,
        preset: outer::Preset,
        arguments: outer::Arguments,
    ) -> Result<String, Error> {
        let arguments = arguments_input(arguments);
        Ok(render(config(config_), preset_input(preset), &arguments)?)
    }
}

pub(super) fn preset_input(preset: outer::Preset) -> PresetInput {
    PresetInput {
        template: preset.template,
        time_window: preset.time_window,
        filter_labels: preset.filter_labels,
        group_labels: preset.group_labels,
        required_labels: preset.required_labels,
        unit: preset.unit,
    }
}

pub(super) fn arguments_input(arguments: outer::Arguments) -> ArgumentsInput {
    ArgumentsInput {
        filters: filters(arguments.filters),
        group_by: arguments.group_by,
        window: arguments.window,
    }
}

pub(super) fn filters(filters: Vec<outer::LabelValues>) -> Vec<LabelValues> {
    let filter = |filter: outer::LabelValues| LabelValues {
        label: filter.label,
        values: filter.values,
    };
    filters.into_iter().map(filter).collect()
}
