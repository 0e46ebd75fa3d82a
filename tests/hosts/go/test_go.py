"""The package in Go held to the shared cases, through a program that answers lines (`lines`)."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Prometheus, wasm_file
from kit.answer import answer
from kit.cases import Case, config_of, has_records, load_cases, sends
from kit.left_out import HTTPX, WASI_HTTP, playable
from kit.play import against_a_script, call, play_pure, play_texts, play_with_io
from test_readme import SHOWN_ADDRESS, blocks

from metric_service import Codec, Config, Limits, MetadataResult, MetricQuery, MetricResult, PluginTrapped
from metric_service.documents import read, read_metadata
from metric_service.doors import document, outcome
from metric_service.errors import CASES

HERE = Path(__file__).parent
C_FILES = ["metric.h", "metric.c", "example.c", "Makefile", "get-wasmtime.sh"]
CASES_TO_PLAY = load_cases()
PURE = [case for case in CASES_TO_PLAY if has_records(case) and not sends(case)]
WITH_IO = [case for case in CASES_TO_PLAY if has_records(case) and sends(case)]
TEXTS = [case for case in CASES_TO_PLAY if not has_records(case)]
# net/http tells another protocol from a connection that was closed.
NET_HTTP = {name: why for name, why in HTTPX.items() if name != "a-server-of-another-protocol-is-malformed"}


class GoPlugin:
    """What the package's `Plugin` is, for the JSON door: calls are lines."""

    def __init__(self, lines: subprocess.Popen[str], memory_bytes: int = 0) -> None:
        self._lines = lines
        self._memory_bytes = memory_bytes

    def limited(self, limits: Limits) -> "GoPlugin":
        return GoPlugin(self._lines, limits.memory_bytes)

    def call(self, interface: str, _function: str, verb: str, request: str, body: str = "", **more: Any) -> str:
        asked = {"Interface": interface, "Verb": verb, "Request": request, "Body": body}
        limits = {"MemoryBytes": self._memory_bytes, "MaxResponseBytes": more.get("response_bytes", 0)}
        assert self._lines.stdin is not None and self._lines.stdout is not None
        self._lines.stdin.write(json.dumps(asked | limits) + "\n")
        self._lines.stdin.flush()
        said = json.loads(self._lines.stdout.readline())
        if "error" in said:
            raise PluginTrapped(said["error"])
        return str(said["answer"])


class GoClient:
    """The codec with net/http."""

    def __init__(self, plugin: GoPlugin, config: Config, response_bytes: int) -> None:
        self._plugin = plugin
        self._config = config
        self._response_bytes = response_bytes

    def query_metadata(self) -> MetadataResult:
        return read_metadata(self._ask("query-metadata", {"config": self._config}))

    def query_metric(self, query: MetricQuery) -> MetricResult:
        return read(MetricResult, self._ask("query-metric", {"config": self._config, "query": query}))

    def _ask(self, verb: str, request: dict[str, Any]) -> Any:
        text = json.dumps(document(request))
        came = json.loads(self._plugin.call("client", "", verb, text, response_bytes=self._response_bytes))
        if "error" in came:
            # Go leaves out what is not there.
            names = CASES[came["error"]["type"].replace("_", "-")]._names
            came["error"] = dict.fromkeys(names) | came["error"]
        result = outcome(came)
        if isinstance(result, Exception):
            raise result
        return result


def lines(file: Path) -> Iterator[Any]:
    with subprocess.Popen(
        [HERE / "lines/lines", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        yield GoPlugin(run)
        assert run.stdin is not None
        run.stdin.close()


@pytest.fixture(scope="session")
def service() -> Iterator[Any]:
    yield from lines(wasm_file("METRIC_PLUGIN", "metric_service.wasm"))


@pytest.fixture(scope="session")
def codec() -> Iterator[Any]:
    yield from lines(wasm_file("METRIC_CODEC", "metric_codec.wasm"))


@playable(PURE, {})
def test_the_cases_without_io(case: Case, codec: Any) -> None:
    differences = play_pure(case, Codec(codec, config_of(case)))
    assert not differences, "\n".join([case["about"], *differences])


@playable(WITH_IO, WASI_HTTP)
def test_the_cases_with_io(case: Case, service: Any) -> None:
    differences = play_with_io(case, service, "json")
    assert not differences, "\n".join([case["about"], *differences])


@playable(WITH_IO, NET_HTTP)
def test_the_cases_with_io_over_net_http(case: Case, codec: Any) -> None:
    most = case.get("host", {}).get("response-bytes", 0)

    def answered(authority: str) -> dict[str, Any]:
        return answer(lambda: call(case, GoClient(codec, config_of(case, authority), most)))

    differences = against_a_script(case, answered)
    assert not differences, "\n".join([case["about"], *differences])


@playable(TEXTS, {})
def test_the_cases_of_texts(case: Case, service: Any) -> None:
    differences = play_texts(case, service)
    assert not differences, "\n".join([case["about"], *differences])


def test_the_tests_in_go(prometheus: Prometheus) -> None:
    environment = os.environ | {
        "METRIC_PLUGIN": str(wasm_file("METRIC_PLUGIN", "metric_service.wasm")),
        "METRIC_CODEC": str(wasm_file("METRIC_CODEC", "metric_codec.wasm")),
        "METRIC_ADDRESS": prometheus.address,
    }
    ended = subprocess.run(
        ["go", "test", "./..."], cwd=HERE, env=environment, capture_output=True, text=True, timeout=580
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_readme_alone_leads_to_an_answer(prometheus: Prometheus, tmp_path: Path) -> None:
    text = (HERE / "README.md").read_text("utf-8")
    c = HERE.parent / "c"
    for folder, names in ((HERE, ["go.mod", *(file.name for file in HERE.glob("*.go"))]), (c, C_FILES)):
        (tmp_path / folder.name).mkdir()
        for name in names:
            shutil.copy(folder / name, tmp_path / folder.name)
    shutil.copy(wasm_file("METRIC_CODEC", "metric_codec.wasm"), tmp_path / "metric_codec.wasm")
    (program,) = blocks(text, "go")
    (tmp_path / "main.go").write_text(program.replace(SHOWN_ADDRESS, prometheus.address))
    # As an unpacked release of wasmtime's would be.
    environment = os.environ | {"WASMTIME_C_API": str(c / ".wasmtime")}
    (console,) = blocks(text, "console")
    commands = re.findall(r"^\$ (.+)$", console, re.MULTILINE)
    for command in commands:
        ended = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(commands) == 4 and "bytes" in ended.stdout
