"""Waiting: it is no time to compute, and who no longer waits ends the call at once."""

import asyncio
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from kit.serving import answer, answer_in_chunks, long_answer, read_request, serving

from metric_service import (
    AsyncMetricService,
    Codec,
    Config,
    Limits,
    MetricQuery,
    MetricService,
    Plugin,
    TimedOut,
)
from metric_service.over_httpx import AsyncHttpxService, HttpxService

QUERY = MetricQuery("mem", "2026-01-05", "2026-01-05T01:00:00Z", 60)


class Silent:
    """A server that reads requests and never answers; knows how many connections are open."""

    def __init__(self) -> None:
        self.open = 0
        self.came = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        self.open += 1
        try:
            if read_request(connection):
                self.came.set()
            connection.recv(1)
        finally:
            self.open -= 1

    def all_gone(self) -> bool:
        deadline = time.monotonic() + 5
        while self.open and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.open == 0


def after(seconds: float) -> Callable[[socket.socket], None]:
    def answer_late(connection: socket.socket) -> None:
        while read_request(connection):
            time.sleep(seconds)
            answer(connection)

    return answer_late


def test_waiting_for_prometheus_is_no_time_to_compute(service_plugin: Plugin) -> None:
    with serving(after(4)) as address:
        limited = service_plugin.limited(Limits(compute_seconds=1))
        assert MetricService(limited, Config(address, timeout=20_000)).query_metric(QUERY).series == []


def test_an_answer_after_more_than_a_minute_is_an_answer(service_plugin: Plugin) -> None:
    with serving(after(63)) as address:
        assert MetricService(service_plugin, Config(address, timeout=90_000)).query_metric(QUERY).series == []


def test_ctrl_c_ends_a_call_at_once(service_file: Path) -> None:
    silent = Silent()
    program = """
        import signal, sys
        from metric_service import *
        # Where the tests run in the background of a shell, they and their children are told to ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        service = MetricService(Plugin.load(sys.argv[1], cache=True), Config(sys.argv[2], timeout=60_000))
        print("asks", flush=True)
        try:
            service.query_metric(MetricQuery("mem", "2026-01-05", "2026-01-05T01:00:00Z", 60))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    import signal

    with (
        serving(silent) as address,
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(service_file), address],
            stdout=subprocess.PIPE,
            text=True,
        ) as asking,
    ):
        assert silent.came.wait(60)
        start = time.monotonic()
        asking.send_signal(signal.SIGINT)
        said, _ = asking.communicate(timeout=30)
        assert said.split() == ["asks", "interrupted"]
        assert time.monotonic() - start < 3
        assert silent.all_gone()


def test_a_call_that_is_given_up_leaves_no_connection(service_plugin: Plugin) -> None:
    silent = Silent()
    with serving(silent) as address:
        service = MetricService(service_plugin, Config(address, timeout=200))
        for _ in range(5):
            with pytest.raises(TimedOut):
                service.query_metric(QUERY)
        assert silent.all_gone()


def in_a_loop(work: Callable[[], AsyncIterator[None]]) -> float:
    """Runs it in a loop, and gives the longest time for which the loop stood still."""

    async def run() -> float:
        longest, last, over = 0.0, time.perf_counter(), False

        async def tick() -> None:
            nonlocal longest, last
            while not over:
                await asyncio.sleep(0.005)
                now = time.perf_counter()
                longest, last = max(longest, now - last), now

        ticking = asyncio.create_task(tick())
        async with asynccontextmanager(work)():
            pass
        over = True
        await ticking
        return longest

    return asyncio.run(run())


def test_a_task_that_is_cancelled_ends_its_call(service_plugin: Plugin, codec_plugin: Plugin) -> None:
    silent = Silent()

    async def asks(address: str) -> None:
        config = Config(address, timeout=30_000)
        async with httpx.AsyncClient(trust_env=False) as client:
            for service in (
                AsyncMetricService(MetricService(service_plugin, config)),
                AsyncHttpxService(Codec(codec_plugin, config), client),
            ):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(service.query_metric(QUERY), 0.5)

    with serving(silent) as address:
        start = time.monotonic()
        asyncio.run(asks(address))
        assert time.monotonic() - start < 5
        assert silent.all_gone()


@pytest.mark.parametrize("way", ["sender", "httpx"])
def test_a_large_answer_leaves_the_loop_free(service_plugin: Plugin, codec_plugin: Plugin, way: str) -> None:
    def answer_at_length(connection: socket.socket) -> None:
        read_request(connection)
        answer_in_chunks(connection, long_answer(24))

    with serving(answer_at_length) as address:
        config = Config(address, timeout=120_000, max_range=10**7, max_points=10**7, max_result_bytes=10**9)
        points = 0

        async def ask() -> AsyncIterator[None]:
            nonlocal points
            async with httpx.AsyncClient(trust_env=False) as client:
                service: AsyncMetricService | AsyncHttpxService = (
                    AsyncHttpxService(Codec(codec_plugin, config), client)
                    if way == "httpx"
                    else AsyncMetricService(MetricService(service_plugin, config))
                )
                result = await service.query_metric(MetricQuery("mem", 1_767_571_200, 1_767_571_200 + 2_000_000, 1))
            points = len(result.series[0].values)
            yield

        still = in_a_loop(ask)
    assert points > 800_000
    # Before, 1.2 s for so much. What is left is one copy of the text at a time, and other work on the machine.
    assert still < 0.5


def closing_after_each_answer(connection: socket.socket) -> None:
    read_request(connection)
    answer(connection)
    time.sleep(0.05)


def closing_at_the_second_request(connection: socket.socket) -> None:
    read_request(connection)
    answer(connection)
    read_request(connection)


@pytest.mark.parametrize("server", [closing_after_each_answer, closing_at_the_second_request])
def test_a_connection_that_the_server_has_closed_is_replaced(
    service_plugin: Plugin, codec_plugin: Plugin, server: Callable[[socket.socket], None]
) -> None:
    with serving(server) as address:
        config = Config(address, timeout=5000)
        with httpx.Client(trust_env=False) as client:
            for service in (MetricService(service_plugin, config), HttpxService(Codec(codec_plugin, config), client)):
                for _ in range(3):
                    assert service.query_metric(QUERY).series == []
                    time.sleep(0.2)

        async def asks() -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                service = AsyncHttpxService(Codec(codec_plugin, config), client)
                for _ in range(3):
                    assert (await service.query_metric(QUERY)).series == []
                    await asyncio.sleep(0.2)

        asyncio.run(asks())


def test_what_comes_after_an_answer_is_not_the_next_answer(service_plugin: Plugin) -> None:
    def answers_twice(connection: socket.socket) -> None:
        while read_request(connection):
            answer(connection)
            time.sleep(0.02)
            answer(connection, b"{}")
            time.sleep(0.2)

    with serving(answers_twice) as address:
        service = MetricService(service_plugin, Config(address, timeout=5000))
        for _ in range(3):
            assert service.query_metric(QUERY).series == []
            time.sleep(0.1)


def test_connections_are_kept(service_plugin: Plugin) -> None:
    made = 0

    def count(connection: socket.socket) -> None:
        nonlocal made
        made += 1
        while read_request(connection):
            answer(connection)

    with serving(count) as address:
        service = MetricService(service_plugin, Config(address, timeout=5000))
        for _ in range(20):
            service.query_metric(QUERY)
    assert made == 1


def spaces(mebibytes: int) -> Iterator[bytes]:
    for _ in range(mebibytes):
        yield b" " * (1 << 20)


def test_an_answer_without_end_is_a_limit_and_fills_no_memory(service_plugin: Plugin, codec_plugin: Plugin) -> None:
    from resource import RUSAGE_SELF, getrusage

    from metric_service import LimitExceeded

    def flood(connection: socket.socket) -> None:
        read_request(connection)
        answer_in_chunks(connection, spaces(2100))

    before = getrusage(RUSAGE_SELF).ru_maxrss
    with serving(flood) as address, httpx.Client(trust_env=False) as client:
        config = Config(address, timeout=120_000)
        for service in (MetricService(service_plugin, config), HttpxService(Codec(codec_plugin, config), client)):
            with pytest.raises(LimitExceeded) as caught:
                service.query_metric(QUERY)
            assert (caught.value.limit, caught.value.maximum) == ("response-bytes", 256 << 20)
    # The client's own bound: one body. In kilobytes.
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 700 << 10
