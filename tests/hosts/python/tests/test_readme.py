"""What the README of the hosts shows is run as it stands, but for the address: commands, and ten lines of Python.

The package's own README is played by `test_wheel`.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, Prometheus, wasm_file

HOSTS = (REPOSITORY / "tests/hosts/README.md").read_text("utf-8")
SHOWN_ADDRESS = "127.0.0.1:9090"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of all console blocks, with what they are said to print."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            # The command ends with the line that names the file.
            command, output = re.fullmatch(r"(.*?\.wasm)\n(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
            found.append((command, output))
    return found


@pytest.fixture
def folder(tmp_path: Path, service_file: Path) -> Path:
    """A folder with the two files under the names that the READMEs use."""
    (tmp_path / "metric_service.wasm").symlink_to(service_file)
    (tmp_path / "metric_codec.wasm").symlink_to(wasm_file("METRIC_CODEC", "metric_codec.wasm"))
    return tmp_path


def wasmtime() -> str | None:
    """The command: in PATH, or installed beside this Python."""
    return shutil.which("wasmtime") or shutil.which("wasmtime", path=str(Path(sys.executable).parent))


@pytest.mark.parametrize(("command", "output"), commands(HOSTS), ids=range(len(commands(HOSTS))))
def test_the_command_line_prints_what_is_shown(command: str, output: str, folder: Path, prometheus: Prometheus) -> None:
    program = wasmtime()
    if program is None:
        pytest.skip("no `wasmtime` in PATH: cargo install wasmtime-cli, or pip install -r requirements-cli.lock")
    path = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", command.replace(SHOWN_ADDRESS, prometheus.address)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout == output, run.stderr


def test_there_are_commands_without_and_with_requests() -> None:
    found = [command for command, _ in commands(HOSTS)]
    assert sum("-S http" in command for command in found) >= 2
    assert sum("metric_codec.wasm" in command for command in found) >= 2


def test_ten_lines_of_python_are_enough(folder: Path, prometheus: Prometheus) -> None:
    (program,) = blocks(HOSTS, "python")
    assert len(program.splitlines()) <= 10
    # A process of its own, without this package in its way: only wasmtime is imported.
    assert "metric_service." not in program.replace("metric_service.wasm", "")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program.replace(SHOWN_ADDRESS, prometheus.address)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    result = ast.literal_eval(run.stdout)["result"]
    # The same query as the third command, so the same numbers.
    shown = commands(HOSTS)[2][1]
    assert f"values: {json.dumps([int(value) for value in result['series'][0]['values']])}" in shown


def test_the_examples_of_the_package_hold_under_strict_types(tmp_path: Path) -> None:
    python = REPOSITORY / "tests/hosts/python"
    for number, program in enumerate(blocks((python / "README.md").read_text("utf-8"), "python")):
        (tmp_path / f"example_{number}.py").write_text(program)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", python / "pyproject.toml", *sorted(tmp_path.glob("*.py"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert checked.returncode == 0, checked.stdout
