"""Places where a plugin runs: without a home, without files in memory, beside other threads; and where it may ask."""

import ctypes
import errno
import gc
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import Prometheus
from kit.scripted import ScriptedPrometheus
from test_service import QUERIES, columns

from metric_service import (
    Config,
    ConnectionFailed,
    Denied,
    MalformedResponse,
    MetricQuery,
    MetricService,
    Plugin,
    RangeOptions,
    Sender,
)

LOADS = "import sys; from metric_service import Plugin; Plugin.load(sys.argv[1], cache=True)"


@pytest.mark.parametrize("home", [None, "/proc", "/dev/null"])
def test_without_a_writable_home_the_cache_is_off(service_file: Path, home: str | None) -> None:
    environment = {} if home is None else {"HOME": home, "XDG_CACHE_HOME": f"{home}/cache"}
    ended = subprocess.run(
        [sys.executable, "-c", LOADS, str(service_file)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr


MEMFD_CREATE = {"x86_64": (0xC000003E, 319), "aarch64": (0xC00000B7, 279)}


def forbid_memory_files() -> None:
    """From now on this process gets EPERM for `memfd_create`, as some sandboxes have it."""
    architecture, number = MEMFD_CREATE[os.uname().machine]
    allow, refuse = 0x7FFF0000, 0x00050000 | 1
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, architecture), (6, 0, 0, allow), (0x20, 0, 0, 0)]
    program += [(0x15, 0, 1, number), (6, 0, 0, refuse), (6, 0, 0, allow)]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = ctypes.create_string_buffer(struct.pack("H6xQ", len(program), ctypes.addressof(filters)))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, head):
        os._exit(77)


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in MEMFD_CREATE, reason="seccomp's numbers are not known here"
)
def test_without_files_in_memory_it_runs_all_the_same(service_file: Path) -> None:
    program = """import os, sys; from metric_service import *
try: os.memfd_create("x")
except OSError: print("forbidden")
print(MetricService(Plugin.load(sys.argv[1]), Config("h:1")).build_promql(MetricQuery("mem", 0, 60))[:6])"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(service_file)],
        preexec_fn=forbid_memory_files,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if ended.returncode == 77:
        pytest.skip("this system takes no seccomp filter")
    assert ended.stdout.split() == ["forbidden", "sum", "by"], ended.stderr


def test_requests_go_to_the_configured_address_alone(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"body": "{}"}]) as other:
        # What a plugin would do that asks elsewhere: the service is told one address, the plugin another.
        service = MetricService(service_plugin, Config("127.0.0.1:9"), sender=Sender(allow=["127.0.0.1:9"]))
        with pytest.raises(Denied):
            service.call("query-metric", {"config": Config(other.authority), "query": QUERIES[0]})
        assert not other.sent
        for allowed in (other.authority, f"http://{other.authority}/prefix"):
            with pytest.raises(MalformedResponse):
                MetricService(service_plugin, Config(other.authority), sender=Sender(allow=[allowed])).query_metadata()
        assert other.sent


def test_credentials_are_added_after_the_request_has_left_the_plugin(service_plugin: Plugin) -> None:
    body = '{"status":"success","data":{"resultType":"matrix","result":[]}}'
    with ScriptedPrometheus([{"body": body}]) as prometheus:
        sender = Sender(headers={"authorization": "Bearer secret"})
        service = MetricService(service_plugin, prometheus.authority, sender=sender)
        service.query_range(MetricQuery("mem", "2026-01-05", "2026-01-06"), RangeOptions(cached=True))
        assert prometheus.sent
        for request in prometheus.sent:
            assert request["headers"]["authorization"] == "Bearer secret"
            assert "x-metric-cache" not in request["headers"]


def test_an_ipv6_address_is_asked(service_plugin: Plugin) -> None:
    import socket

    from kit.serving import answer, read_request

    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                read_request(connection)
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        address = f"[::1]:{listener.getsockname()[1]}"
        assert MetricService(service_plugin, address).query_metric(MetricQuery("mem", 0, 60)).series == []


def test_pages_and_pieces_have_the_points_of_the_whole(service: MetricService, prometheus: Prometheus) -> None:
    query, options = QUERIES[1], RangeOptions(cached=True, interval=3600)
    whole = columns(service.query_metric(query))
    points = sum(len(timestamps) for _, timestamps, _ in whole)

    pages = list(service.pages(query, options))
    assert len(pages) == len(service.plan(query, options).chunks) > 1
    assert sum(len(series.values) for page in pages for series in page.answer.series) == points

    with service.stream(query, options) as stream:
        assert stream.plan == service.plan(query, options)
        joined: dict[frozenset[tuple[str, str]], list[float]] = {}
        for piece in stream:
            assert not piece.partial and not piece.missing
            for series in piece.series:
                joined.setdefault(frozenset(series.labels.items()), []).extend(series.values)
    assert list(stream) == []
    result = service.query_metric(query)
    assert joined == {frozenset(series.labels.items()): series.values for series in result.series}


def test_a_stream_is_read_by_several_threads_one_after_the_other(service: MetricService) -> None:
    stream = service.stream(QUERIES[1], RangeOptions(cached=True, interval=600))
    pieces: list[object] = []
    failures: list[BaseException] = []

    def read() -> None:
        try:
            pieces.extend(stream)
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not failures
    assert len(pieces) == len(list(service.stream(QUERIES[1], RangeOptions(cached=True, interval=600))))


def test_any_verb_is_one_call(service: MetricService) -> None:
    planned = service.call("plan", {"query": QUERIES[0], "options": RangeOptions(interval=3600)})
    assert planned["chunks"] and planned == service.call(
        "plan", {"query": {"metric_name": "mem", "start": "2026-01-05", "end": "2026-01-05T04:00:00Z", "step": 60},
                 "options": {"interval": 3600}}
    )  # fmt: skip
    with pytest.raises(ValueError, match="query-everything"):
        service.call("query-everything")


def test_more_requests_at_once_than_a_call_may_have_are_refused(
    service_plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metric_service.wasi.REQUESTS", 2)
    with ScriptedPrometheus([{"fault": "stall"}]) as silent:
        service = MetricService(service_plugin, Config(silent.authority, timeout=1000))
        answer = service.query_range(QUERIES[0], RangeOptions(cached=True, interval=3600, partial=True))
    said = {str(chunk.error) for chunk in answer.missing}
    assert "too many connections are open" in said and len(silent.sent) == 2


def test_a_machine_without_free_ports_is_said_to_be_one(
    service_plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_free(*_: object, **__: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    monkeypatch.setattr("http.client.HTTPConnection.connect", none_free)
    with pytest.raises(ConnectionFailed, match="no local port is free"):
        MetricService(service_plugin, Config("127.0.0.1:9", timeout=2000)).query_metric(QUERIES[0])


def test_memory_does_not_grow_with_calls(service_plugin: Plugin) -> None:
    with ScriptedPrometheus(
        [{"body": '{"status":"success","data":{"resultType":"matrix","result":[]}}'}]
    ) as prometheus:
        service = MetricService(service_plugin, Config(prometheus.authority))

        def resident_kilobytes(calls: int) -> int:
            for _ in range(calls):
                service.query_metric(QUERIES[0])
            gc.collect()
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024

        before = resident_kilobytes(100)
        # A byte that stays for each of a call's thirty values would be more than this.
        assert resident_kilobytes(1500) - before < 4 << 10
