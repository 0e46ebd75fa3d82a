"""The verbs: `MetricService` has its requests sent by a `Sender`; `Codec` sends nothing."""

from __future__ import annotations

import copy
import dataclasses
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from .accept import accept_member, accept_text
from .documents import read_metadata, read_piece, read_plan, read_range, read_request, read_result
from .doors import DoorName, JsonDoor, accept_body, accept_status, lower, open_door, outcome, settled
from .errors import MetricServiceError
from .plugin import Plugin
from .sender import Sender
from .types import (
    Config,
    HttpRequest,
    MetadataResult,
    MetricQuery,
    MetricResult,
    MetricType,
    Piece,
    RangeAnswer,
    RangeOptions,
    RangePlan,
    ValueType,
)
from .waiting import interruptible


class _Verbs:
    """What both interfaces have: the verbs that need no answer from Prometheus."""

    interface: str

    def __init__(
        self, plugin: Plugin, config: Config | str, *, door: DoorName = "json", sender: Sender | None = None
    ) -> None:
        self.config = Config(config) if isinstance(config, str) else config
        self._door = open_door(plugin, door, sender)

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

    def detect_metric_type(self, metric_name: str, value_type: ValueType | str | None = None) -> MetricType:
        """How a metric is read."""
        side = None if value_type is None else accept_member("value-type", value_type, ValueType)
        arguments = {"metric_name": accept_text("metric-name", metric_name), "value_type": side}
        return MetricType(self._door.call(self.interface, "detect-metric-type", arguments))


class MetricService(_Verbs):
    """`metric_service.wasm`, its requests sent by a `Sender`; unless one is given, to `Config.address` alone.

    The verbs block; other threads run meanwhile, and Ctrl-C ends a call at once. Each failure is raised as the
    exception of its case, see `metric_service.errors`. May be shared between threads, and used after a fork.
    """

    interface = "metric-service"

    def __init__(
        self, plugin: Plugin, config: Config | str, *, door: DoorName = "json", sender: Sender | None = None
    ) -> None:
        config = Config(config) if isinstance(config, str) else config
        self._sender = (sender or Sender()).for_address(config.address)
        super().__init__(plugin, config, door=door, sender=self._sender)
        self._plugin = plugin
        self._json = JsonDoor(plugin, self._sender)

    def call(self, verb: str, request: Mapping[str, Any] | None = None) -> Any:
        """Any verb of the plugin by its name, with a request as in `wit/schema/metric-service.schema.json`: plain
        values, or the records of this package; `config` is this service's. Gives the result as plain values.
        """
        return self._json.call(self.interface, verb, {"config": self.at_this_time().config, **(request or {})})

    def query_metadata(self) -> MetadataResult:
        """The metrics that Prometheus holds, by name, with what the catalogue knows of each."""
        arguments = {"config": self.at_this_time().config}
        return read_metadata(self._door.call(self.interface, "query-metadata", arguments))

    def query_metric(self, query: MetricQuery) -> MetricResult:
        """Builds the query, asks Prometheus, and returns the series."""
        arguments = {"config": self.at_this_time().config, "query": query}
        return read_result(self._door.call(self.interface, "query-metric", arguments))

    # Of ranges the answers come through the JSON door, whichever `door` is.

    def plan(self, query: MetricQuery, options: RangeOptions | None = None) -> RangePlan:
        """What `query_range` would do. Nothing is sent."""
        return read_plan(self.call("plan", {"query": query, "options": options}))

    def query_range(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeAnswer:
        """Asks for a long range in chunks, side by side. An error's `chunk` says which failed."""
        return read_range(self.call("query-range", {"query": query, "options": options}))

    def query_batch(
        self, queries: Sequence[MetricQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        """Many queries side by side; the answers in their order, an exception in the place of one that failed."""
        answers = map(outcome, self.call("query-batch", {"queries": list(queries), "options": options}))
        return [answer if isinstance(answer, MetricServiceError) else read_range(answer) for answer in answers]

    def pages(self, query: MetricQuery, options: RangeOptions | None = None) -> Iterator[RangeAnswer]:
        """A long range, one chunk a request, each when it is asked for."""
        cursor = None
        while True:
            page = self.call("query-page", {"query": query, "options": options, "cursor": cursor})
            yield read_range(page["answer"])
            cursor = page["next"]
            if cursor is None:
                return

    def stream(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeStream:
        """A long range in bounded pieces, for answers that are larger than memory: `for piece in service.stream(…)`.

        Keeps an instance of the plugin until its end, or until it is closed.
        """
        return RangeStream(self._plugin, self._sender, self.at_this_time().config, query, options or RangeOptions())


class RangeStream(Iterator[Piece]):
    """The pieces of a range. One after the other, whichever threads ask for them."""

    def __init__(
        self, plugin: Plugin, sender: Sender, config: Config, query: MetricQuery, options: RangeOptions
    ) -> None:
        self._lock = threading.RLock()
        self._instance = plugin.instance(sender)
        try:
            self._stream = self._call("[static]range-stream.open", lower(config), lower(query), lower(options))
            self.plan: RangePlan = read_plan(self._call("[method]range-stream.plan", self._stream))
            """What is being asked for."""
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __next__(self) -> Piece:
        with self._lock:
            piece = None
            try:
                if self._stream is not None:
                    piece = self._call("[method]range-stream.next", self._stream)
            finally:
                # After the end, or an error, there is nothing more.
                if piece is None:
                    self.close()
        if piece is None:
            raise StopIteration
        return read_piece(piece)

    def close(self) -> None:
        """Ends what is under way, and lets the instance go."""
        self._stream = None
        self._instance.close()

    def _call(self, function: str, *arguments: Any) -> Any:
        return interruptible(lambda: settled(self._instance.call("range-service", function, *arguments)))


class Codec(_Verbs):
    """The verbs without I/O, of `metric_service.wasm` or of `metric_codec.wasm`, which imports nothing at all."""

    interface = "codec"

    def metadata_request(self) -> HttpRequest:
        """The request of `query_metadata`."""
        return read_request(self._door.call(self.interface, "metadata-request", {"config": self.config}))

    def metadata_response(self, status: int, body: str | bytes) -> MetadataResult:
        """The answer of `query_metadata`, from the response's status and whole body."""
        arguments = {"config": self.config, "status": accept_status(status)}
        return read_metadata(self._door.call(self.interface, "metadata-response", arguments, accept_body(body)))

    def metric_request(self, query: MetricQuery) -> HttpRequest:
        """The request of `query_metric`."""
        arguments = {"config": self.config, "query": query}
        return read_request(self._door.call(self.interface, "metric-request", arguments))

    def metric_response(self, query: MetricQuery, status: int, body: str | bytes) -> MetricResult:
        """The answer of `query_metric`, from the response's status and whole body."""
        arguments = {"config": self.config, "query": query, "status": accept_status(status)}
        return read_result(self._door.call(self.interface, "metric-response", arguments, accept_body(body)))
