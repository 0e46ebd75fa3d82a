"""Values of the component model, handed to and from functions that Python gives a plugin (`wasi`).

The `wasmtime` package has such functions as well (`LinkerInstance.add_func`), but hands a list of bytes over one
byte at a time: a second for each megabyte of an answer. So this takes the same C API one step lower, where a value
says itself what it is. Knows no interfaces.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from wasmtime import Config, WasmtimeError
from wasmtime import _ffi as ffi

Value = ffi.wasmtime_component_val_t
SIZE = ctypes.sizeof(Value)
PAYLOAD = Value.of.offset

NUMBERS = {
    "u8": ffi.WASMTIME_COMPONENT_U8.value,
    "u16": ffi.WASMTIME_COMPONENT_U16.value,
    "u32": ffi.WASMTIME_COMPONENT_U32.value,
    "u64": ffi.WASMTIME_COMPONENT_U64.value,
}
NUMBER_FIELDS = {kind: name for name, kind in NUMBERS.items()}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a type: `u8`, `u16`, `u32` or `u64`."""

    type: str
    value: int


@dataclass(frozen=True, slots=True)
class Own:
    """A resource that is given away: the number that the host knows it by, and the number of its type."""

    rep: int
    type: int


@dataclass(frozen=True, slots=True)
class Ok:
    """The good side of a `result`; its payload may be missing."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Err:
    """The bad side of a `result`."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Some:
    """An `option` that is there; `NONE` is one that is not."""

    value: Any


NONE = Some(None)


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a `variant`; its payload may be missing."""

    tag: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that came as an argument."""

    rep: int
    owned: bool


def lift(context: Any, value: Any) -> Any:
    """An argument as Python has it. What the value holds stays the caller's, who frees it."""
    kind = value.kind
    if kind in NUMBER_FIELDS:
        return getattr(value.of, NUMBER_FIELDS[kind])
    if kind == ffi.WASMTIME_COMPONENT_RESOURCE.value:
        return _lift_resource(context, value.of.resource)
    if kind == ffi.WASMTIME_COMPONENT_STRING.value:
        return ffi.to_str(value.of.string)
    if kind == ffi.WASMTIME_COMPONENT_LIST.value:
        return _lift_list(context, value.of.list)
    if kind == ffi.WASMTIME_COMPONENT_TUPLE.value:
        return tuple(lift(context, value.of.tuple.data[place]) for place in range(value.of.tuple.size))
    if kind == ffi.WASMTIME_COMPONENT_OPTION.value:
        return Some(lift(context, value.of.option.contents)) if value.of.option else NONE
    if kind == ffi.WASMTIME_COMPONENT_VARIANT.value:
        payload = value.of.variant.val
        return Case(ffi.to_str(value.of.variant.discriminant), lift(context, payload.contents) if payload else None)
    raise TypeError(f"an argument of kind {kind}")


def _lift_list(context: Any, values: Any) -> list[Any] | bytes:
    if not values.size:
        return []
    if values.data[0].kind == NUMBERS["u8"]:
        return ctypes.string_at(values.data, values.size * SIZE)[PAYLOAD::SIZE]
    return [lift(context, values.data[place]) for place in range(values.size)]


def _lift_resource(context: Any, resource: Any) -> Resource:
    owned = bool(ffi.wasmtime_component_resource_any_owned(resource))
    host = ctypes.POINTER(ffi.wasmtime_component_resource_host_t)()
    _check(ffi.wasmtime_component_resource_any_to_host(context, resource, byref(host)))
    rep = ffi.wasmtime_component_resource_host_rep(host)
    ffi.wasmtime_component_resource_host_delete(host)
    return Resource(rep, owned)


def lower(context: Any, value: Any, into: Any) -> None:
    """Writes a result into the value that the caller has for it."""
    match value:
        case bool():
            into.kind, into.of.boolean = ffi.WASMTIME_COMPONENT_BOOL.value, value
        case Number():
            into.kind = NUMBERS[value.type]
            setattr(into.of, value.type, value.value)
        case str():
            into.kind, into.of.string = ffi.WASMTIME_COMPONENT_STRING.value, ffi.str_to_capi(value)
        case bytes():
            into.kind, into.of.list = ffi.WASMTIME_COMPONENT_LIST.value, _lower_bytes(value)
        case list():
            into.kind, into.of.list = ffi.WASMTIME_COMPONENT_LIST.value, _lower_list(context, value)
        case tuple():
            into.kind, into.of.tuple = ffi.WASMTIME_COMPONENT_TUPLE.value, _lower_tuple(context, value)
        case Own():
            into.kind, into.of.resource = ffi.WASMTIME_COMPONENT_RESOURCE.value, _lower_resource(context, value)
        case Ok() | Err():
            into.kind = ffi.WASMTIME_COMPONENT_RESULT.value
            into.of.result.is_ok = isinstance(value, Ok)
            into.of.result.val = _boxed(context, value.value)
        case Some():
            into.kind, into.of.option = ffi.WASMTIME_COMPONENT_OPTION.value, _boxed(context, value.value)
        case Case():
            into.kind = ffi.WASMTIME_COMPONENT_VARIANT.value
            into.of.variant.discriminant = ffi.str_to_capi(value.tag)
            into.of.variant.val = _boxed(context, value.payload)
        case _:
            raise TypeError(f"not a value of the component model: {value!r}")


def _boxed(context: Any, value: Any) -> Any:
    if value is None:
        return None
    raw = Value()
    lower(context, value, raw)
    return ffi.wasmtime_component_val_new(byref(raw))


def _lower_list(context: Any, values: list[Any]) -> Any:
    raw = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(byref(raw), len(values))
    for place, value in enumerate(values):
        lower(context, value, raw.data[place])
    return raw


def _lower_tuple(context: Any, values: tuple[Any, ...]) -> Any:
    raw = ffi.wasmtime_component_valtuple_t()
    ffi.wasmtime_component_valtuple_new_uninit(byref(raw), len(values))
    for place, value in enumerate(values):
        lower(context, value, raw.data[place])
    return raw


def _lower_bytes(data: bytes) -> Any:
    raw = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(byref(raw), len(data))
    # All values at once: their kinds, and their payloads, each every SIZE bytes.
    image = bytearray(len(data) * SIZE)
    image[0::SIZE] = bytes([NUMBERS["u8"]]) * len(data)
    image[PAYLOAD::SIZE] = data
    ctypes.memmove(raw.data, (ctypes.c_char * len(image)).from_buffer(image), len(image))
    return raw


def _lower_resource(context: Any, own: Own) -> Any:
    host = ffi.wasmtime_component_resource_host_new(True, own.rep, own.type)
    resource = ctypes.POINTER(ffi.wasmtime_component_resource_any_t)()
    _check(ffi.wasmtime_component_resource_host_to_any(context, host, byref(resource)))
    ffi.wasmtime_component_resource_host_delete(host)
    return resource


def _check(error: Any) -> None:
    if error:
        raise WasmtimeError._from_ptr(error)


Function = Callable[..., Any]


class Functions:
    """Python functions in a linker. Holds what C has pointers to: to be kept as long as the linker."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        """`failed` is told what a function raised, which ends the call with a trap."""
        self._failed = failed
        self._kept: list[Any] = []

    def add_function(self, instance: Any, name: str, function: Function) -> None:
        """Links a function. It takes the context and the arguments, and gives the result, None for none."""

        def called(
            _data: Any, context: Any, _type: Any, arguments: Any, count: int, results: Any, expected: int
        ) -> int:
            try:
                result = function(context, *(lift(context, arguments[place]) for place in range(count)))
                if expected:
                    lower(context, result, results[0])
                return 0
            except BaseException as error:
                return self._trap(error)

        callback = ffi.wasmtime_component_func_callback_t(called)
        self._kept.append(callback)
        raw = name.encode()
        _check(
            ffi.wasmtime_component_linker_instance_add_func(
                instance.ptr(), ctypes.create_string_buffer(raw), len(raw), callback, None, NO_FINALIZER
            )
        )

    def _trap(self, error: BaseException) -> int:
        self._failed(error)
        pointer = ffi.wasmtime_error_new(ctypes.create_string_buffer(type(error).__name__.encode()))
        return ctypes.cast(pointer, ctypes.c_void_p).value or 0


NO_FINALIZER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()


def set_epoch_deadline(context: Any, ticks: int) -> None:
    """How many ticks from now wasm is interrupted, of a call that is under way."""
    ffi.wasmtime_context_set_epoch_deadline(context, ticks)


def without_concurrency(settings: Config) -> None:
    """Without the component model's own tasks, which no plugin has.

    They double what a call costs, and in wasmtime 50 a function that takes a list of borrowed resources (`poll`) traps.
    """
    ffi.wasmtime_config_concurrency_support_set(settings.ptr(), False)
