"""The verbs: `MetricService` sends its requests itself, through wasmtime's `wasi:http`; `Codec` sends nothing."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Sequence
from typing import Any, Self

from .documents import read_metadata, read_request, read_result
from .doors import DoorName, JsonDoor, failed, open_door, outcome
from .errors import MetricServiceError, Span
from .plugin import Plugin
from .types import (
    Config,
    HttpRequest,
    MetadataResult,
    MetricQuery,
    MetricResult,
    MetricType,
    MissingChunk,
    RangeAnswer,
    RangeOptions,
    ValueType,
)


class _Verbs:
    """What both interfaces have: the verbs that need no answer from Prometheus."""

    interface: str

    def __init__(self, plugin: Plugin, config: Config, *, door: DoorName = "json") -> None:
        self.config = config
        self._door = open_door(plugin, door)

    def at_this_time(self) -> Self:
        """The same, for a call that begins now: a plugin has no clock of its own."""
        if self.config.now is not None:
            return self
        other = copy.copy(self)
        other.config = dataclasses.replace(self.config, now=time.time_ns() // 1_000_000)
        return other

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

    def __init__(self, plugin: Plugin, config: Config, *, door: DoorName = "json") -> None:
        super().__init__(plugin, config, door=door)
        self._json = JsonDoor(plugin)

    def query_metadata(self) -> MetadataResult:
        """The metrics that Prometheus holds, by name, with what the catalogue knows of each."""
        arguments = {"config": self.at_this_time().config}
        return read_metadata(self._door.call(self.interface, "query-metadata", arguments))

    def query_metric(self, query: MetricQuery) -> MetricResult:
        """Builds the query, asks Prometheus, and returns the series."""
        arguments = {"config": self.at_this_time().config, "query": query}
        return read_result(self._door.call(self.interface, "query-metric", arguments))

    def query_range(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeAnswer:
        """Asks for a long range in chunks, side by side. An error's `chunk` says which failed.

        Answers of ranges come through the JSON door, whichever `door` is.
        """
        arguments = {"config": self.at_this_time().config, "query": query, "options": options}
        return _read_range(self._json.call("range-service", "query-range", arguments))

    def query_batch(
        self, queries: Sequence[MetricQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        """Many queries side by side; the answers in their order, an exception in the place of one that failed."""
        arguments = {"config": self.at_this_time().config, "queries": list(queries), "options": options}
        answers = map(outcome, self._json.call("range-service", "query-batch", arguments))
        return [answer if isinstance(answer, MetricServiceError) else _read_range(answer) for answer in answers]


def _read_range(document: dict[str, Any]) -> RangeAnswer:
    missing = [MissingChunk(Span(**chunk["span"]), failed(chunk["error"])) for chunk in document["missing"]]
    return RangeAnswer(read_result(document["answer"]), missing)


class Codec(_Verbs):
    """The verbs without I/O, of `metric_service.wasm` or of `metric_codec.wasm`, which imports nothing at all."""

    interface = "codec"

    def metadata_request(self) -> HttpRequest:
        """The request of `query_metadata`."""
        return read_request(self._door.call(self.interface, "metadata-request", {"config": self.config}))

    def metadata_response(self, status: int, body: str) -> MetadataResult:
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
