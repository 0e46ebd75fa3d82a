//! The configuration, from environment variables: the one way to configure a component that every platform has.

use serde_json::{Map, Value};

/// A variable whose value cannot be used, or that is missing. A secret is in none of them, but an address may hold one
/// by mistake: it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It has to be set.
    #[error(
        "METRIC_ADDRESS is not set: where Prometheus is, as `host:port`, or `http(s)://host[:port][/prefix]`"
    )]
    NoAddress,
    /// It is none of the words.
    #[error("{variable} is {value:?}; accepted are {}", accepted.join(", "))]
    Word {
        /// The variable.
        variable: &'static str,
        /// Its value, shortened.
        value: String,
        /// The words.
        accepted: &'static [&'static str],
    },
    /// It is no number, or too large a one.
    #[error("{variable} is {value:?}; accepted is a whole number from 0 to {maximum}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// Its value, shortened.
        value: String,
        /// The largest.
        maximum: u64,
    },
}

/// The form of a variable's value.
enum Form {
    /// Any text; the plugin judges it.
    Text,
    /// A whole number up to this.
    Number(u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
}

/// The form of a setting that counts seconds, milliseconds or points.
const COUNT: Form = Form::Number(u32::MAX as u64);
const FLAG: &[&str] = &["true", "false"];

/// Each field of the contract's `config`, but `now`, which the clock gives. The variable is the field's name in capitals,
/// after `METRIC_`.
const SETTINGS: &[(&str, &str, Form)] = &[
    ("METRIC_ADDRESS", "address", Form::Text),
    ("METRIC_TIMEWINDOW", "timewindow", Form::Text),
    (
        "METRIC_LABEL_SCHEMA",
        "label_schema",
        Form::Word(&["documented", "agent"]),
    ),
    ("METRIC_SAMPLE_INTERVAL", "sample_interval", COUNT),
    ("METRIC_MAX_RANGE", "max_range", COUNT),
    ("METRIC_MAX_POINTS", "max_points", COUNT),
    (
        "METRIC_MAX_RESULT_BYTES",
        "max_result_bytes",
        Form::Number(u64::MAX),
    ),
    ("METRIC_TIMEOUT", "timeout", COUNT),
    (
        "METRIC_METHOD",
        "method",
        Form::Word(&["auto", "post", "get"]),
    ),
    (
        "METRIC_BACKEND",
        "backend",
        Form::Word(&[
            "auto",
            "prometheus",
            "thanos",
            "mimir",
            "victoria",
            "victoria-cluster",
        ]),
    ),
    ("METRIC_PARTIAL", "partial", Form::Flag),
];

/// The names by which this server may be asked, besides IP addresses and `localhost`: separated by commas, or `*`.
const HOSTS: &str = "METRIC_HOSTS";

/// The settings of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The contract's `config`, as the JSON interface has it.
    pub config: Map<String, Value>,
    /// Host names by which the server may be asked.
    pub hosts: Vec<String>,
}

impl Settings {
    /// Reads the environment. An empty variable counts as not set, an unknown one is somebody else's.
    ///
    /// # Errors
    /// The first variable that cannot be used.
    pub fn read(environment: &[(String, String)]) -> Result<Self, SettingError> {
        let variable = |name: &str| {
            let named = environment.iter().find(|(known, _)| known == name);
            named
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let mut config = Map::new();
        for (name, field, form) in SETTINGS {
            if let Some(value) = variable(name) {
                config.insert((*field).to_owned(), form.read(name, value)?);
            }
        }
        if !config.contains_key("address") {
            return Err(SettingError::NoAddress);
        }
        let hosts = variable(HOSTS)
            .unwrap_or_default()
            .split(',')
            .map(str::trim);
        Ok(Self {
            config,
            hosts: hosts
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }
}

impl Form {
    fn read(&self, variable: &'static str, value: &str) -> Result<Value, SettingError> {
        let word = |accepted: &'static [&'static str]| {
            let known = accepted.iter().find(|word| **word == value);
            known.copied().ok_or_else(|| SettingError::Word {
                variable,
                value: head(value),
                accepted,
            })
        };
        Ok(match *self {
            Self::Text => value.into(),
            // The JSON interface writes `_` for `-`.
            Self::Word(accepted) => word(accepted)?.replace('-', "_").into(),
            Self::Flag => (word(FLAG)? == "true").into(),
            Self::Number(maximum) => value
                .parse()
                .ok()
                .filter(|number: &u64| *number <= maximum)
                .ok_or_else(|| SettingError::Number {
                    variable,
                    value: head(value),
                    maximum,
                })?
                .into(),
        })
    }
}

/// The variable of a field of the contract's `config`, such as `sample-interval`.
pub fn variable_of(field: &str) -> Option<&'static str> {
    let field = field.replace('-', "_");
    let setting = SETTINGS.iter().find(|(_, known, _)| *known == field);
    setting.map(|(variable, _, _)| *variable)
}

/// The most characters of a value that are repeated.
const SHOWN: usize = 64;

fn head(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Settings::read(&variables.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_field_of_the_contracts_config_but_the_time_has_a_variable_and_the_readme_lists_it() {
        let schema: Value = serde_json::from_str(include_str!(
            "../../../wit/schema/metric-service.schema.json"
        ))
        .unwrap();
        let fields = schema["$defs"]["config"]["properties"].as_object().unwrap();
        let mut fields: Vec<&str> = fields.keys().map(String::as_str).collect();
        fields.retain(|field| *field != "now");
        fields.sort_unstable();
        let mut settings: Vec<&str> = SETTINGS.iter().map(|(_, field, _)| *field).collect();
        settings.sort_unstable();
        assert_eq!(settings, fields);
        let readme = include_str!("../README.md");
        for (variable, field, _) in SETTINGS {
            assert_eq!(*variable, format!("METRIC_{}", field.to_uppercase()));
            assert!(readme.contains(&format!("| `{variable}` |")), "{variable}");
        }
        assert!(readme.contains(&format!("| `{HOSTS}` |")));
    }

    #[test]
    fn words_are_those_of_the_contract() {
        let schema: Value = serde_json::from_str(include_str!(
            "../../../wit/schema/metric-service.schema.json"
        ))
        .unwrap();
        for (_, field, form) in SETTINGS {
            let Form::Word(words) = form else { continue };
            let definition = if *field == "method" {
                "request_method"
            } else {
                field
            };
            let written: Vec<String> = words.iter().map(|word| word.replace('-', "_")).collect();
            assert_eq!(
                json!(written),
                schema["$defs"][definition]["enum"],
                "{field}"
            );
        }
    }

    #[test]
    fn variables_become_the_configuration() {
        let settings = read(&[
            ("METRIC_ADDRESS", " prometheus:9090 "),
            ("METRIC_SAMPLE_INTERVAL", "30"),
            ("METRIC_BACKEND", "victoria-cluster"),
            ("METRIC_PARTIAL", "true"),
            ("METRIC_TIMEWINDOW", ""),
            ("METRIC_HOSTS", "metrics.example, other,"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(
            Value::Object(settings.config),
            json!({"address": "prometheus:9090", "sample_interval": 30, "backend": "victoria_cluster", "partial": true})
        );
        assert_eq!(settings.hosts, ["metrics.example", "other"]);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_with_what_would_be_accepted() {
        assert_eq!(read(&[]), Err(SettingError::NoAddress));
        for (variable, value, accepted) in [
            (
                "METRIC_BACKEND",
                "promtheus",
                "accepted are auto, prometheus, thanos, mimir, victoria, victoria-cluster",
            ),
            ("METRIC_PARTIAL", "yes", "accepted are true, false"),
            (
                "METRIC_SAMPLE_INTERVAL",
                "30s",
                "a whole number from 0 to 4294967295",
            ),
            (
                "METRIC_MAX_RANGE",
                "4294967296",
                "a whole number from 0 to 4294967295",
            ),
            ("METRIC_MAX_RESULT_BYTES", "-1", "a whole number"),
        ] {
            let error = read(&[("METRIC_ADDRESS", "h:1"), (variable, value)]).unwrap_err();
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("{variable} is {value:?}; ")),
                "{text}"
            );
            assert!(text.contains(accepted), "{text}");
        }
    }

    #[test]
    fn a_field_is_named_by_its_variable() {
        assert_eq!(
            variable_of("sample-interval"),
            Some("METRIC_SAMPLE_INTERVAL")
        );
        assert_eq!(variable_of("now"), None);
    }
}
