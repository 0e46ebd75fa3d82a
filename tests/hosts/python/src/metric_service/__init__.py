"""The Metric Service plugin in Python.

    from metric_service import Config, MetricQuery, MetricService, Plugin

    plugin = Plugin.load("metric_service.wasm")
    service = MetricService(plugin, Config("127.0.0.1:9090"))
    result = service.query_metric(MetricQuery("cpu_util", "2026-01-05T00:00:00Z", "2026-01-05T04:00:00Z"))
    frame = result.to_frame()

What is where: `types` the contract's records, `accept` what they take, `errors` its errors as exceptions, `plugin`
the component in wasmtime, `wasi` what it imports, `sender` how its requests are sent, `doors` how values cross, `verbs`
the two interfaces, `over_asyncio` and `over_httpx` the same for asyncio and with httpx, `frame` pandas, `plot`
matplotlib, `bench` what it all costs.
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
    PartialAnswer,
    PluginError,
    PluginRefused,
    PluginTrapped,
    Span,
    TimedOut,
)
from .over_asyncio import AsyncMetricService
from .plugin import Limits, Plugin
from .sender import Sender
from .types import (
    Backend,
    CatalogueEntry,
    Category,
    Chunk,
    Config,
    Dimension,
    HttpMethod,
    HttpRequest,
    HttpScheme,
    LabelFilter,
    LabelSchema,
    MetadataResult,
    MetricMetadata,
    MetricQuery,
    MetricResult,
    MetricType,
    MissingChunk,
    Over,
    Piece,
    Pointwise,
    RangeAnswer,
    RangeOptions,
    RangePlan,
    RequestMethod,
    Series,
    Statistic,
    ValueType,
)
from .verbs import Codec, MetricService, RangeStream

__all__ = [
    "AsyncMetricService",
    "Backend",
    "CatalogueEntry",
    "Category",
    "Chunk",
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
    "MetadataResult",
    "MetricMetadata",
    "MetricQuery",
    "MetricResult",
    "MetricService",
    "MetricServiceError",
    "MetricType",
    "MissingChunk",
    "Over",
    "PartialAnswer",
    "Piece",
    "Plugin",
    "PluginError",
    "PluginRefused",
    "PluginTrapped",
    "Pointwise",
    "RangeAnswer",
    "RangeOptions",
    "RangePlan",
    "RangeStream",
    "RequestMethod",
    "Sender",
    "Series",
    "Span",
    "Statistic",
    "TimedOut",
    "ValueType",
]
