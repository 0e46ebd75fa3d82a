"""Plain documents, as either door gives them, read into the records of `types`.

Knows the contract's fields, and nothing of how a document was made.
"""

from __future__ import annotations

from typing import Any

from .types import (
    CatalogueEntry,
    Category,
    HttpMethod,
    HttpRequest,
    HttpScheme,
    MetadataResult,
    MetricMetadata,
    MetricResult,
    MetricType,
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
    # JSON has no NaN: there it is a word, which float() reads, and so are the infinities.
    values = list(map(float, document["values"]))
    return Series(dict(document["labels"]), document["timestamps"], values)


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
