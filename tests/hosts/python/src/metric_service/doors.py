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

from .accept import U16, accept_text, accept_whole
from .errors import CASES, InvalidArgument, MalformedResponse, MetricServiceError, PluginTrapped, Span
from .long_json import loads
from .plugin import Plugin
from .sender import Sender
from .types import Tagged
from .waiting import interruptible

DoorName = Literal["json", "typed"]


class Door(Protocol):
    """A way to call the verbs."""

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        """Calls `verb`. `arguments` are in the order of the contract, `body` comes last."""


def open_door(plugin: Plugin, name: DoorName, sender: Sender | None = None) -> Door:
    """The door of that name. Without a sender no request goes out."""
    return JsonDoor(plugin, sender) if name == "json" else TypedDoor(plugin, sender)


class _Door:
    """What both have."""

    def __init__(self, plugin: Plugin, sender: Sender | None = None) -> None:
        self._plugin = plugin
        self._sender = sender

    def _call(self, interface: str, function: str, *arguments: Any) -> Any:
        if self._sender is None:
            return self._plugin.call(interface, function, *arguments)
        return interruptible(lambda: self._plugin.call(interface, function, *arguments, sender=self._sender))


class JsonDoor(_Door):
    """One text in, one text out. In Python by far the cheaper one (`python -m metric_service.bench`)."""

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        answer = outcome(loads(self.text(interface, verb, json.dumps(document(arguments)), body)))
        if isinstance(answer, MetricServiceError):
            raise answer
        return answer

    def text(self, interface: str, verb: str, request: str, body: str | None = None) -> str:
        """The texts as they are, for a caller who only passes the answer on."""
        codec = interface == "codec"
        bodies = [body or ""] if codec else []
        answer: str = self._call("json-codec" if codec else "json", "call", verb, request, *bodies)
        return answer


class TypedDoor(_Door):
    """The contract's own types, lifted and lowered value by value by the wasmtime package."""

    def call(self, interface: str, verb: str, arguments: dict[str, Any], body: str | None = None) -> Any:
        lowered = [lower(value) for value in arguments.values()]
        return settled(self._call(interface, verb, *lowered, *([] if body is None else [body])))


def settled(answer: Any) -> Any:
    """The good side of a `result` as a document; the other is raised."""
    # The package gives the two sides without a tag where their types differ.
    if isinstance(answer, Variant) and answer.tag in ("ok", "err"):
        if answer.tag == "ok":
            return plain(answer.payload)
        answer = answer.payload
    if isinstance(answer, Variant):
        raise told(answer)
    if isinstance(answer, Record) and set(vars(answer)) == {"error", "chunk"}:
        failure, chunk = told(answer.error), answer.chunk  # type: ignore[attr-defined]
        if chunk is not None:
            failure.chunk = Span(**plain(chunk))
        raise failure
    return plain(answer)


def told(answer: Variant) -> MetricServiceError:
    """The exception of the contract's `error`, as the package gives it."""
    payload = plain(answer.payload)
    return error(answer.tag, payload if isinstance(payload, dict) else {"message": payload})


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


def accept_status(status: Any) -> int:
    """An HTTP status. The wasmtime package would cut a larger number to its low bits."""
    accepted = accept_whole("status", status, U16)
    if accepted is None:
        raise InvalidArgument("status", "None is not a status")
    return accepted


def accept_body(body: Any) -> str:
    """The body of an answer: a text, or its UTF-8."""
    if isinstance(body, bytes | bytearray):
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise MalformedResponse(f"the answer is not UTF-8: {error}") from error
    return accept_text("body", body)
