"""What it costs, in microseconds: `python -m metric_service.bench [metric_codec.wasm]` prints a table.

Nothing is sent. A number is the least of many runs, as `timeit` advises: what comes on top is the machine's other work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Func, Linker

from .doors import DoorName, JsonDoor, document, lower
from .plugin import PACKAGE, VERSION, Plugin
from .types import Config, Dimension, MetricQuery, ValueType
from .verbs import Codec

POINTS = 20_000
SECONDS_EACH = 1.0
"""How long each number is measured. Ten runs take longer only for the slowest of them."""

CONFIG = Config("127.0.0.1:9090")
QUERY = MetricQuery("mem", 0, 1_999 * 30, 30, group_by=[Dimension.KERNEL_ID])

# Two functions that do nothing but hand over: 20,000 doubles, and a text as long as those would be in JSON.
HANDOVER = f"""
(component
  (core module $m
    (memory (export "memory") 16)
    (func $give (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (local.get 0)) (i32.const 0))
    (func (export "numbers") (result i32) (call $give (i32.const {POINTS})))
    (func (export "text") (result i32) (call $give (i32.const {POINTS * 20}))))
  (core instance $i (instantiate $m))
  (func (export "numbers") (result (list f64)) (canon lift (core func $i "numbers") (memory (core memory $i "memory"))))
  (func (export "text") (result string) (canon lift (core func $i "text") (memory (core memory $i "memory")))))
"""


def least(*runs: Callable[[], object]) -> list[float]:
    """The least duration of each, in microseconds. They take turns."""
    for run in runs:
        run()
    times: list[list[float]] = [[] for _ in runs]
    end = time.perf_counter() + SECONDS_EACH * len(runs)
    while len(times[0]) < 10 or (time.perf_counter() < end and len(times[0]) < 5_000):
        for run, taken in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return [min(taken) * 1e6 for taken in times]


def body(series: int, points: int) -> str:
    """An answer of Prometheus, with values of some fifteen digits as averages have them."""
    return json.dumps(
        {
            "status": "success",
            "data": {
                "resultType": "matrix",
                "result": [
                    {
                        "metric": {"kernel_id": f"kernel-{s}", "value_type": "current"},
                        "values": [[p * 30, repr(1000 * s + p + 1 / (p + 3))] for p in range(points)],
                    }
                    for s in range(series)
                ],
            },
        }
    )


def warm(wasm: bytes, interface: str, function: str) -> tuple[Store, Func]:
    """A function in an instance that is kept: what a call costs without making one."""
    engine = Engine()
    store = Store(engine)
    component = Component(engine, wasm)
    instance = Linker(engine).instantiate(store, component)
    outer = component.get_export_index(f"{PACKAGE}/{interface}@{VERSION}")
    index = component.get_export_index(function, outer)
    found = instance.get_func(store, index) if index is not None else None
    if found is None:
        raise SystemExit(f"the component has no {interface} {function}")
    return store, found


def handover() -> tuple[Store, Func, Func]:
    """The two functions of `HANDOVER`."""
    engine = Engine()
    store = Store(engine)
    instance = Linker(engine).instantiate(store, Component(engine, HANDOVER))
    numbers, text = instance.get_func(store, "numbers"), instance.get_func(store, "text")
    if numbers is None or text is None:
        raise AssertionError("the component above exports both")
    return store, numbers, text


def main() -> None:
    """Measures and prints."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("METRIC_CODEC", "metric_codec.wasm"))
    wasm = (file / "metric_codec.wasm" if file.is_dir() else file).read_bytes()
    plugin = Plugin(wasm)
    json_codec, typed_codec = (Codec(plugin, CONFIG, door=door) for door in _doors())
    print("| microseconds | JSON door | typed door |")
    print("|---|---:|---:|")

    def row(name: str, json_run: Callable[[], object], typed_run: Callable[[], object]) -> None:
        times = least(json_run, typed_run)
        print(f"| {name} | {times[0]:,.0f} | {times[1]:,.0f} |", flush=True)

    json_store, json_detect = warm(wasm, "json-codec", "call")
    typed_store, typed_detect = warm(wasm, "codec", "detect-metric-type")
    detect = json.dumps({"metric_name": "cpu_util", "value_type": "current"})
    row(
        "a call (`detect-metric-type`), in an instance that is kept",
        lambda: json.loads(json_detect(json_store, "detect-metric-type", detect, "")),
        lambda: typed_detect(typed_store, "cpu_util", "current"),
    )
    row(
        "the same, in a fresh instance, as this package calls",
        lambda: json_codec.detect_metric_type("cpu_util", ValueType.CURRENT),
        lambda: typed_codec.detect_metric_type("cpu_util", ValueType.CURRENT),
    )
    row(
        "`build_promql`",
        lambda: json_codec.build_promql(QUERY),
        lambda: typed_codec.build_promql(QUERY),
    )
    small, large = body(1, 60), body(10, POINTS // 10)
    row(
        "a small answer, 60 points: text of Prometheus to `MetricResult`",
        lambda: json_codec.metric_response(QUERY, 200, small),
        lambda: typed_codec.metric_response(QUERY, 200, small),
    )
    row(
        f"{POINTS:,} points in 10 series: text of Prometheus to `MetricResult`",
        lambda: json_codec.metric_response(QUERY, 200, large),
        lambda: typed_codec.metric_response(QUERY, 200, large),
    )
    door = JsonDoor(plugin)
    request = json.dumps(document({"config": CONFIG, "query": QUERY, "status": 200}))
    answer = door.text("codec", "metric-response", request, large)
    lowered = [lower(CONFIG), lower(QUERY), 200, large]
    row(
        f"{POINTS:,} points: the call alone (a text; the package's `Record`)",
        lambda: door.text("codec", "metric-response", request, large),
        lambda: plugin.call("codec", "metric-response", *lowered),
    )
    print(f"| {POINTS:,} points: `json.loads` of that text | {least(lambda: json.loads(answer))[0]:,.0f} | |")
    result = json_codec.metric_response(QUERY, 200, large)
    print(f"| {POINTS:,} points: `MetricResult.to_frame` | {least(result.to_frame)[0]:,.0f} | same |")
    store, numbers, text = handover()
    row(
        f"{POINTS:,} numbers handed over and nothing else: as a text of {POINTS * 20 // 1000} kB; as `list<f64>`",
        lambda: text(store),
        lambda: numbers(store),
    )


def _doors() -> tuple[DoorName, DoorName]:
    return "json", "typed"


if __name__ == "__main__":
    main()
