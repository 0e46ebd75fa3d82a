#!/usr/bin/env bash
# Asks metric_http.wasm on platforms that run components; further arguments go to pytest. METRIC_FRONT, METRIC_SERVER: the
# front, and the front with the plugin. The other variables are those of ../python/run-tests.sh.
set -euo pipefail
cd "$(dirname "$0")"

../python/make-venv.sh
python=$PWD/../python/.venv/bin/python
if ! cmp -s requirements.lock .wash/installed; then
    rm -rf .wash
    # There is no wheel of it for every platform; the tests that need it say that it is missing.
    if "$python" -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps --target .wash -r requirements.lock; then
        chmod +x .wash/wash_cli/wash
        cp requirements.lock .wash/installed
    else
        echo "missing: wash (see requirements.lock)" >&2
    fi
fi
cd ../python
.venv/bin/ruff check --quiet ../platforms
.venv/bin/ruff format --quiet --check ../platforms
PYTHONPATH=tests:../platforms exec "$python" -m pytest -q -p conftest ../platforms "$@"
