"""A stranger's first ten minutes: the wheel in an empty environment, and what the README says, in an empty folder."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, Prometheus, wasm_file
from test_readme import SHOWN_ADDRESS, blocks

HERE = REPOSITORY / "tests/hosts/python"
TEXT = (HERE / "README.md").read_text("utf-8")
FIRST = TEXT.split("## The first ten minutes\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = [wasm_file("METRIC_PLUGIN", "metric_service.wasm"), wasm_file("METRIC_CODEC", "metric_codec.wasm")]
    dist = tmp_path_factory.mktemp("dist")
    built = run([sys.executable, HERE / "build_wheel.py", *files, dist], dist)
    return Path(built.splitlines()[-1])


@pytest.fixture(scope="module")
def folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with nothing but the wheel, and the environment that the README has one make there."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / wheel.name).symlink_to(wheel)
    make, install, _ = commands()
    run(["bash", "-c", make.replace("python3", sys.executable)], folder)
    # The same versions as everywhere in these tests; which ones a stranger gets is theirs to say.
    pins = "\n".join(re.findall(r"^[\w.-]+==\S+", (HERE / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    (folder / "pins.txt").write_text(pins)
    run(["bash", "-c", f"{install} --quiet --disable-pip-version-check --constraint pins.txt"], folder)
    yield folder


def commands() -> list[str]:
    return re.findall(r"^\$ (.+)$", FIRST, re.MULTILINE)


def run(command: list[str | Path], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    environment["MPLBACKEND"] = "agg"
    # What is imported is compiled then; all of pandas and matplotlib need not be.
    environment["PIP_NO_COMPILE"] = "1"
    ended = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_wheel_has_the_components_and_is_the_same_each_time(wheel: Path, tmp_path: Path) -> None:
    inside = zipfile.ZipFile(wheel)
    for name in ("metric_service.wasm", "metric_codec.wasm"):
        file = wasm_file("METRIC_PLUGIN" if "service" in name else "METRIC_CODEC", name)
        assert inside.read(f"metric_service/components/{name}") == file.read_bytes()
    files = [wasm_file("METRIC_PLUGIN", "metric_service.wasm"), wasm_file("METRIC_CODEC", "metric_codec.wasm")]
    again = run([sys.executable, HERE / "build_wheel.py", *files, tmp_path], tmp_path)
    assert Path(again.splitlines()[-1]).read_bytes() == wheel.read_bytes()


def test_the_first_ten_minutes(folder: Path, prometheus: Prometheus) -> None:
    (program,) = blocks(FIRST, "python")
    (folder / "first.py").write_text(program.replace(SHOWN_ADDRESS, prometheus.address))
    *_, ask = commands()
    said = run(["bash", "-c", ask], folder)
    assert "cpu_util" in said and "rate(" in said and "millicores" in said and "True rate" in said


def test_the_other_examples_run_there_as_well(folder: Path, prometheus: Prometheus) -> None:
    programs = blocks(TEXT, "python")[1:]
    assert len(programs) >= 4
    for program in programs:
        assert run(["env/bin/python", "-c", program.replace(SHOWN_ADDRESS, prometheus.address)], folder).strip()
    assert (folder / "mem.png").stat().st_size > 10_000


def test_what_the_examples_are_said_to_print_is_what_they_print(folder: Path, prometheus: Prometheus) -> None:
    lines = r"((?:(?!```).*\n)+)```"
    shown = re.findall(rf"^```python\n{lines}\n\n```\n{lines}$", TEXT, re.MULTILINE)
    assert len(shown) == 2
    for program, output in shown:
        said = run(["env/bin/python", "-c", program.replace(SHOWN_ADDRESS, prometheus.address)], folder)
        assert [line.rstrip() for line in said.splitlines()] == output.splitlines()


def test_the_notebook_runs_from_top_to_bottom(folder: Path, prometheus: Prometheus) -> None:
    notebook = json.loads((HERE / "examples/first.ipynb").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
    program = "\n\n".join([*cells, "print(len(frame), len(busy.columns), len(axes.collections))"])
    said = run(["env/bin/python", "-c", program.replace(SHOWN_ADDRESS, prometheus.address)], folder)
    assert "yesterday" in said
    rows, kernels, bands = map(int, said.split()[-3:])
    assert rows == 25 and kernels == len(prometheus.kernels()) and bands == 1
