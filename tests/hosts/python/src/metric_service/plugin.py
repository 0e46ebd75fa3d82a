"""A plugin's component: compiled once, checked, and called, each call in a fresh instance with limits of its own.

Knows the `wasmtime` package, as do `values`, `wasi` and the two doors' value types, and no metrics.
"""

from __future__ import annotations

import contextlib
import copy
import math
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from os import PathLike
from types import TracebackType
from typing import Any, Self

from wasmtime import Config as EngineConfig
from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, ExportIndex, Linker

from .errors import InvalidArgument, PluginRefused, PluginTrapped
from .sender import Sender
from .values import set_epoch_deadline, without_concurrency
from .waiting import Cancelled
from .wasi import ALLOWED_IMPORTS, Exchange, Wasi

PACKAGE = "backendai:metric"
VERSION = "0.2.0"

# How coarse the limit on computing time is. A thread that wakes once a second costs nothing that can be measured.
TICK_SECONDS = 1.0

_FIRST_PROCESS = os.getpid()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use."""

    memory_bytes: int = 512 << 20
    """Linear memory. The largest default result, 100 MB, is made from a body that is there at the same time."""
    compute_seconds: float = 60.0
    """How long wasm may run, to a second or two. Time spent waiting for Prometheus is bounded by `Config.timeout`."""

    def __post_init__(self) -> None:
        if type(self.memory_bytes) is not int or self.memory_bytes < 0:
            raise InvalidArgument("limits.memory-bytes", f"{self.memory_bytes!r} is not a number of bytes")
        if not 0 <= self.compute_seconds < math.inf:
            raise InvalidArgument("limits.compute-seconds", f"{self.compute_seconds!r} is not a number of seconds")


class Plugin:
    """A loaded component. May be shared between threads, and used in forked processes: each call has its own store."""

    def __init__(self, wasm: bytes, *, limits: Limits | None = None, cache: bool = False) -> None:
        """Compiles a component. `cache` keeps the machine code in wasmtime's cache folder for the next start, where
        there is a folder that can be written.
        """
        self._limits = limits or Limits()
        self._engine = _engine(cache)
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
        self._wasi = Wasi(self._linker, self.imports)
        self._linker.define_unknown_imports_as_traps(self._component)
        self._functions: dict[tuple[str, str], ExportIndex] = {}
        self._clock = _Clock(self._engine)

    @classmethod
    def load(cls, file: str | PathLike[str], *, limits: Limits | None = None, cache: bool = False) -> Plugin:
        """Reads and compiles a `.wasm` file."""
        with open(file, "rb") as stream:
            return cls(stream.read(), limits=limits, cache=cache)

    @classmethod
    def bundled(cls, name: str = "metric_service", *, limits: Limits | None = None, cache: bool = False) -> Plugin:
        """The component that the wheel brings along: `metric_service`, or `metric_codec`, which imports nothing."""
        file = resources.files(__package__) / "components" / f"{name}.wasm"
        if not file.is_file():
            raise PluginRefused(f"{name}.wasm is not in this package: a wheel has it; from a checkout use Plugin.load")
        return cls(file.read_bytes(), limits=limits, cache=cache)

    def limited(self, limits: Limits) -> Plugin:
        """The same compiled component, under other limits."""
        other = copy.copy(self)
        other._limits = limits
        return other

    def call(self, interface: str, function: str, *arguments: Any, sender: Sender | None = None) -> Any:
        """Calls a function in a fresh instance. Arguments and answer are the wasmtime package's own values.

        Without a `sender` no request goes out.
        """
        with self.instance(sender) as instance:
            return instance.call(interface, function, *arguments)

    def instance(self, sender: Sender | None = None) -> Instance:
        """A fresh instance, for several calls."""
        return Instance(self, sender or Sender(allow=()))

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


class Instance:
    """A plugin's instance, in a store of its own. One call at a time: others wait."""

    def __init__(self, plugin: Plugin, sender: Sender) -> None:
        self._plugin = plugin
        self._lock = threading.Lock()
        self._exchange = Exchange(sender)
        self._store = Store(plugin._engine)
        self._store.set_limits(memory_size=plugin._limits.memory_bytes)
        self._instance: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, interface: str, function: str, *arguments: Any) -> Any:
        """Calls a function. After a trap there is nothing more to call."""
        plugin, exchange = self._plugin, self._exchange
        index = plugin._function(interface, function)
        computing = _Computing(plugin._limits.compute_seconds)
        with self._lock, plugin._clock.running(), plugin._wasi.exchange(exchange):
            exchange.begin(computing.waited)
            self._store.set_epoch_deadline(computing.ticks())
            try:
                if self._instance is None:
                    self._instance = plugin._linker.instantiate(self._store, plugin._component)
                called = self._instance.get_func(self._store, index)
                if called is None:
                    raise PluginRefused(f"{interface}.{function} is not a function")
                return called(self._store, *arguments)
            except WasmtimeError as error:
                if isinstance(exchange.failure, Cancelled):
                    raise exchange.failure from None
                raise PluginTrapped(f"{interface}.{function}: {exchange.failure or error}") from error

    def close(self) -> None:
        """Ends what is still under way."""
        with self._lock:
            self._exchange.close()
            self._store.close()


class _Computing:
    """How much of its time to compute a call has left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def ticks(self) -> int:
        # One more than asked for: the first tick may come at once.
        return max(0, math.ceil((self._end - time.monotonic()) / TICK_SECONDS)) + 1

    def waited(self, context: Any, seconds: float) -> None:
        self._end += seconds
        set_epoch_deadline(context, self.ticks())


class _Clock:
    """Advances an engine's epoch while it has calls. Its thread ends with them, and starts again in a forked child."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.begin_anew()
        _clocks.add(self)

    def begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._has_thread = False

    @contextmanager
    def running(self) -> Iterator[None]:
        with self._lock:
            self._calls += 1
            if not self._has_thread:
                threading.Thread(target=self._tick, name="metric-service-epoch", daemon=True).start()
                self._has_thread = True
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1

    def _tick(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            with self._lock:
                if not self._calls:
                    self._has_thread = False
                    return
            self._engine.increment_epoch()


_clocks: weakref.WeakSet[_Clock] = weakref.WeakSet()


def _begin_anew() -> None:
    for clock in list(_clocks):
        clock.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def _engine(cache: bool) -> Engine:
    settings = EngineConfig()
    settings.epoch_interruption = True
    without_concurrency(settings)
    # The compiler's threads belong to the process that has started them.
    settings.parallel_compilation = os.getpid() == _FIRST_PROCESS
    if not _has_memory_files():
        settings.memory_init_cow = False
    if cache:
        # Where no folder can be written, each start compiles.
        with contextlib.suppress(WasmtimeError):
            settings.cache = True
    return Engine(settings)


def _has_memory_files() -> bool:
    """Whether memory can be given from a file in memory, which some sandboxes forbid. Where there are none: yes."""
    try:
        os.close(os.memfd_create("metric-service"))
    except OSError:
        return False
    except AttributeError:
        pass
    return True


def _qualified(interface: str) -> str:
    return f"{PACKAGE}/{interface}@{VERSION}"
