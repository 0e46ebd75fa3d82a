"""`metric.h` held to the shared cases, through ctypes, as any language would bind it; threads, leaks, limits."""

import ctypes
import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Prometheus, wasm_file
from kit.cases import Case, config_of, has_records, load_cases, sends
from kit.left_out import WASI_HTTP, playable
from kit.play import play_pure, play_texts, play_with_io
from kit.scripted import ScriptedPrometheus
from kit.serving import answer, read_request, serving
from wasmtime import wat2wasm

from metric_service import (
    Codec,
    Config,
    FailedToGetMetric,
    Limits,
    MetricQuery,
    MetricService,
    PluginError,
    PluginTrapped,
)

HERE = Path(__file__).parent
CASES = load_cases()
PURE = [case for case in CASES if has_records(case) and not sends(case)]
WITH_IO = [case for case in CASES if has_records(case) and sends(case)]
TEXTS = [case for case in CASES if not has_records(case)]
QUERY = MetricQuery("mem", "2026-01-05", "2026-01-05T01:00:00Z", 60)


class CLimits(ctypes.Structure):
    _fields_ = (("memory_bytes", ctypes.c_int64), ("compute_seconds", ctypes.c_uint32))


LIBRARY = ctypes.CDLL(str(HERE / "libmetric.so"))
Text = ctypes.c_void_p
Error = ctypes.POINTER(Text)
for function, result, arguments in (
    ("metric_load", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(CLimits), Error]),
    ("metric_call", Text, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, Error]),
    (
        "metric_codec_call",
        Text,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, Error],
    ),
    ("metric_free", None, [Text]),
    ("metric_unload", None, [ctypes.c_void_p]),
):
    getattr(LIBRARY, function).restype, getattr(LIBRARY, function).argtypes = result, arguments


def taken(text: int | None) -> str:
    assert text is not None
    try:
        return ctypes.string_at(text).decode()
    finally:
        LIBRARY.metric_free(text)


class CPlugin:
    """What the package's `Plugin` is, for the JSON door."""

    def __init__(self, wasm: bytes, limits: Limits | None = None) -> None:
        self._wasm = wasm
        self._limited: dict[Limits, CPlugin] = {}
        error = Text()
        given = CLimits(limits.memory_bytes, int(limits.compute_seconds)) if limits else None
        self._plugin = LIBRARY.metric_load(wasm, len(wasm), given, ctypes.byref(error))
        if not self._plugin:
            raise PluginError(taken(error.value))

    def __del__(self) -> None:
        LIBRARY.metric_unload(self._plugin)

    def limited(self, limits: Limits) -> "CPlugin":
        # Loading compiles; the cases have few limits.
        if limits not in self._limited:
            self._limited[limits] = CPlugin(self._wasm, limits)
        return self._limited[limits]

    def call(self, interface: str, _function: str, verb: str, request: str, body: str = "", sender: Any = None) -> str:
        error, texts = Text(), (verb.encode(), request.encode())
        if interface == "json":
            came = LIBRARY.metric_call(self._plugin, *texts, ctypes.byref(error))
        else:
            raw = body.encode()
            came = LIBRARY.metric_codec_call(self._plugin, *texts, raw, len(raw), ctypes.byref(error))
        if not came:
            raise PluginTrapped(taken(error.value))
        return taken(came)


@pytest.fixture(scope="session")
def service() -> Any:
    return CPlugin(wasm_file("METRIC_PLUGIN", "metric_service.wasm").read_bytes())


@pytest.fixture(scope="session")
def codec() -> Any:
    return CPlugin(wasm_file("METRIC_CODEC", "metric_codec.wasm").read_bytes())


@playable(PURE, {})
def test_the_cases_without_io(case: Case, codec: Any, service: Any) -> None:
    for plugin in (codec, service):
        differences = play_pure(case, Codec(plugin, config_of(case)))
        assert not differences, "\n".join([case["about"], *differences])


@playable(WITH_IO, WASI_HTTP)
def test_the_cases_with_io(case: Case, service: Any) -> None:
    differences = play_with_io(case, service, "json")
    assert not differences, "\n".join([case["about"], *differences])


@playable(TEXTS, {})
def test_the_cases_of_texts(case: Case, service: Any) -> None:
    differences = play_texts(case, service)
    assert not differences, "\n".join([case["about"], *differences])


def test_a_real_prometheus_is_asked(service: Any, prometheus: Prometheus) -> None:
    assert MetricService(service, prometheus.address).query_metric(QUERY).series


def test_the_example_prints_an_answer(prometheus: Prometheus) -> None:
    command = [HERE / "example", wasm_file("METRIC_PLUGIN", "metric_service.wasm"), prometheus.address]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert '"unit":"bytes"' in said.stdout


def test_what_calls_cost_is_told(prometheus: Prometheus) -> None:
    subprocess.run(["make", "--quiet", "calls"], cwd=HERE, timeout=60, check=True)
    command = [HERE / "calls", wasm_file("METRIC_PLUGIN", "metric_service.wasm"), prometheus.address, "40"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"(\d+: [1-9]\d* MiB\n){5}[1-9]\d* calls/s\n", said.stdout), said.stdout


@pytest.mark.parametrize(
    ("wasm", "why"),
    [
        (b"", "a"),
        (b"not wasm", "a"),
        (bytes(wat2wasm("(component)")), "neither"),
        (bytes(wat2wasm('(component (import "wasi:filesystem/types@0.2.0" (instance)))')), "imports what it may not"),
    ],
)
def test_what_is_no_plugin_is_refused_in_words(wasm: bytes, why: str) -> None:
    with pytest.raises(PluginError, match=why):
        CPlugin(wasm)


def test_a_codec_has_no_verbs_that_send(codec: Any) -> None:
    with pytest.raises(PluginTrapped, match="codec"):
        codec.call("json", "call", "query-metric", "{}")


SPINS = bytes(
    wat2wasm("""(component
        (core module $m (memory (export "m") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "f") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) unreachable))
        (core instance $i (instantiate $m))
        (func $f (param "verb" string) (param "request" string) (result string)
            (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "realloc"))))
        (instance $json (export "call" (func $f)))
        (export "backendai:metric/json@0.2.0" (instance $json)))""")
)


def test_a_call_that_computes_for_ever_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(PluginTrapped, match="computed for longer"):
        CPlugin(SPINS, Limits(compute_seconds=1)).call("json", "call", "spin", "{}")
    assert time.monotonic() - start < 20


def test_waiting_is_no_time_to_compute(service: Any) -> None:
    def late(connection: Any) -> None:
        read_request(connection)
        time.sleep(3)
        answer(connection)

    with serving(late) as address:
        limited = service.limited(Limits(compute_seconds=1))
        assert MetricService(limited, Config(address, timeout=20_000)).query_metric(QUERY).series == []


NO_UTF8 = [
    b"\xff",
    b"\x80",
    b"a\xc2",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf0\x9f\x98",
]


@pytest.mark.parametrize("raw", NO_UTF8)
def test_bytes_that_are_no_text_are_refused(codec: Any, raw: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        raw.decode()
    for verb, request, body in ((b"metric-response", b"{}", raw), (raw, b"{}", b""), (b"build-promql", raw, b"")):
        error = Text()
        assert not LIBRARY.metric_codec_call(codec._plugin, verb, request, body, len(body), ctypes.byref(error))
        assert taken(error.value) == "an argument is not UTF-8"


@pytest.mark.parametrize("text", ["é", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "😀", "\U0010ffff"])
def test_every_text_is_taken(codec: Any, text: str) -> None:
    with pytest.raises(FailedToGetMetric) as caught:
        Codec(codec, "h:1").metric_response(QUERY, 500, f"<{text}>")
    assert caught.value.message == f"<{text}>"


def test_threads_share_a_plugin(service: Any, prometheus: Prometheus) -> None:
    verbs = MetricService(service, prometheus.address)
    alone = verbs.query_metric(QUERY)
    with ThreadPoolExecutor(8) as threads:
        assert all(result == alone for result in threads.map(lambda _: verbs.query_metric(QUERY), range(200)))


def test_ten_thousand_calls_leave_nothing(codec: Any, service: Any) -> None:
    body = '{"status":"success","data":{"resultType":"matrix","result":[]}}'

    def resident_kilobytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024

    with ScriptedPrometheus([{"body": body}]) as prometheus:
        sends, builds = MetricService(service, prometheus.authority), Codec(codec, "h:1")
        for calls in (200, 10_000):
            before = resident_kilobytes()
            for number in range(calls):
                builds.build_promql(QUERY)
                if number % 10 == 0:
                    sends.query_metric(QUERY)
    assert resident_kilobytes() - before < 8 << 10


def test_plugins_come_and_go(service: Any) -> None:
    for _ in range(5):
        CPlugin(SPINS)
    deadline = time.monotonic() + 5
    while threading.active_count() > 50 and time.monotonic() < deadline:
        time.sleep(0.1)
    # Each has a thread that advances its clock; those of plugins that are gone are gone.
    assert len(os.listdir("/proc/self/task")) < 60
