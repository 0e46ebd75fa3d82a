//! Tests of plugins that the host loads, and of those that it refuses.

use super::*;
use metric_test_plugins::{TestPlugin, WITHOUT_IO, plugin};

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
    let endless = host().load_file("/dev/zero").unwrap_err();
    assert!(matches!(endless, LoadError::NotAFile { .. }), "{endless:?}");
}

#[test]
fn a_plugin_with_functions_of_other_types_is_of_the_wrong_world() {
    let bytes = TestPlugin::new("unreachable")
        .world(
            &[],
            "package backendai:metric@0.2.5;
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
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/").to_owned() + name;
        std::fs::read_to_string(path).unwrap()
    };
    let service = wit("metric-service.wit");
    let changed = service.replace("result<string, error>", "result<u32, error>");
    assert_ne!(service, changed);
    let contract = [
        "package backendai:metric@0.2.9;",
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
            &["package wasi:clocks@0.2.99; interface monotonic-clock { stop: func(); }"],
            "package test:plugin;
             world w {
                 include backendai:metric/metric-plugin@0.2.0;
                 import wasi:clocks/monotonic-clock@0.2.99;
             }",
        )
        .build();
    let error = host().load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::Link { .. }), "{error:?}");
}

#[test]
fn a_plugin_whose_code_is_invalid_is_not_compiled() {
    let error = host().load(&invalid_plugin()).unwrap_err();
    assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
}

/// One in which the opcode of `unreachable` became one that does not exist.
fn invalid_plugin() -> Vec<u8> {
    let mut bytes = plugin("unreachable");
    let at = bytes.windows(3).position(|w| w == [0x00, 0x00, 0x0b]);
    bytes[at.unwrap() + 1] = 0xff;
    bytes
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

#[test]
fn an_entry_of_the_compile_cache_that_cannot_be_read_is_a_miss() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = TestPlugin::new("unreachable")
        .function("detect-metric-type", "(i32.const 1)")
        .build();
    let load = || {
        let host = Host::new(HostOptions {
            compile_cache: CompileCache::Directory(directory.path().join("cache")),
            ..HostOptions::default()
        })
        .unwrap();
        host.load(&bytes)
    };
    load().unwrap();
    // Twice: what took the place of the first is damaged, too.
    for entries in [1, 2] {
        assert_eq!(damage_entries(directory.path()), entries);
        load().unwrap();
        load().unwrap();
    }
    // A plugin that cannot be compiled is not taken for a damaged entry.
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Directory(directory.path().join("cache")),
        ..HostOptions::default()
    })
    .unwrap();
    let error = host.load(&invalid_plugin()).unwrap_err();
    assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
}

/// Damages what wasmtime reads last of each compiled plugin below a folder: not the code, and not the header that it
/// looks at before it trusts the rest. Returns how many there are.
fn damage_entries(folder: &Path) -> usize {
    use object::{Object as _, ObjectSection as _};

    let mut damaged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damaged += damage_entries(&path);
        } else if path.extension().is_none() {
            let packed = std::fs::read(&path).unwrap();
            let mut bytes = zstd::decode_all(&*packed).unwrap();
            let file = object::File::parse(&*bytes).unwrap();
            let section = file.section_by_name(".wasmtime.info").unwrap();
            let (start, length) = section.file_range().unwrap();
            let range = start as usize..(start + length) as usize;
            bytes[range].fill(0xff);
            std::fs::write(&path, zstd::encode_all(&*bytes, 0).unwrap()).unwrap();
            damaged += 1;
        }
    }
    damaged
}

#[cfg(target_os = "linux")]
mod refusing_systems {
    //! A system that refuses one thing, to one thread and those that it starts.

    use super::*;
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use std::{collections::BTreeMap, thread};

    const EPERM: u32 = 1;
    const EAGAIN: u32 = 11;
    const EMFILE: u32 = 24;
    #[cfg(target_arch = "x86_64")]
    const MEMFD_CREATE: i64 = 319;
    #[cfg(target_arch = "aarch64")]
    const MEMFD_CREATE: i64 = 279;
    const CLONE3: i64 = 435;

    /// Does something where a system call fails with this error.
    fn where_it_fails<R: Send>(call: i64, error: u32, work: impl FnOnce() -> R + Send) -> R {
        thread::scope(|scope| {
            let refused = scope.spawn(|| {
                let filter = SeccompFilter::new(
                    BTreeMap::from([(call, Vec::new())]),
                    SeccompAction::Allow,
                    SeccompAction::Errno(error),
                    std::env::consts::ARCH.try_into().unwrap(),
                );
                let program = BpfProgram::try_from(filter.unwrap()).unwrap();
                seccompiler::apply_filter(&program).unwrap();
                work()
            });
            refused.join().unwrap()
        })
    }

    fn with_data() -> Vec<u8> {
        TestPlugin::new("unreachable")
            .function("detect-metric-type", "(i32.load8_u (i32.const 1024))")
            .extra("(data (i32.const 1024) \"\\01\")")
            .build()
    }

    #[test]
    fn where_files_in_memory_are_forbidden_the_host_goes_on_without_copy_on_write() {
        let detected = where_it_fails(MEMFD_CREATE, EPERM, || {
            // With a pool and without.
            [1, 1 << 20].map(|concurrent_calls| {
                let host = Host::new(HostOptions {
                    limits: Limits {
                        concurrent_calls,
                        ..Limits::default()
                    },
                    compile_cache: CompileCache::Off,
                })
                .unwrap();
                let plugin = host.load(&with_data()).unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let detect = plugin.codec().detect_metric_type("mem", None);
                runtime.block_on(detect).unwrap()
            })
        });
        assert_eq!(detected, [crate::MetricType::Rate; 2]);
    }

    #[test]
    fn a_plugin_is_not_blamed_for_a_want_of_descriptors() {
        let host = host();
        let bytes = with_data();
        let error = where_it_fails(MEMFD_CREATE, EMFILE, || host.load(&bytes).unwrap_err());
        assert!(
            matches!(error, LoadError::OutOfResources { .. }),
            "{error:?}"
        );
        host.load(&bytes).unwrap();
    }

    #[test]
    fn a_plugin_is_not_blamed_for_a_want_of_threads() {
        let host = host();
        let bytes = with_data();
        let error = where_it_fails(CLONE3, EAGAIN, || host.load(&bytes).unwrap_err());
        assert!(
            matches!(error, LoadError::OutOfResources { .. }),
            "{error:?}"
        );
        host.load(&bytes).unwrap();
    }

    #[test]
    fn a_host_that_is_granted_no_thread_says_so_and_does_not_panic() {
        let folder = tempfile::tempdir().unwrap();
        for error in [EAGAIN, EPERM] {
            for compile_cache in [
                CompileCache::Off,
                CompileCache::Directory(folder.path().join("cache")),
            ] {
                let options = HostOptions {
                    compile_cache,
                    ..HostOptions::default()
                };
                let refused = where_it_fails(CLONE3, error, || Host::new(options).unwrap_err());
                assert!(
                    matches!(refused, HostError::OutOfResources { .. }),
                    "{refused:?}"
                );
            }
        }
    }
}

/// A component of a world in this WIT, in which all functions do nothing good.
fn of_world(packages: &[&str], world: &str) -> Vec<u8> {
    TestPlugin::new("unreachable")
        .world(packages, world)
        .build()
}

#[tokio::test]
async fn a_component_without_io_is_loaded_as_a_codec_and_not_as_a_plugin() {
    let bytes = of_world(&[], WITHOUT_IO);
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
        &["package wasi:clocks@0.2.3; interface monotonic-clock { f: func(); }"],
        "package test:codec;
         world w {
             include backendai:metric/metric-codec@0.2.0;
             import wasi:clocks/monotonic-clock@0.2.3;
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

#[test]
fn a_host_of_one_plugin_loads_no_other_by_any_way_in() {
    let (wanted, other) = (plugin("unreachable"), plugin("(loop (br 0)) unreachable"));
    let any = host();
    let one = any.only(PluginDigest::of(&wanted));
    one.load(&wanted).unwrap();
    any.load(&other).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.wasm");
    std::fs::write(&path, &other).unwrap();
    for refused in [
        one.load(&other).err(),
        one.load_codec(&other).err(),
        one.load_file(&path).err(),
        // Whatever it is: nothing of another file is looked at.
        one.load(b"no component").err(),
    ] {
        let refused = refused.unwrap();
        assert!(
            matches!(refused, LoadError::AnotherFile { .. }),
            "{refused:?}"
        );
    }
    std::fs::write(&path, &wanted).unwrap();
    one.load_file(&path).unwrap();
}

#[test]
fn a_file_that_is_exchanged_while_it_is_loaded_is_loaded_as_it_was_or_refused() {
    let (wanted, other) = (plugin("unreachable"), plugin("(loop (br 0)) unreachable"));
    let one = host().only(PluginDigest::of(&wanted));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.wasm");
    std::fs::write(&path, &wanted).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for bytes in [&other, &wanted].into_iter().cycle() {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                std::fs::write(&path, bytes).unwrap();
            }
        });
        for _ in 0..50 {
            match one.load_file(&path) {
                // Described from the bytes that were compiled; the other is longer.
                Ok(loaded) => assert_eq!(loaded.description().size_bytes, wanted.len() as u64),
                // Half written, or the other.
                Err(error) => assert!(matches!(error, LoadError::AnotherFile { .. }), "{error:?}"),
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
