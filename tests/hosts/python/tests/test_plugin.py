"""What a plugin may import and use: refused when it is loaded, ended when it runs away."""

import time

import pytest
from wasmtime import wat2wasm

from metric_service import Codec, Config, Limits, MetricQuery, Plugin, PluginRefused, PluginTrapped
from metric_service.plugin import ALLOWED_IMPORTS


def component(body: str) -> bytes:
    return bytes(wat2wasm(f"(component {body})"))


# Exports `backendai:metric/codec@0.2.0` with one function, made of this core code.
def with_codec(code: str) -> bytes:
    return component(f"""
        (core module $m {code})
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $codec (export "spin" (func $f)))
        (export "backendai:metric/codec@0.2.0" (instance $codec))""")


def test_the_codec_imports_nothing(codec_plugin: Plugin) -> None:
    assert codec_plugin.imports == []


def test_the_service_imports_what_the_contract_names(service_plugin: Plugin) -> None:
    assert {name.partition("@")[0] for name in service_plugin.imports} == ALLOWED_IMPORTS


def test_a_component_that_asks_for_more_is_refused() -> None:
    greedy = component('(import "wasi:filesystem/types@0.2.0" (instance)) (import "wasi:io/poll@0.2.0" (instance))')
    with pytest.raises(PluginRefused, match=r"imports what it may not: wasi:filesystem/types@0\.2\.0$"):
        Plugin(greedy)


@pytest.mark.parametrize("wasm", [b"", b"\0asm\1\0\0\0", b"not wasm"])
def test_what_is_no_component_is_refused(wasm: bytes) -> None:
    with pytest.raises(PluginRefused, match="not a component"):
        Plugin(wasm)


def test_a_component_without_the_interface_is_refused_by_name() -> None:
    with pytest.raises(PluginRefused, match=r"backendai:metric/json-codec@0\.2\.0 call"):
        Codec(Plugin(component("")), Config("h:1")).build_promql(MetricQuery("mem", 0, 60))


def test_a_call_that_computes_for_ever_is_ended() -> None:
    plugin = Plugin(with_codec('(func (export "f") (loop $l (br $l)))'), limits=Limits(compute_seconds=1))
    start = time.monotonic()
    with pytest.raises(PluginTrapped, match="interrupt"):
        plugin.call("codec", "spin")
    assert time.monotonic() - start < 10


def test_a_trap_ends_the_call_and_the_next_one_gets_a_fresh_instance() -> None:
    # Traps when called a second time in the same instance.
    once = '(global $n (mut i32) (i32.const 0)) (func (export "f") %s (global.set $n (i32.const 1)))'
    plugin = Plugin(with_codec(once % "(if (global.get $n) (then unreachable))"))
    for _ in range(3):
        plugin.call("codec", "spin")
    with pytest.raises(PluginTrapped, match="unreachable"):
        Plugin(with_codec(once % "unreachable")).call("codec", "spin")


def test_memory_is_limited(codec_plugin: Plugin) -> None:
    limited = codec_plugin.limited(Limits(memory_bytes=4 << 20))
    small = Codec(limited, Config("h:1"))
    assert small.build_promql(MetricQuery("mem", 0, 60)).startswith("sum by")
    with pytest.raises(PluginTrapped):
        small.metric_response(MetricQuery("mem", 0, 60), 200, "x" * (8 << 20))
    # The other view of the same component keeps its own limits.
    Codec(codec_plugin, Config("h:1")).metric_request(MetricQuery("mem", 0, 60))


def test_a_plugin_without_the_components_beside_it_says_where_they_are() -> None:
    with pytest.raises(PluginRefused, match=r"Plugin\.load"):
        Plugin.bundled("there_is_no_such")


def test_a_function_that_is_not_offered_ends_the_call_that_comes_to_it() -> None:
    asks = component("""
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "travel" (func))))
        (core func $travel (canon lower (func $clock "travel")))
        (core module $m (import "" "travel" (func $travel)) (func (export "f") (call $travel)))
        (core instance $i (instantiate $m (with "" (instance (export "travel" (func $travel))))))
        (func $f (canon lift (core func $i "f")))
        (instance $codec (export "spin" (func $f)))
        (export "backendai:metric/codec@0.2.0" (instance $codec))""")
    with pytest.raises(PluginTrapped, match="travel"):
        Plugin(asks).call("codec", "spin")


def test_a_plugin_that_keeps_all_it_gets_is_ended() -> None:
    keeps = component("""
        (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
            (alias outer 1 $pollable (type $own))
            (export "subscribe-duration" (func (param "when" u64) (result (own $own))))))
        (core func $subscribe (canon lower (func $clock "subscribe-duration")))
        (core module $m
            (import "" "subscribe" (func $subscribe (param i64) (result i32)))
            (func (export "f") (loop $l (drop (call $subscribe (i64.const 1))) (br $l))))
        (core instance $i (instantiate $m (with "" (instance (export "subscribe" (func $subscribe))))))
        (func $f (canon lift (core func $i "f")))
        (instance $codec (export "spin" (func $f)))
        (export "backendai:metric/codec@0.2.0" (instance $codec))""")
    with pytest.raises(PluginTrapped, match="more than 10000 resources"):
        Plugin(keeps).call("codec", "spin")
