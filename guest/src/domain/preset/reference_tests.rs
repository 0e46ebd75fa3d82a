//! Held to Jinja with the settings of Backend.AI's manager: `tests/reference/jinja.json`, which `jinja.py` beside it writes.

use serde_json::Value;

use super::{ArgumentsInput, LabelValues, Preset, PresetInput};

fn table() -> Value {
    let text = include_str!("../../../../tests/reference/jinja.json");
    serde_json::from_str(text).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    value.as_array().unwrap().iter().map(text).collect()
}

fn arguments(value: &Value) -> ArgumentsInput {
    let filters = value["filters"].as_object().unwrap().iter();
    ArgumentsInput {
        filters: filters
            .map(|(label, values)| LabelValues {
                label: label.clone(),
                values: texts(values),
            })
            .collect(),
        group_by: texts(&value["group_by"]),
        window: Some(texts(&Value::Array(vec![value["window"].clone()])).remove(0)),
    }
}

/// Without commas, and what stands between two of them where nothing is filled in.
fn without_commas(text: &str) -> String {
    text.chars()
        .filter(|c| *c != ',' && !c.is_whitespace())
        .collect()
}

/// The number of templates of a kind, of those that Jinja accepts, and of those that both accept; for the latter, the
/// texts are the same.
fn held(kind: &str) -> (usize, usize, usize) {
    let table = table();
    let all = table["arguments"].as_array().unwrap();
    let cases = table[kind].as_array().unwrap();
    let (mut by_jinja, mut by_both) = (0, 0);
    for case in cases {
        let template = case["template"].as_str().unwrap();
        let Some(rendered) = case["rendered"].as_array() else {
            continue;
        };
        by_jinja += 1;
        let preset = Preset::new(PresetInput {
            template: template.to_owned(),
            ..PresetInput::default()
        });
        let Ok(preset) = preset else { continue };
        by_both += 1;
        for (arguments_, expected) in all.iter().zip(rendered) {
            let given = arguments(arguments_);
            let found = preset.render(&given, None).unwrap().promql;
            // Jinja leaves out a line end at the end.
            let (found, expected) = (found.trim_end(), expected.as_str().unwrap().trim_end());
            match given.filters.is_empty() {
                false => assert_eq!(found, expected, "{template}"),
                true => assert_eq!(
                    without_commas(found),
                    without_commas(expected),
                    "{template}"
                ),
            }
        }
    }
    (cases.len(), by_jinja, by_both)
}

#[test]
fn the_presets_that_a_manager_is_seeded_with_become_the_text_that_jinja_makes_of_them() {
    assert_eq!(held("seeded"), (22, 22, 22));
}

#[test]
fn what_both_accept_becomes_the_same_text_but_for_commas_beside_nothing() {
    let (all, by_jinja, by_both) = held("random");
    assert_eq!(all, 160);
    assert!(by_jinja >= 150, "{by_jinja}");
    // All of them are PromQL with each placeholder in its place.
    assert_eq!(by_both, by_jinja);
}

#[test]
fn what_jinja_accepts_and_could_be_broken_out_of_is_refused_here() {
    let (all, by_jinja, by_both) = held("unsafe");
    assert_eq!((all, by_jinja, by_both), (16, 16, 0));
    assert_eq!(held("refused"), (8, 0, 0));
    for case in table()["refused"].as_array().unwrap() {
        let preset = Preset::new(PresetInput {
            template: case["template"].as_str().unwrap().to_owned(),
            ..PresetInput::default()
        });
        assert!(preset.is_err(), "{case}");
    }
}
