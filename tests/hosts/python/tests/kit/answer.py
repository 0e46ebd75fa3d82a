"""What came out of a call, as JSON in the contract's own names. Values that JSON lacks are words."""

import math
from collections.abc import Callable
from typing import Any

from metric_service import HttpRequest, MetadataResult, MetricMetadata, MetricResult, MetricServiceError, PluginError

from .sent import request_view


def answer(call: Callable[[], Any]) -> dict[str, Any]:
    """`{"result": …}`, `{"error": {case: payload}}`, or `{"broken": text}`, which meets no expectation."""
    try:
        return {"result": view(call())}
    except MetricServiceError as error:
        fields = {name.replace("_", "-"): value for name, value in error.fields.items()}
        return {"error": {error.case: fields["message"] if set(fields) == {"message"} else fields}}
    except PluginError as error:
        return {"broken": str(error)}


def view(value: Any) -> Any:
    """A value of the contract as JSON."""
    match value:
        case MetricResult():
            return {
                "promql": value.promql,
                "metric-type": str(value.metric_type),
                "unit": value.unit,
                "step": value.step,
                "start": value.start,
                "end": value.end,
                "series": [
                    {
                        "labels": series.labels,
                        "timestamps": series.timestamps,
                        "values": [v if math.isfinite(v) else _word(v) for v in series.values],
                    }
                    for series in value.series
                ],
                "warnings": value.warnings,
                "infos": value.infos,
                "partial": value.partial,
            }
        case MetadataResult():
            return {
                "metrics": [view(metric) for metric in value.metrics],
                "warnings": value.warnings,
                "infos": value.infos,
                "partial": value.partial,
            }
        case MetricMetadata():
            known = value.catalogue
            catalogue = known and {
                "description": known.description,
                "unit": known.unit,
                "rate-unit": known.rate_unit,
                "category": str(known.category),
                "cumulative": known.cumulative,
                "value-types": [str(side) for side in known.value_types],
            }
            return {"name": value.name, "metric-type": str(value.metric_type), "catalogue": catalogue}
        case HttpRequest():
            return request_view(
                str(value.method),
                value.path_with_query,
                value.headers,
                value.body,
                scheme=str(value.scheme),
                authority=value.authority,
            )
        case str():
            return str(value)
    raise TypeError(f"not an answer of the contract: {value!r}")


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
