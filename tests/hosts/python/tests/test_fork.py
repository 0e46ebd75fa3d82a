"""After a fork the child asks as its parent does: gunicorn with preload, Celery, `multiprocessing`."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import Prometheus

# In a process of its own, so that its threads are those of this package alone. The parent ends a child that hangs.
PROGRAM = """
    import multiprocessing, os, signal, sys, time
    from metric_service import *
    from wasmtime import wat2wasm

    file, address = sys.argv[1:]
    plugin = Plugin.load(file, cache=True)
    service = MetricService(plugin, Config(address, timeout=10_000))
    query = MetricQuery("mem", "2026-01-05", "2026-01-05T01:00:00Z", 60)

    def in_child(work):
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            try:
                work()
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0, work

    def works(service=service):
        assert service.query_metric(query).series
        assert not service.query_range(query).missing
        assert list(service.stream(query))
"""


def run(program: str, *arguments: object) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM) + textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("before", ["pass", "service.build_promql(query)", "works()"], ids=["cold", "pure", "warm"])
def test_a_child_asks_as_its_parent_does(service_file: Path, prometheus: Prometheus, before: str) -> None:
    run(f"{before}\nin_child(works)\nworks()\nin_child(works)", service_file, prometheus.address)


def test_a_child_can_load_a_plugin_of_its_own(service_file: Path, prometheus: Prometheus) -> None:
    own = "works(MetricService(Plugin.load(file), Config(address, timeout=10_000)))"
    # Without the cache of compiled code, so that both compile, and the compiler's threads are the parent's.
    run(f"Plugin.load(file)\nworks()\nin_child(lambda: {own})", service_file, prometheus.address)


def test_a_pool_of_forked_processes_shares_a_service(service_file: Path, prometheus: Prometheus) -> None:
    run(
        """
        def promql(metric):
            return service.query_metric(MetricQuery(metric, "2026-01-05", "2026-01-05T01:00:00Z", 60)).promql

        promql("mem")
        with multiprocessing.get_context("fork").Pool(2) as pool:
            answers = pool.map_async(promql, ["mem", "net_rx"] * 4).get(timeout=60)
        assert len(set(answers)) == 2
        """,
        service_file,
        prometheus.address,
    )


def test_a_call_that_computes_for_ever_is_ended_in_a_child_as_well(service_file: Path) -> None:
    run(
        """
        endless = Plugin(bytes(wat2wasm('''(component
            (core module $m (func (export "f") (loop $l (br $l))))
            (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))
            (instance $codec (export "spin" (func $f))) (export "backendai:metric/codec@0.2.0" (instance $codec)))''')),
            limits=Limits(compute_seconds=1))

        def spins():
            try:
                endless.call("codec", "spin")
            except PluginTrapped:
                return
            raise AssertionError("not ended")

        spins()
        in_child(spins)
        """,
        service_file,
        "127.0.0.1:1",
    )


def test_no_thread_is_left_for_a_fork_to_lose(service_file: Path, prometheus: Prometheus) -> None:
    run(
        """
        import threading
        works()
        end = time.monotonic() + 20
        while threading.active_count() > 1 and time.monotonic() < end:
            time.sleep(0.1)
        assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
        """,
        service_file,
        prometheus.address,
    )
