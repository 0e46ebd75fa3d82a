#!/usr/bin/env bash
# Builds what ../c has, and this package on it, and runs the tests; further arguments go to pytest. The environment
# variables are those of ../python/run-tests.sh. Needs Go 1.19 or newer, a C compiler and make.
set -euo pipefail
cd "$(dirname "$0")"

../python/make-venv.sh
python=$PWD/../python/.venv/bin/python
PYTHON=$python ../c/get-wasmtime.sh
make --quiet -C ../c
test -z "$(gofmt -l .)"
go vet ./...
go build -o lines/lines ./lines
cd ../python
.venv/bin/ruff check --quiet ../go
.venv/bin/ruff format --quiet --check ../go
PYTHONPATH=tests exec "$python" -m pytest -q -p conftest ../go "$@"
