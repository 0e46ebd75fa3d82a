#!/usr/bin/env bash
# Makes .venv here, with the pins of the lock files and this package; nothing where it is there already.
# PYTHON: the interpreter, 3.11 or newer.
set -euo pipefail
cd "$(dirname "$0")"

python="${PYTHON:-}"
for candidate in python3.13 python3.12 python3.11 python3; do
    [ -n "$python" ] && break
    # A name in PATH may be a shim with nothing behind it, so each is asked.
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python="$candidate"
    fi
done
if [ -z "$python" ]; then
    echo "missing: Python 3.11 or newer, with venv (Debian: python3 and python3-venv)" >&2
    exit 3
fi

if ! cat requirements.lock requirements-cli.lock pyproject.toml | cmp -s - .venv/installed; then
    rm -rf .venv
    "$python" -m venv .venv
    pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
    # What is imported is compiled then: to compile all of it first takes as long as to install it.
    export PIP_NO_COMPILE=1
    "${pip[@]}" install --require-hashes -r requirements.lock
    # Without its own build environment: the build backend is among the pins.
    "${pip[@]}" install --no-deps --no-build-isolation --editable .
    # There is no wheel of it for every platform; the test that needs it says that it is missing.
    if "${pip[@]}" install --require-hashes -r requirements-cli.lock; then
        # The wheel ships the program without leave to run it.
        chmod +x .venv/lib/python3.*/site-packages/wasmtime_cli/wasmtime
    else
        echo "missing: the wasmtime command line (see requirements-cli.lock)" >&2
    fi
    cat requirements.lock requirements-cli.lock pyproject.toml >.venv/installed
fi
