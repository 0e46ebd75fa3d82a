#!/usr/bin/env bash
# Fetches wasmtime's C API (`get-wasmtime.sh`), builds, and runs the tests; further arguments go to pytest. They are in
# Python, with the kit and the environment variables of ../python/run-tests.sh, and need a C compiler and make.
set -euo pipefail
cd "$(dirname "$0")"

../python/make-venv.sh
python=$PWD/../python/.venv/bin/python
PYTHON=$python ./get-wasmtime.sh
make --quiet
cd ../python
.venv/bin/ruff check --quiet ../c
.venv/bin/ruff format --quiet --check ../c
PYTHONPATH=tests exec "$python" -m pytest -q -p conftest ../c "$@"
