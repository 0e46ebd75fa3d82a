#!/usr/bin/env bash
# Makes .venv (`make-venv.sh`), and runs ruff, mypy and pytest; further arguments go to pytest.
# METRIC_PLUGIN and METRIC_CODEC: the .wasm files, or the folder they are in. METRIC_ADDRESS: a Prometheus with the
# testbed's data; without it the tests start one (`testbed-prometheus`). PYTHON: the interpreter, 3.11 or newer.
set -euo pipefail
cd "$(dirname "$0")"

./make-venv.sh

.venv/bin/ruff check --quiet .
.venv/bin/ruff format --quiet --check .
.venv/bin/mypy --no-error-summary
exec .venv/bin/python -m pytest -q "$@"
