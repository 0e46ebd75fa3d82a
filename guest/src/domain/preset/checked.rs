//! A preset, checked once, and what a call makes of it.

use super::arguments::{ArgumentsInput, check_group_label, check_matcher_label, labels, matchers};
use super::error::PresetError;
use super::template::{Filling, Placed, Template};
use super::token::Placeholder;
use crate::domain::{PromDuration, head};

/// A query's text in bytes: as much as a host's scope reads.
const MOST_BYTES: usize = 64 * 1024;
/// The window where neither the call, the preset nor the configuration has one, as Backend.AI has it.
const WINDOW_SECONDS: u64 = 300;

/// A preset as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresetInput {
    /// PromQL with placeholders.
    pub template: String,
    /// The window where a call has none.
    pub time_window: Option<String>,
    /// Labels that a call may filter on; empty: any.
    pub filter_labels: Vec<String>,
    /// Labels that a call may group by; empty: any.
    pub group_labels: Vec<String>,
    /// Labels that a call must filter on.
    pub required_labels: Vec<String>,
    /// The unit of the values.
    pub unit: Option<String>,
}

/// A checked preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    template: Template,
    time_window: Option<PromDuration>,
    filter_labels: Vec<String>,
    group_labels: Vec<String>,
    required_labels: Vec<String>,
    /// The unit of the values.
    pub unit: Option<String>,
}

/// A query made of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The query.
    pub promql: String,
    /// The selectors that filters reach, each once. None: samples are read at other times than the query's, or no
    /// filter reaches them.
    pub selectors: Vec<String>,
}

impl Preset {
    /// Checks a preset.
    ///
    /// # Errors
    /// Fails if the preset is invalid.
    pub fn new(input: PresetInput) -> Result<Self, PresetError> {
        for label in input.filter_labels.iter().chain(&input.required_labels) {
            check_matcher_label("preset.filter-labels", label)?;
        }
        for label in &input.group_labels {
            check_group_label("preset.group-labels", label)?;
        }
        Ok(Self {
            template: Template::parse(&input.template)?,
            time_window: window("preset.time-window", input.time_window.as_deref())?,
            filter_labels: input.filter_labels,
            group_labels: input.group_labels,
            required_labels: input.required_labels,
            unit: input.unit,
        })
    }

    /// The placeholders, in their order.
    pub fn placeholders(&self) -> Vec<Placed> {
        self.template.placeholders().collect()
    }

    /// The number of selectors in it.
    pub fn selectors(&self) -> usize {
        self.template.selectors.len()
    }

    /// The number of selectors that no filter reaches.
    pub fn unfiltered(&self) -> usize {
        let selectors = self.template.selectors.iter();
        selectors.filter(|selector| !selector.is_filtered).count()
    }

    /// Remarks on what is doubtful about the preset.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match (self.unfiltered(), self.selectors()) {
            (0, _) => {}
            (some, all) => warnings.push(format!(
                "{some} of {all} selectors have no `${{{{labels}}}}`: filters do not reach them"
            )),
        }
        if !self.template.has(Placeholder::GroupBy) {
            warnings.push("without `${{group_by}}` nothing can be told apart by a call".to_owned());
        }
        warnings
    }

    /// The query.
    ///
    /// # Errors
    /// Fails if the arguments are invalid, or the preset does not accept them.
    pub fn render(
        &self,
        arguments: &ArgumentsInput,
        configured: Option<&PromDuration>,
    ) -> Result<Rendered, PresetError> {
        let filling = self.filling(arguments, configured)?;
        let promql = self.template.fill(&filling)?;
        if promql.len() > MOST_BYTES {
            return Err(PresetError::LongQuery {
                given: promql.len(),
                most: MOST_BYTES,
            });
        }
        let mut selectors = Vec::new();
        for selector in &self.template.selectors {
            if selector.is_filtered && !self.template.is_shifted {
                selectors.push(self.template.fill_selector(selector, &filling)?);
            }
        }
        selectors.sort_unstable();
        selectors.dedup();
        Ok(Rendered { promql, selectors })
    }

    fn filling(
        &self,
        arguments: &ArgumentsInput,
        configured: Option<&PromDuration>,
    ) -> Result<Filling, PresetError> {
        let filtered: Vec<&str> = arguments
            .filters
            .iter()
            .map(|filter| filter.label.as_str())
            .collect();
        let filling = Filling {
            labels: matchers(&arguments.filters)?,
            group_by: labels(&arguments.group_by)?,
            window: window("arguments.window", arguments.window.as_deref())?
                .as_ref()
                .or(self.time_window.as_ref())
                .or(configured)
                .map_or_else(
                    || PromDuration::from_seconds(WINDOW_SECONDS).to_string(),
                    ToString::to_string,
                ),
        };
        accepts("arguments.filters", &self.filter_labels, &filtered)?;
        let grouped: Vec<&str> = arguments.group_by.iter().map(String::as_str).collect();
        accepts("arguments.group-by", &self.group_labels, &grouped)?;
        match self
            .required_labels
            .iter()
            .find(|required| !filtered.contains(&required.as_str()))
        {
            None => Ok(filling),
            Some(required) => Err(PresetError::NotFiltered(required.clone())),
        }
    }
}

fn window(field: &'static str, text: Option<&str>) -> Result<Option<PromDuration>, PresetError> {
    let parse = |text: &str| {
        PromDuration::parse(text).map_err(|source| PresetError::Window {
            field,
            text: head(text),
            source,
        })
    };
    text.map(parse).transpose()
}

/// Checks that the preset accepts all these labels: it names them, or names none.
fn accepts(field: &'static str, accepted: &[String], labels: &[&str]) -> Result<(), PresetError> {
    let is_foreign = |label: &&&str| !accepted.iter().any(|known| known == *label);
    match labels.iter().find(is_foreign) {
        Some(label) if !accepted.is_empty() => Err(PresetError::ForeignLabel {
            field,
            label: (*label).to_owned(),
            accepted: accepted.join(", "),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::preset::LabelValues;

    const TEMPLATE: &str =
        "sum by (${{group_by}})(rate(m{kind=\"x\",${{labels}}}[${{window}}])) / n";

    fn preset(change: impl FnOnce(&mut PresetInput)) -> Result<Preset, PresetError> {
        let mut input = PresetInput {
            template: TEMPLATE.into(),
            ..PresetInput::default()
        };
        change(&mut input);
        Preset::new(input)
    }

    fn arguments(filters: &[(&str, &[&str])], group_by: &[&str]) -> ArgumentsInput {
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        ArgumentsInput {
            filters: filters
                .iter()
                .map(|(label, values)| LabelValues {
                    label: (*label).into(),
                    values: own(values),
                })
                .collect(),
            group_by: own(group_by),
            window: None,
        }
    }

    fn refused(preset: &Preset, arguments: &ArgumentsInput) -> PresetError {
        preset.render(arguments, None).unwrap_err()
    }

    #[test]
    fn a_query_is_written_in_one_way_whatever_the_order_of_the_arguments() {
        let preset = preset(|_| {}).unwrap();
        let text = |arguments| preset.render(&arguments, None).unwrap().promql;
        let query = text(arguments(
            &[("session_id", &["b", "a.b", "b"]), ("a", &["x\"}"])],
            &["session_id", "a", "a"],
        ));
        assert_eq!(
            query,
            "sum by (a,session_id)(rate(m{kind=\"x\",a=\"x\\\"}\",session_id=~\"a\\\\.b|b\"}[5m])) / n"
        );
        let other = arguments(
            &[("a", &["x\"}"]), ("session_id", &["a.b", "b"])],
            &["a", "session_id"],
        );
        assert_eq!(text(other), query);
    }

    #[test]
    fn the_window_is_the_calls_else_the_presets_else_the_configured_else_5m() {
        let configured = PromDuration::parse("2m").unwrap();
        let text = |own: Option<&str>, call: Option<&str>, configured| {
            let preset = preset(|input| input.time_window = own.map(Into::into)).unwrap();
            let mut arguments = arguments(&[], &[]);
            arguments.window = call.map(Into::into);
            preset.render(&arguments, configured).unwrap().promql
        };
        assert!(text(Some("1m"), Some("90s"), Some(&configured)).contains("[90s]"));
        assert!(text(Some("1m"), None, Some(&configured)).contains("[1m]"));
        assert!(text(None, None, Some(&configured)).contains("[2m]"));
        assert!(text(None, None, None).contains("[5m]"));
        for wrong in ["5m] or x", "", "0s", "5"] {
            let given = preset(|input| input.time_window = Some(wrong.into())).unwrap_err();
            assert_eq!(given.field(), "preset.time-window");
            let mut arguments = arguments(&[], &[]);
            arguments.window = Some(wrong.into());
            let error = refused(&preset(|_| {}).unwrap(), &arguments);
            assert_eq!(error.field(), "arguments.window");
        }
    }

    #[test]
    fn labels_that_the_preset_does_not_name_are_refused() {
        let preset = preset(|input| {
            input.filter_labels = vec!["a".into(), "b".into()];
            input.group_labels = vec!["a".into()];
            input.required_labels = vec!["b".into()];
        })
        .unwrap();
        assert!(
            preset
                .render(&arguments(&[("b", &["1"])], &["a"]), None)
                .is_ok()
        );
        let foreign = refused(&preset, &arguments(&[("c", &["1"]), ("b", &["1"])], &[]));
        assert_eq!(foreign.field(), "arguments.filters");
        assert!(foreign.to_string().ends_with("a, b"));
        let foreign = refused(&preset, &arguments(&[("b", &["1"])], &["b"]));
        assert_eq!(foreign.field(), "arguments.group-by");
        let missing = refused(&preset, &arguments(&[("a", &["1"])], &[]));
        assert_eq!(missing, PresetError::NotFiltered("b".into()));
    }

    #[test]
    fn what_names_no_label_and_what_filters_on_nothing_is_refused() {
        let preset = preset(|_| {}).unwrap();
        for label in ["", "1a", "a-b", "a b", "é", "a:b", "a=\"b\"", "__name__"] {
            let error = refused(&preset, &arguments(&[(label, &["1"])], &[]));
            assert!(matches!(error, PresetError::LabelName { .. }), "{label}");
        }
        for label in ["", "1a", "a)(b", "inf", "NaN", "a,b"] {
            let error = refused(&preset, &arguments(&[], &[label]));
            assert!(matches!(error, PresetError::LabelName { .. }), "{label}");
        }
        for values in [&[] as &[&str], &[""], &["a", ""]] {
            let error = refused(&preset, &arguments(&[("a", values)], &[]));
            assert_eq!(error, PresetError::NoValue("a".into()));
        }
        let twice = refused(&preset, &arguments(&[("a", &["1"]), ("a", &["2"])], &[]));
        assert_eq!(twice, PresetError::FilteredTwice("a".into()));
        let many = ["x"; 101];
        let error = refused(&preset, &arguments(&[("a", &many)], &[]));
        assert!(matches!(error, PresetError::ManyValues { given: 101, .. }));
        let labels = ["a"; 65];
        let error = refused(&preset, &arguments(&[], &labels));
        assert!(matches!(error, PresetError::ManyLabels { given: 65, .. }));
    }

    #[test]
    fn a_query_that_becomes_too_long_is_refused() {
        let template = vec!["m{${{labels}}}"; 64].join("+");
        let preset = preset(|input| input.template = template).unwrap();
        let value = "x".repeat(1100);
        let error = refused(&preset, &arguments(&[("a", &[&value])], &[]));
        assert!(matches!(error, PresetError::LongQuery { .. }));
    }

    #[test]
    fn an_outline_says_what_filters_do_not_reach() {
        let preset = preset(|_| {}).unwrap();
        assert_eq!((preset.selectors(), preset.unfiltered()), (2, 1));
        assert_eq!(preset.placeholders().len(), 3);
        assert_eq!(
            preset.warnings(),
            ["1 of 2 selectors have no `${{labels}}`: filters do not reach them"]
        );
    }

    #[test]
    fn the_selectors_that_filters_reach_are_those_of_the_query() {
        let filter = arguments(&[("a", &["1"])], &[]);
        let selectors = |template: &str| {
            let preset = preset(|input| input.template = template.into()).unwrap();
            preset.render(&filter, None).unwrap().selectors
        };
        assert_eq!(
            selectors("b{${{labels}}} + a{x=\"y\",${{labels}}} + n + b{${{labels}}}"),
            ["a{x=\"y\",a=\"1\"}", "b{a=\"1\"}"]
        );
        assert!(selectors("a{${{labels}}} offset 1h").is_empty());
        assert!(selectors("a{${{labels}}} @ 5").is_empty());
    }
}
