//! The verbs of presets: a query is rendered, and asked as it stands.

use super::SideBySide;
use super::ask::{Ask, When};
use crate::codec::call::check_partial;
use crate::codec::complete::histogram_warning;
use crate::codec::{Config, ConfigInput, Failure, QueryRange};
use crate::domain::preset::{ArgumentsInput, Preset, PresetInput, PresetRange, plan_preset_range};
use crate::domain::{RangeOptions, RangeOptionsInput};
use crate::prometheus::{Decoded, Series};

/// Milliseconds to which the time of day is rounded down, so that those who ask together share a request.
const SHARED: i64 = 5000;

/// The query that a call of a preset would send.
///
/// # Errors
/// Fails if the configuration, the preset or the arguments are invalid.
pub fn render(
    config: ConfigInput,
    preset: PresetInput,
    arguments: &ArgumentsInput,
) -> Result<String, Failure> {
    let config = Config::try_from(config)?;
    let timewindow = config.settings.timewindow.as_ref();
    Ok(Preset::new(preset)?.render(arguments, timewindow)?.promql)
}

/// A preset, asked in one request.
#[derive(Debug, Clone)]
pub struct ExecutePreset {
    config: Config,
    promql: String,
    unit: Option<String>,
    when: When,
}

/// The answer to a preset at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct InstantResult {
    /// The query that was sent.
    pub promql: String,
    /// The preset's unit.
    pub unit: Option<String>,
    /// The series that came.
    pub series: Vec<Series>,
    /// Remarks that make the answer doubtful.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// True if data may be missing.
    pub partial: bool,
}

impl ExecutePreset {
    /// Checks and renders.
    ///
    /// # Errors
    /// Fails if the configuration, the preset or the arguments are invalid.
    pub fn new(
        config: ConfigInput,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        at: Option<i64>,
    ) -> Result<Self, Failure> {
        Self::checked(Config::try_from(config)?, preset, arguments, at)
    }

    /// Renders under a checked configuration.
    pub(super) fn checked(
        config: Config,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        at: Option<i64>,
    ) -> Result<Self, Failure> {
        let now = config.settings.now.map(|now| now - now.rem_euclid(SHARED));
        Self::at(config, preset, arguments, When::Instant(at.or(now)))
    }

    /// The same over a range, in one request: for hosts that send it themselves.
    ///
    /// # Errors
    /// Fails if the configuration, the preset, the arguments or the range is invalid.
    pub fn over(
        config: ConfigInput,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        range: &PresetRange,
    ) -> Result<Self, Failure> {
        Self::checked_over(Config::try_from(config)?, preset, arguments, range)
    }

    /// The same under a checked configuration.
    pub(super) fn checked_over(
        config: Config,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        range: &PresetRange,
    ) -> Result<Self, Failure> {
        let options = RangeOptions::try_from(RangeOptionsInput::default())?;
        let plan = plan_preset_range(&config.settings, String::new(), None, range, &options)?;
        let grid = plan.plan.grid;
        grid.within(config.settings.max_points)?;
        Self::at(config, preset, arguments, When::Range(grid))
    }

    fn at(
        config: Config,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        when: When,
    ) -> Result<Self, Failure> {
        let preset = Preset::new(preset)?;
        let rendered = preset.render(arguments, config.settings.timewindow.as_ref())?;
        Ok(Self {
            promql: rendered.promql,
            unit: preset.unit,
            when,
            config,
        })
    }

    /// The query to send.
    pub(super) fn ask(&self) -> Ask {
        Ask {
            promql: self.promql.clone(),
            when: self.when,
        }
    }

    /// Turns what came into the result.
    pub(super) fn result_of(&self, decoded: Decoded) -> Result<InstantResult, Failure> {
        check_partial(&decoded, self.config.settings.partial)?;
        let mut warnings: Vec<_> = histogram_warning(decoded.histograms).into_iter().collect();
        warnings.extend(decoded.warnings);
        Ok(InstantResult {
            promql: self.promql.clone(),
            unit: self.unit.clone(),
            series: decoded.series,
            warnings,
            infos: decoded.infos,
            partial: decoded.partial,
        })
    }
}

impl SideBySide for ExecutePreset {
    type Result = InstantResult;

    fn config(&self) -> &Config {
        &self.config
    }

    fn asks(&self) -> Vec<Ask> {
        vec![self.ask()]
    }

    fn result(&self, answers: Vec<Decoded>) -> Result<InstantResult, Failure> {
        self.result_of(answers.into_iter().next().unwrap_or_default())
    }
}

impl QueryRange {
    /// A preset over a range, checked, rendered and planned.
    ///
    /// # Errors
    /// Fails if the preset, the arguments or the range is invalid.
    pub fn of_preset(
        config: &Config,
        preset: PresetInput,
        arguments: &ArgumentsInput,
        range: &PresetRange,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let preset = Preset::new(preset)?;
        let settings = &config.settings;
        let promql = preset
            .render(arguments, settings.timewindow.as_ref())?
            .promql;
        let plan = plan_preset_range(settings, promql, preset.unit, range, options)?;
        Ok(Self::planned(config, plan, options))
    }
}
