//! What the host loads, and what it refuses.

use super::*;
use crate::test_components::{TestPlugin, plugin};

fn host() -> Host {
    Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap()
}

#[test]
fn everything_public_can_be_shared_between_threads() {
    fn shareable<T: Clone + Send + Sync + 'static>() {}
    shareable::<Host>();
    shareable::<Plugin>();
    shareable::<crate::MetricService>();
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = host().load_file("/no/such/plugin.wasm").unwrap_err();
    assert!(
        error.to_string().contains("/no/such/plugin.wasm"),
        "{error}"
    );
    assert!(matches!(error, LoadError::Read { .. }));
}

#[test]
fn a_plugin_that_is_too_large_is_not_even_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("huge.wasm");
    // Sparse: takes no room on the disk.
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    match host().load_file(&path) {
        Err(LoadError::TooLarge { size, maximum }) => {
            assert_eq!((size, maximum), (1 << 40, 64 << 20));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plugin_with_functions_of_other_types_is_of_the_wrong_world() {
    let bytes = TestPlugin::new("unreachable")
        .world(
            &[],
            "package backendai:metric@0.1.5;
             interface types { type nothing = u8; }
             interface metric-service { build-promql: func(query: string) -> string; }
             interface codec { metric-request: func(query: string) -> string; }
             world w { export types; export metric-service; export codec; }",
        )
        .build();
    let error = host().load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::WrongWorld { .. }), "{error:?}");
}

#[test]
fn a_function_of_another_type_is_found_at_load() {
    // As the contract has it, but for one result.
    let wit = |name| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/").to_owned() + name;
        std::fs::read_to_string(path).unwrap()
    };
    let service = wit("metric-service.wit");
    let changed = service.replace("result<string, error>", "result<u32, error>");
    assert_ne!(service, changed);
    let contract = [
        "package backendai:metric@0.1.9;",
        "world w { export types; export metric-service; export codec; }",
        &wit("types.wit"),
        &wit("codec.wit"),
        &changed,
    ]
    .concat();
    let bytes = TestPlugin::new("unreachable").world(&[], &contract).build();
    let error = host().load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::WrongWorld { .. }), "{error:?}");
}

#[test]
fn a_plugin_that_crashes_or_loops_when_it_starts_is_not_loaded() {
    for start in ["unreachable", "(loop (br 0))"] {
        let extra = format!("(start $start) (func $start {start})");
        let bytes = TestPlugin::new("unreachable").extra(&extra).build();
        let error = host().load(&bytes).unwrap_err();
        assert!(matches!(error, LoadError::Instantiate { .. }), "{error:?}");
    }
}

#[test]
fn imports_of_types_that_the_host_does_not_know_are_refused() {
    let bytes = TestPlugin::new("unreachable")
        .world(
            &["package wasi:clocks@0.2.99; interface wall-clock { stop: func(); }"],
            "package test:plugin;
             world w {
                 include backendai:metric/metric-plugin@0.1.0;
                 import wasi:clocks/wall-clock@0.2.99;
             }",
        )
        .build();
    let error = host().load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::Link { .. }), "{error:?}");
}

#[test]
fn a_plugin_whose_code_is_invalid_is_not_compiled() {
    let mut bytes = plugin("unreachable");
    // The opcode of `unreachable` becomes one that does not exist.
    let at = bytes.windows(3).position(|w| w == [0x00, 0x00, 0x0b]);
    bytes[at.unwrap() + 1] = 0xff;
    let error = host().load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
}

#[test]
fn a_plugin_that_begins_with_more_memory_than_granted_is_not_loaded() {
    let host = Host::new(HostOptions {
        limits: Limits {
            memory_bytes: 65536,
            ..Limits::default()
        },
        compile_cache: CompileCache::Off,
    })
    .unwrap();
    let error = host.load(&plugin("unreachable")).unwrap_err(); // begins with two pages
    assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
}

#[test]
fn compiled_plugins_are_kept_where_the_caller_says() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Directory(directory.path().join("cache")),
        ..HostOptions::default()
    })
    .unwrap();
    host.load(&plugin("unreachable")).unwrap();
    assert!(directory.path().join("cache").read_dir().unwrap().count() > 0);
}

#[test]
fn a_cache_that_cannot_be_made_does_not_keep_the_host_from_starting() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Directory(file.path().join("below-a-file")),
        ..HostOptions::default()
    })
    .unwrap();
    host.load(&plugin("unreachable")).unwrap();
}

/// A component of a world in this WIT, in which all functions do nothing good.
fn of_world(packages: &[&str], world: &str) -> Vec<u8> {
    TestPlugin::new("unreachable")
        .world(packages, world)
        .build()
}

const CODEC: &str = "package test:codec; world w { include backendai:metric/metric-codec@0.1.0; }";

#[tokio::test]
async fn a_component_without_io_is_loaded_as_a_codec_and_not_as_a_plugin() {
    let bytes = of_world(&[], CODEC);
    let codec = host().load_codec(&bytes).unwrap();
    assert!(!codec.description().has_io());
    let error = codec.metadata_request(&crate::Config::new("h:1")).await;
    assert!(
        matches!(error, Err(crate::CallError::Trapped { .. })),
        "{error:?}"
    );
    let error = host().load(&bytes).unwrap_err();
    assert!(
        matches!(error, LoadError::MissingExports { .. }),
        "{error:?}"
    );
}

#[test]
fn a_codec_is_granted_no_import_at_all() {
    let bytes = of_world(
        &["package wasi:clocks@0.2.3; interface wall-clock { f: func(); }"],
        "package test:codec;
         world w {
             include backendai:metric/metric-codec@0.1.0;
             import wasi:clocks/wall-clock@0.2.3;
         }",
    );
    let error = host().load_codec(&bytes).unwrap_err();
    assert!(
        matches!(error, LoadError::RefusedImports { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("granted are nothing"), "{error}");
}

#[tokio::test]
async fn a_plugin_is_a_codec_too() {
    let plugin = host().load(&plugin("unreachable")).unwrap();
    assert!(plugin.description().has_io());
    let config = crate::Config::new("h:1");
    let error = plugin.codec().metadata_request(&config).await;
    assert!(
        matches!(error, Err(crate::CallError::Trapped { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_address_with_a_secret_is_refused_and_the_plugin_is_not_told() {
    // It traps as soon as it is asked.
    let plugin = host().load(&plugin("unreachable")).unwrap();
    for address in [
        "http://user:s3cret@prometheus:9090",
        "http://prometheus:9090/?token=s3cret",
    ] {
        let config = crate::Config::new(address);
        let with_network = plugin.service(config.clone()).unwrap_err();
        let without = plugin.offline(config.clone()).unwrap_err();
        let by_codec = plugin.codec().metadata_request(&config).await.unwrap_err();
        assert!(
            matches!(
                by_codec.service(),
                Some(crate::ServiceError::InvalidArgument(wrong)) if wrong.field == "config.address"
            ),
            "{by_codec:?}"
        );
        let all = format!(
            "{with_network} {with_network:?} {without} {without:?} {by_codec} {by_codec:?}"
        );
        assert!(all.contains("prometheus:9090"), "{all}");
        assert!(!all.contains("s3cret"), "{all}");
    }
    // Anything else is for the plugin to judge.
    plugin.offline(crate::Config::new("no address")).unwrap();
}

#[test]
fn a_plugin_that_takes_too_long_to_compile_is_given_up() {
    let host = Host::new(HostOptions {
        limits: Limits {
            compile_timeout: std::time::Duration::ZERO,
            ..Limits::default()
        },
        compile_cache: CompileCache::Off,
    })
    .unwrap();
    let error = host.load(&plugin("unreachable")).unwrap_err();
    assert!(
        matches!(error, LoadError::CompileTimedOut { .. }),
        "{error:?}"
    );
}
