"""Platforms that run the front: how each is started with an environment, and that it ends with its test."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import REPOSITORY

HERE = Path(__file__).parent
MANIFEST = REPOSITORY / "packaging/wash.yaml"
# What the manifest says where each of these has to be replaced.
SHOWN_LISTENER, SHOWN_PROMETHEUS = "127.0.0.1:8480", "127.0.0.1:9090"

# A platform compiles the components first, which takes long on a machine that has other work.
START_SECONDS = 180


def wasmtime() -> str:
    """The command: in PATH, or installed beside this Python."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("wasmtime") or shutil.which("wasmtime", path=beside)
    if found is None:
        pytest.skip("no `wasmtime` in PATH, and no wheel of it: see ../python/requirements-cli.lock")
    return found


def wash() -> str:
    found = shutil.which("wash") or shutil.which("wash", path=str(HERE / ".wash/wash_cli"))
    if found is None:
        pytest.skip("no `wash` in PATH, and no wheel of it: see requirements.lock")
    return found


def jco() -> list[str]:
    """The tests of the package for Node install it."""
    installed = REPOSITORY / "tests/hosts/node/node_modules/.bin/jco"
    if shutil.which("node") is None or not installed.is_file():
        pytest.skip("no `jco` in ../node: `npm ci` there installs it")
    return ["node", str(installed)]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(
    command: list[str],
    folder: Path,
    address: str,
    environment: dict[str, str] | None = None,
) -> Iterator[httpx.Client]:
    """A platform, once it answers; and a client for it."""
    log = folder / f"log-{address.rpartition(':')[2]}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)
    try:
        with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=60) as client:
            end = time.monotonic() + START_SECONDS
            while not _is_up(client):
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"{command[0]} did not answer:\n{log.read_text('utf-8', 'replace')[-2000:]}")
                time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


class Wasmtime:
    """`wasmtime serve` with the composed component, which is compiled once."""

    def __init__(self, server: Path, folder: Path) -> None:
        self._folder = folder
        self._compiled = folder / "metric_server.cwasm"
        subprocess.run(
            [wasmtime(), "compile", server, "-o", self._compiled],
            check=True,
            capture_output=True,
        )

    @contextmanager
    def serve(self, **variables: str) -> Iterator[httpx.Client]:
        address = f"127.0.0.1:{free_port()}"
        command = [
            wasmtime(),
            "serve",
            "-S",
            "cli",
            "--allow-precompiled",
            "--addr",
            address,
        ]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        with running([*command, str(self._compiled)], self._folder, address) as client:
            yield client


@contextmanager
def jco_serve(server: Path, folder: Path, **variables: str) -> Iterator[httpx.Client]:
    """`jco serve` with the composed component; the environment is that of the process."""
    port = free_port()
    command = [*jco(), "serve", "--port", str(port), str(server)]
    with running(command, folder, f"127.0.0.1:{port}", {**os.environ, **variables}) as client:
        yield client


@contextmanager
def wash_dev(
    front: Path, plugin: Path, folder: Path, prometheus: str, allowed: str = "127.0.0.1"
) -> Iterator[httpx.Client]:
    """`wash dev` with the manifest as it stands, but for addresses: two components, each with its own list of hosts."""
    address = f"127.0.0.1:{free_port()}"
    manifest = MANIFEST.read_text("utf-8").replace(SHOWN_LISTENER, address).replace(SHOWN_PROMETHEUS, prometheus)
    (folder / ".wash").mkdir(parents=True)
    (folder / ".wash/config.yaml").write_text(manifest.replace("[127.0.0.1]", f"[{allowed}]"))
    (folder / "metric_http.wasm").symlink_to(front)
    (folder / "metric_service.wasm").symlink_to(plugin)
    # Its own folder for what it keeps.
    environment = {**os.environ, "HOME": str(folder)}
    with running([wash(), "dev"], folder, address, environment) as client:
        yield client
