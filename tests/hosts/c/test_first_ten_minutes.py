"""A stranger's first ten minutes: the files that are to be copied, in an empty folder, and what the README says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import Prometheus, wasm_file
from test_readme import SHOWN_ADDRESS, blocks

HERE = Path(__file__).parent
TEXT = (HERE / "README.md").read_text("utf-8")

READS_A_FILE = """
#include <stdio.h>
#include "metric.h"
int main(void) {
    static uint8_t wasm[8 << 20];
    FILE *file = fopen("metric_service.wasm", "rb");
    size_t length = fread(wasm, 1, sizeof wasm, file);
"""
"""What the lines of the README stand in."""


def test_the_readme_alone_leads_to_an_answer(prometheus: Prometheus, tmp_path: Path) -> None:
    for name in ("metric.h", "metric.c", "example.c", "Makefile", "get-wasmtime.sh"):
        shutil.copy(HERE / name, tmp_path)
    shutil.copy(wasm_file("METRIC_PLUGIN", "metric_service.wasm"), tmp_path / "metric_service.wasm")
    # A Python with nothing installed, and no release of wasmtime's.
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True, timeout=300)
    environment = os.environ | {"PATH": f"{tmp_path}/env/bin:{os.environ['PATH']}"}
    for variable in ("PYTHON", "WASMTIME_C_API"):
        environment.pop(variable, None)

    def run(command: str) -> str:
        asked = command.replace(SHOWN_ADDRESS, prometheus.address)
        ended = subprocess.run(
            ["bash", "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    (console,) = blocks(TEXT, "console")
    build, ask = re.findall(r"^\$ (.+)$", console, re.MULTILINE)
    run(build)
    (series,) = json.loads(run(ask))["result"]["series"]
    assert series["labels"] == {"value_type": "capacity"} and len(series["values"]) == 3

    (lines,) = blocks(TEXT, "c")
    program = f"{READS_A_FILE}{lines}return 0;\n}}\n".replace(SHOWN_ADDRESS, prometheus.address)
    (tmp_path / "first.c").write_text(program)
    run("cc -std=c11 -Wall -Werror -o first first.c -L. -lmetric -Wl,-rpath,'$ORIGIN'")
    assert json.loads(run("./first"))["result"]["unit"] == "bytes"
