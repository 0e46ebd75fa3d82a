"""A plugin's component: compiled once, checked, and called, each call in a fresh instance with limits of its own.

The only file that knows the `wasmtime` package, besides the two doors' value types. Knows no metrics.
"""

from __future__ import annotations

import copy
import math
import threading
import time
import weakref
from dataclasses import dataclass
from os import PathLike
from typing import Any

from wasmtime import Config as EngineConfig
from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, ExportIndex, Linker

from .errors import PluginRefused, PluginTrapped

PACKAGE = "backendai:metric"
VERSION = "0.2.0"

ALLOWED_IMPORTS = frozenset(
    {
        "wasi:clocks/monotonic-clock",
        "wasi:http/outgoing-handler",
        "wasi:http/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
    }
)
"""What a plugin may import (`wit/world.wit`). All of WASI is linked, so this list is what keeps the rest out."""

# How coarse the limit on computing time is. A thread that wakes once a second costs nothing that can be measured.
TICK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use."""

    memory_bytes: int = 512 << 20
    """Linear memory. The largest default result, 100 MB, is made from a body that is there at the same time."""
    compute_seconds: float = 60.0
    """How long wasm may run, to a second or two. Time spent waiting for Prometheus is bounded by `Config.timeout`."""


class Plugin:
    """A loaded component. May be shared between threads: each call has a store of its own."""

    def __init__(self, wasm: bytes, *, limits: Limits | None = None, cache: bool = False) -> None:
        """Compiles a component. `cache` keeps the machine code in wasmtime's cache folder for the next start."""
        self._limits = limits or Limits()
        settings = EngineConfig()
        settings.epoch_interruption = True
        if cache:
            settings.cache = True
        self._engine = Engine(settings)
        try:
            self._component = Component(self._engine, wasm)
        except WasmtimeError as error:
            raise PluginRefused(f"not a component that can be compiled: {error}") from error
        self.imports = sorted(self._component.type.imports(self._engine))
        """The interfaces that it imports, with their versions."""
        refused = [name for name in self.imports if name.partition("@")[0] not in ALLOWED_IMPORTS]
        if refused:
            raise PluginRefused(f"the plugin imports what it may not: {', '.join(refused)}")
        self._linker = Linker(self._engine)
        if self.imports:
            self._linker.add_wasip2()
            self._linker.add_wasi_http()
        self._functions: dict[tuple[str, str], ExportIndex] = {}
        _start_ticker(weakref.ref(self._engine))

    @classmethod
    def load(cls, file: str | PathLike[str], *, limits: Limits | None = None, cache: bool = False) -> Plugin:
        """Reads and compiles a `.wasm` file."""
        with open(file, "rb") as stream:
            return cls(stream.read(), limits=limits, cache=cache)

    def limited(self, limits: Limits) -> Plugin:
        """The same compiled component, under other limits."""
        other = copy.copy(self)
        other._limits = limits
        return other

    def call(self, interface: str, function: str, *arguments: Any) -> Any:
        """Calls a function in a fresh instance. Arguments and answer are the wasmtime package's own values.

        Waiting for Prometheus happens outside Python's lock: other threads run on.
        """
        index = self._function(interface, function)
        with Store(self._engine) as store:
            store.set_limits(memory_size=self._limits.memory_bytes)
            # One more than asked for: the first tick may come at once.
            store.set_epoch_deadline(math.ceil(self._limits.compute_seconds / TICK_SECONDS) + 1)
            if self.imports:
                # Nothing is inherited: no arguments, environment, files or standard streams.
                store.set_wasi(WasiConfig())
                store.set_wasi_http()
            try:
                instance = self._linker.instantiate(store, self._component)
                called = instance.get_func(store, index)
                if called is None:
                    raise PluginRefused(f"{interface}.{function} is not a function")
                return called(store, *arguments)
            except WasmtimeError as error:
                raise PluginTrapped(f"{interface}.{function}: {error}") from error

    def _function(self, interface: str, function: str) -> ExportIndex:
        key = (interface, function)
        if key not in self._functions:
            found = None
            outer = self._component.get_export_index(_qualified(interface))
            if outer is not None:
                found = self._component.get_export_index(function, outer)
            if found is None:
                raise PluginRefused(f"the plugin does not export {_qualified(interface)} {function}")
            self._functions[key] = found
        return self._functions[key]


def _qualified(interface: str) -> str:
    return f"{PACKAGE}/{interface}@{VERSION}"


def _start_ticker(engine: weakref.ref[Engine]) -> None:
    """Advances the engine's epoch for as long as anybody holds the engine."""

    def tick() -> None:
        while (held := engine()) is not None:
            held.increment_epoch()
            del held
            time.sleep(TICK_SECONDS)

    threading.Thread(target=tick, name="metric-service-epoch", daemon=True).start()
