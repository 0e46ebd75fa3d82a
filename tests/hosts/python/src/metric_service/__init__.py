"""The Metric Service plugin in Python.

    from metric_service import Config, MetricQuery, MetricService, Plugin

    plugin = Plugin.load("metric_service.wasm")
    service = MetricService(plugin, Config("127.0.0.1:9090"))
    result = service.query_metric(MetricQuery("cpu_util", "2026-01-05T00:00:00Z", "2026-01-05T04:00:00Z"))
    frame = result.to_frame()

What is where: `types` the contract's records, `errors` its errors as exceptions, `plugin` the component in
wasmtime, `doors` how values cross, `verbs` the two interfaces, `over_httpx` the codec with httpx, `frame` pandas,
`plot` matplotlib, `bench` what it all costs.
"""

from .errors import (
    ConnectionFailed,
    Denied,
    FailedToGetMetric,
    InvalidArgument,
    InvalidTimeRange,
    LimitExceeded,
    MalformedResponse,
    MetricServiceError,
    PluginError,
    PluginRefused,
    PluginTrapped,
    TimedOut,
)
from .plugin import Limits, Plugin
from .types import (
    CatalogueEntry,
    Category,
    Config,
    Dimension,
    HttpMethod,
    HttpRequest,
    HttpScheme,
    LabelFilter,
    LabelSchema,
    MetricMetadata,
    MetricQuery,
    MetricResult,
    MetricType,
    Series,
    ValueType,
)
from .verbs import Codec, MetricService

__all__ = [
    "CatalogueEntry",
    "Category",
    "Codec",
    "Config",
    "ConnectionFailed",
    "Denied",
    "Dimension",
    "FailedToGetMetric",
    "HttpMethod",
    "HttpRequest",
    "HttpScheme",
    "InvalidArgument",
    "InvalidTimeRange",
    "LabelFilter",
    "LabelSchema",
    "LimitExceeded",
    "Limits",
    "MalformedResponse",
    "MetricMetadata",
    "MetricQuery",
    "MetricResult",
    "MetricService",
    "MetricServiceError",
    "MetricType",
    "Plugin",
    "PluginError",
    "PluginRefused",
    "PluginTrapped",
    "Series",
    "TimedOut",
    "ValueType",
]
