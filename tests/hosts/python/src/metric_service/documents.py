"""Plain documents, as either door gives them, read into the records of `types`.

Knows the contract's fields, and nothing of how a document was made.
"""

from __future__ import annotations

from typing import Any

from .doors import failed, told
from .errors import Span
from .types import (
    CatalogueEntry,
    Category,
    Chunk,
    HttpMethod,
    HttpRequest,
    HttpScheme,
    MetadataResult,
    MetricMetadata,
    MetricResult,
    MetricType,
    MissingChunk,
    Piece,
    RangeAnswer,
    RangePlan,
    Series,
    ValueType,
)

Document = dict[str, Any]


def read_result(document: Document) -> MetricResult:
    """The answer to a query."""
    return MetricResult(
        promql=document["promql"],
        metric_type=MetricType(document["metric_type"]),
        unit=document["unit"],
        step=document["step"],
        start=document["start"],
        end=document["end"],
        series=[_read_series(series) for series in document["series"]],
        warnings=document["warnings"],
        infos=document["infos"],
        partial=document["partial"],
    )


def _read_series(document: Document) -> Series:
    # JSON has no NaN: there it is a word, which float() reads, and so are the infinities. Not `map`, which would hold
    # Python's lock from the first to the last.
    values = [float(value) for value in document["values"]]
    return Series(dict(document["labels"]), document["timestamps"], values)


def read_range(document: Document) -> RangeAnswer:
    """The answer to a range."""
    return RangeAnswer(read_result(document["answer"]), _read_missing(document["missing"]))


def read_plan(document: Document) -> RangePlan:
    """What a range becomes."""
    chunks = [Chunk(Span(**chunk["span"]), chunk["points"], chunk["is_final"]) for chunk in document["chunks"]]
    read = {"metric_type": MetricType(document["metric_type"]), "span": Span(**document["span"]), "chunks": chunks}
    return RangePlan(**{**document, **read})


def read_piece(document: Document) -> Piece:
    """A piece of a stream, as the typed door gives it."""
    read = {
        "series": [_read_series(series) for series in document["series"]],
        "missing": [MissingChunk(Span(**chunk["span"]), told(chunk["error"])) for chunk in document["missing"]],
    }
    return Piece(**{**document, **read})


def _read_missing(chunks: list[Document]) -> list[MissingChunk]:
    return [MissingChunk(Span(**chunk["span"]), failed(chunk["error"])) for chunk in chunks]


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
        catalogue=_read_entry(entry) if entry is not None and known else None,
    )


def _read_entry(document: Document) -> CatalogueEntry:
    return CatalogueEntry(
        description=document["description"],
        unit=document["unit"],
        rate_unit=document["rate_unit"],
        category=Category(document["category"]),
        cumulative=document["cumulative"],
        value_types=[ValueType(side) for side in document["value_types"]],
    )


def read_request(document: Document) -> HttpRequest:
    """A request to send."""
    return HttpRequest(
        method=HttpMethod(document["method"]),
        scheme=HttpScheme(document["scheme"]),
        authority=document["authority"],
        path_with_query=document["path_with_query"],
        headers=[(name, value) for name, value in document["headers"]],
        body=document["body"],
    )
