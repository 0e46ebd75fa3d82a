"""The two doors of a component: typed values (`metric-service`, `codec`), or one JSON text in and one out.

Both take the contract's records and give back a plain document (dicts, lists, texts, numbers) with snake_case
names, or raise the contract's error. Knows how values cross the boundary, and nothing of what they mean.
"""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from typing import Any, Literal, Protocol

from wasmtime.component import Record, Variant

from .errors import CASES, MetricServiceError, PluginTrapped, Span
from .plugin import Plugin
from .types import Tagged

DoorName = Literal["json", "typed"]


class Door(Protocol):
    """A way to call the verbs."""

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        """Calls `verb`. `arguments` are in the order of the contract, `body` comes last."""


def open_door(plugin: Plugin, name: DoorName) -> Door:
    """The door of that name."""
    return JsonDoor(plugin) if name == "json" else TypedDoor(plugin)


class JsonDoor:
    """One text in, one text out. In Python by far the cheaper one (`python -m metric_service.bench`)."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        answer = outcome(json.loads(self.text(interface, verb, json.dumps(document(arguments)), body)))
        if isinstance(answer, MetricServiceError):
            raise answer
        return answer

    def text(self, interface: str, verb: str, request: str, body: str | None = None) -> str:
        """The texts as they are, for a caller who only passes the answer on."""
        codec = interface == "codec"
        bodies = [body or ""] if codec else []
        answer: str = self._plugin.call("json-codec" if codec else "json", "call", verb, request, *bodies)
        return answer


class TypedDoor:
    """The contract's own types, lifted and lowered value by value by the wasmtime package."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        lowered = [lower(value) for value in arguments.values()]
        answer = self._plugin.call(interface, verb, *lowered, *([] if body is None else [body]))
        # The package gives the two sides of a `result` without a tag; only errors are variants here.
        if isinstance(answer, Variant):
            payload = plain(answer.payload)
            raise error(answer.tag, payload if isinstance(payload, dict) else {"message": payload})
        return plain(answer)


def outcome(answer: Any) -> Any:
    """What a document holds: the result, or the exception of its error."""
    match answer:
        case {"result": result}:
            return result
        case {"error": dict(failure)}:
            return failed(failure)
        case _:
            raise PluginTrapped("an answer that is neither a result nor an error")


def failed(document: dict[str, Any]) -> MetricServiceError:
    """The exception of a JSON error; that of a range has its `chunk`."""
    fields = dict(document)
    case, chunk = str(fields.pop("type", "")), fields.pop("chunk", None)
    told = error(case.replace("_", "-"), fields)
    if chunk is not None:
        told.chunk = Span(**chunk)
    return told


def error(case: str, fields: dict[str, Any]) -> MetricServiceError:
    """The exception of a case."""
    try:
        return CASES[case](**fields)
    except (KeyError, TypeError) as unknown:
        raise PluginTrapped(f"an error that is not in the contract: {case} {fields}") from unknown


def document(value: Any) -> Any:
    """A record as the JSON door takes it: snake_case, what is None left out."""
    if isinstance(value, Tagged):
        return value.tag if value.payload is None else {value.tag: document(value.payload)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: document(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [document(entry) for entry in value]
    return value.value.replace("-", "_") if isinstance(value, Enum) else value


def lower(value: Any) -> Any:
    """A record as the wasmtime package takes it: an object whose attributes have the contract's names."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Tagged):
        return Variant(value.tag, lower(value.payload))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        record = Record()
        for entry in dataclasses.fields(value):
            setattr(record, entry.name.replace("_", "-"), lower(getattr(value, entry.name)))
        return record
    if isinstance(value, list | tuple):
        return [lower(entry) for entry in value]
    return value


def plain(value: Any) -> Any:
    """What the wasmtime package gives, as a document. Columns of numbers are passed on as they are."""
    if isinstance(value, Record):
        return {name.replace("-", "_"): plain(entry) for name, entry in vars(value).items()}
    if isinstance(value, list) and value and isinstance(value[0], Record):
        return [plain(entry) for entry in value]
    return value
