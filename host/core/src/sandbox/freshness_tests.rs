//! The test that a fresh instance is fresh: one call after the other in the same slot of the pool, each of which looks
//! for what the one before has left.
//!
//! The kernel is made to move pages meanwhile where it lets us (root on Linux): a reset that asks the kernel which
//! pages were written misses those that are being moved. `cargo xtask freshness` does so for minutes.

use std::{
    fs::OpenOptions,
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use wasmtime::{Linker, Module, Store};

use super::engine;
use crate::{CompileCache, Host, HostOptions, Limits, MetricType};
use metric_test_plugins::{TestPlugin, WITHOUT_IO};

/// The variable with the seconds to look for. A second shows a reset that is left out, and not always one that misses a
/// page.
const TIME: &str = "METRIC_FRESHNESS_SECONDS";

/// One call at a time and no instance made ahead, so that each is in the slot of the one before.
fn one_slot() -> Limits {
    Limits {
        concurrent_calls: 1,
        ready_instances: 0,
        ..Limits::default()
    }
}

/// Makes the kernel move pages until it is told to stop. False: it does not let us.
fn compact_until(stop: &AtomicBool) -> bool {
    let compact = || {
        let mut file = OpenOptions::new()
            .write(true)
            .open("/proc/sys/vm/compact_memory")?;
        file.write_all(b"1")
    };
    while !stop.load(Ordering::Relaxed) {
        if compact().is_err() {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Makes calls that say whether their instance was fresh, until the time is over. All have to be.
fn all_are_fresh(what: &str, mut is_fresh: impl FnMut() -> bool) {
    let seconds = std::env::var(TIME).map_or(1, |seconds| seconds.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let stop = AtomicBool::new(false);
    let (mut calls, mut leaks) = (0_u64, 0_u64);
    let moved = thread::scope(|scope| {
        let kernel = scope.spawn(|| compact_until(&stop));
        while calls < 2 || Instant::now() < end {
            leaks += u64::from(!is_fresh());
            calls += 1;
        }
        stop.store(true, Ordering::Relaxed);
        kernel.join().unwrap()
    });
    println!(
        "{what}: {} pairs of calls, pages {} meanwhile; {leaks} saw what the former call had written",
        calls - 1,
        if moved { "moved" } else { "not moved" },
    );
    assert_eq!(leaks, 0);
}

#[test]
fn no_call_sees_what_the_one_before_wrote_to_memory_or_table() {
    // In as many pages of 4 KiB as a small query of the plugin's writes to, beyond what the component itself uses, and
    // in the second page of a table: "gauge" if they were empty, else "diff".
    let body = "
        (local $at i32) (local $found i32)
        (drop (memory.grow (i32.const 8)))
        (local.set $at (i32.const 131072))
        (loop $pages
            (if (i32.load offset=64 (local.get $at)) (then (local.set $found (i32.const 2))))
            (i32.store offset=64 (local.get $at) (i32.const 0x5ec2e7))
            (local.set $at (i32.add (local.get $at) (i32.const 4096)))
            (br_if $pages (i32.lt_u (local.get $at) (i32.const 376832))))
        (if (i32.eqz (ref.is_null (table.get $table (i32.const 1000))))
            (then (local.set $found (i32.const 2))))
        (table.set $table (i32.const 1000) (ref.func $secret))
        (local.get $found)";
    let witness = TestPlugin::new("unreachable")
        .world(&[], WITHOUT_IO)
        .function("detect-metric-type", body)
        .extra("(table $table 2000 funcref) (func $secret) (elem declare func $secret)")
        .build();
    let host = Host::new(HostOptions {
        limits: one_slot(),
        compile_cache: CompileCache::Off,
    })
    .unwrap();
    let codec = host.load_codec(&witness).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    all_are_fresh("through the host", || {
        let seen = runtime.block_on(codec.detect_metric_type("mem", None));
        seen.unwrap() == MetricType::Gauge
    });
}

/// The host's pool, but for the memory that is wiped by hand: all of it. So a page that the reset misses is one among
/// 16,000 and not among 64, and a reset that can miss one does so within seconds.
#[test]
fn no_call_sees_what_the_one_before_wrote_to_sixty_megabytes() {
    let mut pool = engine::pool(&one_slot());
    pool.linear_memory_keep_resident(64 << 20);
    let engine = engine::from_pool(pool, &one_slot(), None).unwrap();
    let text = r#"(module (memory 1024) (data (i32.const 0) "image")
        (func (export "look and write") (result i32)
            (local $at i32) (local $found i32)
            (local.set $at (i32.const 4096))
            (loop $pages
                (if (i32.load offset=64 (local.get $at)) (then (local.set $found (i32.const 1))))
                (i32.store offset=64 (local.get $at) (i32.const 0x5ec2e7))
                (local.set $at (i32.add (local.get $at) (i32.const 4096)))
                (br_if $pages (i32.lt_u (local.get $at) (i32.const 65536000))))
            (local.get $found)))"#;
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let instance = Linker::<()>::new(&engine).instantiate_pre(&module).unwrap();
    all_are_fresh("60 MB, wiped by hand", || {
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = instance.instantiate(&mut store).unwrap();
        let look = instance.get_typed_func::<(), i32>(&mut store, "look and write");
        look.unwrap().call(&mut store, ()).unwrap() == 0
    });
}
