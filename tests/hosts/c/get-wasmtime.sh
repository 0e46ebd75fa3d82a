#!/usr/bin/env bash
# Puts wasmtime's C API into .wasmtime/{include,lib}: from the folder WASMTIME_C_API, an unpacked
# `wasmtime-v50.…-c-api` of its releases; without that, from the registries: the library out of the wheel for Python,
# the headers out of the crate `wasmtime-c-api-impl`, with pip and cargo. PYTHON: the interpreter; where it has the wheel
# installed, that one is taken.
set -euo pipefail
cd "$(dirname "$0")"
version=50.0.1
[ -e ".wasmtime/$version" ] && exit
rm -rf .wasmtime
mkdir -p .wasmtime/lib
if [ -n "${WASMTIME_C_API:-}" ]; then
    cp -r "$WASMTIME_C_API/include" .wasmtime/
    cp "$WASMTIME_C_API"/lib/libwasmtime.* .wasmtime/lib/
else
    mkdir -p .wasmtime/crate/src
    touch .wasmtime/crate/src/lib.rs
    cat >.wasmtime/crate/Cargo.toml <<TOML
[package]
name = "headers"
version = "0.0.0"
edition = "2024"
[dependencies]
wasmtime-c-api-impl = { version = "=$version", default-features = false }
[workspace]
TOML
    cargo fetch --quiet --manifest-path .wasmtime/crate/Cargo.toml
    crate=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"wasmtime-c-api-impl-$version")
    cp -r "$crate/include" .wasmtime/
    rm -r .wasmtime/crate
    # What CMake would make of it for a library with everything in it, as the wheel's is.
    sed 's/^#cmakedefine /#define /; /DISABLE_LOGGING/d' "$crate/include/wasmtime/conf.h.in" >.wasmtime/include/wasmtime/conf.h
    python=${PYTHON:-python3}
    if ! "$python" -c "from importlib.metadata import version; assert version('wasmtime') == '$version'" 2>/dev/null; then
        "$python" -m pip --disable-pip-version-check --quiet install --no-deps --target .wasmtime/wheel "wasmtime==$version"
    fi
    library=$(PYTHONPATH=.wasmtime/wheel "$python" -c 'import wasmtime, glob, os; print(*glob.glob(os.path.dirname(wasmtime.__file__) + "/*/_libwasmtime.*"))')
    cp "$library" ".wasmtime/lib/libwasmtime.${library##*.}"
    rm -rf .wasmtime/wheel
fi
touch ".wasmtime/$version"
