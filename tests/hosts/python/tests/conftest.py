"""What the tests share: the two .wasm files, compiled once, and a real Prometheus with the testbed's data."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from metric_service import Codec, Config, MetricService, Plugin

REPOSITORY = Path(__file__).parents[4]
BUILT = REPOSITORY / "target/wasm32-unknown-unknown/plugin"
TESTBED = REPOSITORY / "target/debug/testbed-prometheus"

# The testbed's data: 2026-01-05T00:00:00Z to 04:00:00Z, a sample every 30 s.
START, END = 1_767_571_200, 1_767_585_600
SAMPLE_INTERVAL = 30


def wasm_file(variable: str, name: str) -> Path:
    """A .wasm file: what the environment names, a file or the folder it is in, or where the build puts it."""
    given = Path(os.environ.get(variable) or BUILT)
    file = given / name if given.is_dir() else given
    if not file.is_file():
        pytest.fail(f"{name} is missing: build it with `cargo xtask build`, or say in {variable} where it is")
    return file


@pytest.fixture(scope="session")
def service_file() -> Path:
    return wasm_file("METRIC_PLUGIN", "metric_service.wasm")


@pytest.fixture(scope="session")
def service_plugin(service_file: Path) -> Plugin:
    return Plugin.load(service_file)


@pytest.fixture(scope="session")
def codec_plugin() -> Plugin:
    return Plugin.load(wasm_file("METRIC_CODEC", "metric_codec.wasm"))


@dataclass(frozen=True)
class Prometheus:
    """A real Prometheus, asked directly, without the plugin, for what the plugin is held to."""

    address: str

    def get(self, path: str, **parameters: str) -> object:
        with httpx.Client(trust_env=False) as client:
            response = client.get(f"http://{self.address}/api/v1/{path}", params=parameters)
        return response.raise_for_status().json()["data"]

    def kernels(self) -> list[str]:
        names = self.get("label/kernel_id/values")
        assert isinstance(names, list) and names
        return names


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    if address := os.environ.get("METRIC_ADDRESS"):
        yield Prometheus(address)
        return
    command = [str(TESTBED)]
    if not TESTBED.is_file():
        command = ["cargo", "run", "-q", "-p", "metric-testbed", "--bin", "testbed-prometheus"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None and server.stdout is not None
        line = server.stdout.readline()
        if not line:
            pytest.fail(f"{' '.join(command)} did not start a Prometheus")
        said = json.loads(line)
        assert (said["start"], said["end"]) == (START, END)
        yield Prometheus(said["address"])
        # It runs until its input is closed.
        server.stdin.close()


@pytest.fixture
def config(prometheus: Prometheus) -> Config:
    return Config(prometheus.address, sample_interval=SAMPLE_INTERVAL)


@pytest.fixture(params=["json", "typed"])
def service(service_plugin: Plugin, config: Config, request: pytest.FixtureRequest) -> MetricService:
    return MetricService(service_plugin, config, door=request.param)


@pytest.fixture(params=["json", "typed"])
def codec(codec_plugin: Plugin, config: Config, request: pytest.FixtureRequest) -> Codec:
    return Codec(codec_plugin, config, door=request.param)
