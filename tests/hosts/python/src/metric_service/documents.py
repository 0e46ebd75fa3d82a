"""Plain documents, as either door gives them, read into the contract's records.

A record is read by the types of its fields. Knows how documents differ from records, and no verbs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from .doors import failed, told
from .errors import MetricServiceError
from .types import CatalogueEntry, MetadataResult, MetricMetadata, MetricType

Document = dict[str, Any]
Kind = TypeVar("Kind")
Reader = Callable[[Any], Any]


def read(kind: type[Kind], document: Any) -> Kind:
    """Reads a record, or a list of them."""
    # For the type checker a class is nothing that a cache could tell apart.
    key: Any = kind
    result: Kind = _reader(key)(document)
    return result


@cache
def _reader(kind: Any) -> Reader:
    arguments = get_args(kind)
    match get_origin(kind) or kind:
        case origin if origin is UnionType:
            (inner,) = (_reader(argument) for argument in arguments if argument is not NoneType)
            return lambda document: None if document is None else inner(document)
        case origin if origin is list:
            return _list(_reader(arguments[0]))
        case origin if origin is tuple:
            return tuple
        case origin if origin is dict:
            key, value = map(_reader, arguments)
            return lambda document: {key(name): value(entry) for name, entry in dict(document).items()}
        case record if dataclasses.is_dataclass(record):
            return _record(record)
        case enum if issubclass(enum, StrEnum):
            # The JSON door writes names with `_`.
            return lambda name: enum(name.replace("_", "-"))
        case error if issubclass(error, MetricServiceError):
            return lambda document: failed(document) if isinstance(document, dict) else told(document)
        case number if number is float:
            # JSON has no NaN: there it is a word, which this reads, and so are the infinities.
            return float
        case _:
            return _itself


def _itself(document: Any) -> Any:
    return document


def _list(inner: Reader) -> Reader:
    if inner is _itself:
        return _itself
    # Not `map`, which would hold Python's lock from the first to the last.
    return lambda documents: [inner(document) for document in documents]


def _record(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {entry.name: _reader(hints[entry.name]) for entry in dataclasses.fields(kind)}
    # What JSON has not by its name: a record lies flat in the document, and an answer is without series.
    flat = {name for name in readers if dataclasses.is_dataclass(hints[name])}

    def record(document: Document) -> Any:
        fields = {}
        for name, reader in readers.items():
            if name in document:
                fields[name] = reader(document[name])
            elif name in flat:
                fields[name] = reader(document)
            elif name == "series":
                fields[name] = []
            else:
                raise KeyError(name)
        return kind(**fields)

    return record


def read_metadata(document: Document) -> MetadataResult:
    """The metrics that there are."""
    return MetadataResult(
        metrics=[_read_metric(metric) for metric in document["metrics"]],
        warnings=document["warnings"],
        infos=document["infos"],
        partial=document["partial"],
    )


def _read_metric(document: Document) -> MetricMetadata:
    # The typed door has the catalogue's entry as a record of its own, the JSON door beside the name.
    entry = document.get("catalogue") if "catalogue" in document else document
    known = entry is not None and entry["description"] is not None
    return MetricMetadata(
        name=document["name"],
        metric_type=MetricType(document["metric_type"]),
        catalogue=read(CatalogueEntry, entry) if known else None,
    )
