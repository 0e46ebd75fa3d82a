//! The bands of the strategy `adaptive`, held to Grafana's rules: `tests/reference/adaptive.yml`, run by promtool over the
//! samples of `tests/reference/insight.json`, has to give the bands of that table, to which the plugin's own are held by
//! `guest/src/domain/insight/reference_tests.rs`. Where there is no promtool it says so, and nothing is held.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use metric_testbed::Finder;
use serde_json::Value;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference");
/// Relative, and absolute below one.
const NEAR: f64 = 1e-9;

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// Each promtool that is there, of every version.
fn promtools() -> Vec<PathBuf> {
    let finder = Finder::new().offline();
    let releases = finder.prometheus_releases().into_iter();
    let mut found: Vec<_> = releases.map(|(_, tools)| tools.promtool).collect();
    found.extend(finder.prometheus().map(|tools| tools.promtool));
    found.sort();
    found.dedup();
    found
}

/// Writes a unit test for promtool: the samples as series of `x`, and the bands as what the rules record. Gives the
/// number of comparisons as well.
fn unit_test(bands: &[Value]) -> (String, usize) {
    let (mut series, mut held, mut count) = (String::new(), String::new(), 0);
    for case in bands {
        let (name, step) = (
            case["name"].as_str().unwrap(),
            case["step"].as_u64().unwrap(),
        );
        let values: Vec<_> = list(&case["values"])
            .iter()
            .map(|value| value.as_f64().map_or("_".to_owned(), |v| v.to_string()))
            .collect();
        let labels = format!("{{case=\"{name}\"}}");
        let values = values.join(" ");
        writeln!(series, "  - series: 'x{labels}'\n    values: '{values}'").unwrap();
        let points = (case["from"].as_u64().unwrap()..).zip(list(&case["adaptive_week"]));
        for (point, band) in points {
            for (recorded, value) in ["mean", "lower", "upper"].iter().zip(list(band)) {
                // Too few samples for a verdict of ours; the rules do not count them.
                let Some(value) = value.as_f64() else {
                    continue;
                };
                let near = NEAR * value.abs().max(1.0);
                writeln!(
                    held,
                    "  - expr: 'abs({recorded}{labels} - {value}) <= bool {near}'\n    eval_time: {}s\n    exp_samples: [{{labels: '{labels}', value: 1}}]",
                    point * step
                )
                .unwrap();
                count += 1;
            }
        }
    }
    let text = format!(
        "rule_files: [adaptive.yml]\nevaluation_interval: 15m\ntests:\n- interval: 15m\n  input_series:\n{series}  promql_expr_test:\n{held}"
    );
    (text, count)
}

fn run(promtool: &Path, rules: &str, test: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("adaptive.yml"), rules).unwrap();
    std::fs::write(folder.path().join("test.yml"), test).unwrap();
    let output = Command::new(promtool)
        .args(["test", "rules", "test.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).chars().take(2000).collect(),
    )
}

#[test]
fn adaptive_bands_are_those_of_grafanas_rules_over_the_same_samples() {
    let read = |name: &str| std::fs::read_to_string(Path::new(REFERENCE).join(name)).unwrap();
    let table: Value = serde_json::from_str(&read("insight.json")).unwrap();
    let (test, count) = unit_test(list(&table["bands"]));
    assert!(count > 500, "{count}");
    let promtools = promtools();
    if promtools.is_empty() {
        println!("left out: there is no promtool to run Grafana's rules");
    }
    let rules = read("adaptive.yml");
    for promtool in &promtools {
        let (holds, said) = run(promtool, &rules, &test);
        assert!(holds, "{}: {said}", promtool.display());
    }
    // Other rules are told apart.
    let others = rules.replace("mean + 0.5 * mean", "mean + 0.4 * mean");
    assert_ne!(rules, others);
    if let Some(promtool) = promtools.first() {
        assert!(!run(promtool, &others, &test).0);
    }
}
