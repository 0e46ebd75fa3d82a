//! The plugin's file.

use metric_host::PluginDescription;
use metric_tests::{codec_file, plugin_file};

/// As the design has it: nothing but outgoing HTTP, and what that drags in.
const IMPORTS: [&str; 6] = [
    "wasi:clocks/monotonic-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// Bytes. A limit of the project, so that the plugin loads quickly everywhere: 400 kB for the verbs of
/// `metric-service`, 200 kB for `range-service`, most of it the glue of its records, 200 kB for statistics, backends,
/// and the JSON texts of every verb, 300 kB for insight, 400 kB for decisions, 200 kB for families and what is derived of
/// them, with theirs, and 100 kB for the codec's halves of insight: a record of the contract that goes in costs some 5 kB,
/// and one that comes out as well.
const LARGEST: u64 = 1_800_000;

#[allow(clippy::unwrap_used, reason = "only tests call it")]
fn description() -> metric_host::PluginDescription {
    PluginDescription::of(&std::fs::read(plugin_file()).unwrap()).unwrap()
}

#[test]
fn the_plugin_imports_exactly_what_the_contract_grants() {
    let description = description();
    let mut imports: Vec<_> = description
        .imports
        .iter()
        .map(|import| import.split('@').next().unwrap())
        .collect();
    imports.sort_unstable();
    assert_eq!(imports, IMPORTS);
}

#[test]
fn the_plugin_exports_the_world() {
    let description = description();
    assert_eq!(
        description.world.as_deref(),
        Some("backendai:metric/metric-plugin-decisions@0.2.0")
    );
    for interface in [
        "backendai:metric/metric-service@0.2.0",
        "backendai:metric/codec@0.2.0",
        "backendai:metric/json@0.2.0",
        "backendai:metric/json-codec@0.2.0",
        "backendai:metric/range-service@0.2.0",
    ] {
        assert!(
            description.exports.iter().any(|export| export == interface),
            "{interface}"
        );
    }
}

#[test]
fn the_codec_imports_nothing_and_exports_the_verbs_without_io() {
    let description = PluginDescription::of(&std::fs::read(codec_file()).unwrap()).unwrap();
    assert!(description.imports.is_empty(), "{:?}", description.imports);
    let mut exports = description.exports;
    exports.sort();
    let expected = [
        "backendai:metric/codec@0.2.0",
        "backendai:metric/family@0.2.0",
        "backendai:metric/json-codec@0.2.0",
        "backendai:metric/preset@0.2.0",
        "backendai:metric/types@0.2.0",
    ];
    assert_eq!(exports, expected);
}

#[test]
fn the_plugin_is_small() {
    let size = description().size_bytes;
    assert!(size < LARGEST, "{size} bytes");
}
