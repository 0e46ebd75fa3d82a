"""The verbs: `MetricService` sends its requests itself, through wasmtime's `wasi:http`; `Codec` sends nothing."""

from __future__ import annotations

from .documents import read_metadata, read_request, read_result
from .doors import DoorName, open_door
from .plugin import Plugin
from .types import Config, HttpRequest, MetricMetadata, MetricQuery, MetricResult, MetricType, ValueType


class _Verbs:
    """What both interfaces have: the verbs that need no answer from Prometheus."""

    interface: str

    def __init__(self, plugin: Plugin, config: Config, *, door: DoorName = "json") -> None:
        self.config = config
        self._door = open_door(plugin, door)

    def build_promql(self, query: MetricQuery) -> str:
        """The PromQL that `query_metric` would send. Nothing is sent."""
        promql: str = self._door.call(self.interface, "build-promql", {"config": self.config, "query": query})
        return promql

    def detect_metric_type(self, metric_name: str, value_type: ValueType | None = None) -> MetricType:
        """How a metric is read."""
        arguments = {"metric_name": metric_name, "value_type": value_type}
        return MetricType(self._door.call(self.interface, "detect-metric-type", arguments))


class MetricService(_Verbs):
    """`metric_service.wasm` with the `wasi:http` of the wasmtime package.

    The verbs block; they let other threads run, so `asyncio.to_thread(service.query_metric, query)` is all that
    asyncio needs. Each failure is raised as the exception of its case, see `metric_service.errors`.
    """

    interface = "metric-service"

    def query_metadata(self) -> list[MetricMetadata]:
        """The metrics that Prometheus holds, by name, with what the catalogue knows of each."""
        return read_metadata(self._door.call(self.interface, "query-metadata", {"config": self.config}))

    def query_metric(self, query: MetricQuery) -> MetricResult:
        """Builds the query, asks Prometheus, and returns the series."""
        arguments = {"config": self.config, "query": query}
        return read_result(self._door.call(self.interface, "query-metric", arguments))


class Codec(_Verbs):
    """The verbs without I/O, of `metric_service.wasm` or of `metric_codec.wasm`, which imports nothing at all."""

    interface = "codec"

    def metadata_request(self) -> HttpRequest:
        """The request of `query_metadata`."""
        return read_request(self._door.call(self.interface, "metadata-request", {"config": self.config}))

    def metadata_response(self, status: int, body: str) -> list[MetricMetadata]:
        """The answer of `query_metadata`, from the response's status and whole body."""
        arguments = {"config": self.config, "status": status}
        return read_metadata(self._door.call(self.interface, "metadata-response", arguments, body))

    def metric_request(self, query: MetricQuery) -> HttpRequest:
        """The request of `query_metric`."""
        arguments = {"config": self.config, "query": query}
        return read_request(self._door.call(self.interface, "metric-request", arguments))

    def metric_response(self, query: MetricQuery, status: int, body: str) -> MetricResult:
        """The answer of `query_metric`, from the response's status and whole body."""
        arguments = {"config": self.config, "query": query, "status": status}
        return read_result(self._door.call(self.interface, "metric-response", arguments, body))
