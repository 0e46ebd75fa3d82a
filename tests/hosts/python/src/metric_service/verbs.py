"""The verbs: `MetricService` has its requests sent by a `Sender`; `Codec` sends nothing."""

from __future__ import annotations

import copy
import dataclasses
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from . import asked
from .accept import Identifier, Moment, accept_member, accept_text
from .asked import Answer, Asked
from .decisions import (
    InstantAnswer,
    Judgement,
    LiveAnswer,
    LiveOptions,
    MetricQuestion,
    Outline,
    Preset,
    PresetArguments,
    PresetRange,
    Question,
    Run,
)
from .documents import read, read_metadata
from .doors import DoorName, JsonDoor, accept_body, accept_status, lower, open_door, settled
from .errors import MetricServiceError
from .families import DerivedAnswer, DerivedQuery, Family, FamilyQuery
from .insight import (
    Detection,
    Ranked,
    Ranking,
    Score,
    SummaryAnswer,
    Tolerance,
    ValueAnswer,
    ValueFilter,
    ValueSource,
    WatchAnswer,
)
from .plugin import Plugin
from .sender import Sender
from .types import (
    Config,
    Dimension,
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
        # Of ranges, insight and decisions the answers come through this one, whichever `door` is.
        self._json = JsonDoor(plugin, sender)

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

    def check_preset(self, preset: Preset | str) -> Outline:
        """Checks a preset. What is refused is `InvalidArgument`, which says which placeholder stands where."""
        return self._answer(asked.check_preset(preset))

    def render_preset(self, preset: Preset | str, arguments: PresetArguments | None = None) -> str:
        """The PromQL that a call of a preset would send. Nothing is sent."""
        return self._answer(asked.render_preset(preset, arguments))

    def check_families(self, families: Iterable[Family]) -> None:
        """Checks descriptions, such as those of a file: at most 1000, each name once."""
        self._answer(asked.check_families(families))

    def build_family_promql(self, query: FamilyQuery) -> str:
        """The PromQL that `query_family` would send. Nothing is sent."""
        return self._answer(asked.build_family_promql(query))

    def _answer(self, call: Asked[Answer], body: str | None = None) -> Answer:
        arguments = {"config": self.config, **call.arguments}
        return call.read(self._json.call(self.interface, call.verb, arguments, body))


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
        return read(MetricResult, self._door.call(self.interface, "query-metric", arguments))

    def plan(self, query: MetricQuery, options: RangeOptions | None = None) -> RangePlan:
        """What `query_range` would do. Nothing is sent."""
        return self._ask(asked.plan(query, options))

    def query_range(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeAnswer:
        """Asks for a long range in chunks, side by side. An error's `chunk` says which failed."""
        return self._ask(asked.query_range(query, options))

    def query_batch(
        self, queries: Sequence[MetricQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        """Many queries side by side; the answers in their order, an exception in the place of one that failed."""
        return self._ask(asked.query_batch(queries, options))

    def pages(self, query: MetricQuery, options: RangeOptions | None = None) -> Iterator[RangeAnswer]:
        """A long range, one chunk a request, each when it is asked for."""
        cursor = None
        while True:
            page = self.call("query-page", {"query": query, "options": options, "cursor": cursor})
            yield read(RangeAnswer, page["answer"])
            cursor = page["next"]
            if cursor is None:
                return

    def stream(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeStream:
        """A long range in bounded pieces, for answers that are larger than memory: `for piece in service.stream(…)`.

        Keeps an instance of the plugin until its end, or until it is closed.
        """
        return RangeStream(self._plugin, self._sender, self.at_this_time().config, query, options or RangeOptions())

    def summarize(
        self, query: MetricQuery, quantiles: Iterable[float] = (), options: RangeOptions | None = None
    ) -> SummaryAnswer:
        """Sums up each group over the range. `quantiles` are parts from 0 to 1, at most 16; none: 0.5 and 0.95."""
        return self._ask(asked.summarize(query, quantiles, options))

    def rank(self, query: MetricQuery, ranking: Ranking | Score | str, options: RangeOptions | None = None) -> Ranked:
        """Ranks the groups over the whole range, each once, and gives the best of them."""
        return self._ask(asked.rank(query, ranking, options))

    def find_anomalies(
        self, query: MetricQuery, detection: Detection | None = None, options: RangeOptions | None = None
    ) -> WatchAnswer:
        """Finds what is out of the ordinary for each series by itself."""
        return self._ask(asked.find_anomalies(query, detection, options))

    def find_outliers(
        self,
        query: MetricQuery,
        member: Dimension | str,
        tolerance: Tolerance | None = None,
        options: RangeOptions | None = None,
    ) -> WatchAnswer:
        """Finds members that are unlike the others of their group at the same time."""
        return self._ask(asked.find_outliers(query, member, tolerance, options))

    def values(self, source: ValueSource | Dimension | str, wanted: ValueFilter | None = None) -> ValueAnswer:
        """The values of a dimension, or of a label (`ValueSource.label`), for menus."""
        return self._ask(asked.values(source, wanted))

    def query_live_stats(
        self, by: Dimension | str, ids: Iterable[Identifier] | Identifier, options: LiveOptions | None = None
    ) -> LiveAnswer:
        """What subjects use at the moment, and used within a short window."""
        return self._ask(asked.query_live_stats(by, ids, options))

    def execute_preset(
        self, preset: Preset | str, arguments: PresetArguments | None = None, at: Moment | None = None
    ) -> InstantAnswer:
        """Asks a preset at an instant. None: the present."""
        return self._ask(asked.execute_preset(preset, arguments, at))

    def execute_preset_range(
        self,
        preset: Preset | str,
        arguments: PresetArguments | None,
        span: PresetRange,
        options: RangeOptions | None = None,
    ) -> RangeAnswer:
        """Asks a preset over a range, in chunks as `query_range`."""
        return self._ask(asked.execute_preset_range(preset, arguments, span, options))

    def evaluate(self, preset: Preset | str, question: Question) -> list[Judgement]:
        """A verdict on each of many subjects, and a decision where it bears one."""
        return self._ask(asked.evaluate(preset, question))

    def execute_preset_batch(
        self, runs: Iterable[Run], options: RangeOptions | None = None
    ) -> list[InstantAnswer | RangeAnswer | MetricServiceError]:
        """Many presets side by side; the answers in their order, an exception in the place of one that failed.
        Requests that are the same are sent once.
        """
        return self._ask(asked.execute_preset_batch(runs, options))

    def evaluate_metric(self, question: MetricQuestion) -> list[Judgement]:
        """As `evaluate`, by a metric of the containers instead of a preset."""
        return self._ask(asked.evaluate_metric(question))

    def query_family(self, query: FamilyQuery, options: RangeOptions | None = None) -> RangeAnswer:
        """Asks for a range of a family, in chunks as `query_range`."""
        return self._ask(asked.query_family(query, options))

    def query_families(
        self, queries: Iterable[FamilyQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        """Many families side by side; the answers in their order, an exception in the place of one that failed."""
        return self._ask(asked.query_families(queries, options))

    def query_derived(self, query: DerivedQuery, options: RangeOptions | None = None) -> DerivedAnswer:
        """Asks for what is derived of two queries, on the same points. Gaps are counted."""
        return self._ask(asked.query_derived(query, options))

    def _ask(self, call: Asked[Answer]) -> Answer:
        return call.read(self.call(call.verb, call.arguments))


class RangeStream(Iterator[Piece]):
    """The pieces of a range. One after the other, whichever threads ask for them."""

    def __init__(
        self, plugin: Plugin, sender: Sender, config: Config, query: MetricQuery, options: RangeOptions
    ) -> None:
        self._lock = threading.RLock()
        self._instance = plugin.instance(sender)
        try:
            self._stream = self._call("[static]range-stream.open", lower(config), lower(query), lower(options))
            self.plan: RangePlan = read(RangePlan, self._call("[method]range-stream.plan", self._stream))
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
        return read(Piece, piece)

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
        return read(HttpRequest, self._door.call(self.interface, "metadata-request", {"config": self.config}))

    def metadata_response(self, status: int, body: str | bytes) -> MetadataResult:
        """The answer of `query_metadata`, from the response's status and whole body."""
        arguments = {"config": self.config, "status": accept_status(status)}
        return read_metadata(self._door.call(self.interface, "metadata-response", arguments, accept_body(body)))

    def metric_request(self, query: MetricQuery) -> HttpRequest:
        """The request of `query_metric`."""
        arguments = {"config": self.config, "query": query}
        return read(HttpRequest, self._door.call(self.interface, "metric-request", arguments))

    def metric_response(self, query: MetricQuery, status: int, body: str | bytes) -> MetricResult:
        """The answer of `query_metric`, from the response's status and whole body."""
        arguments = {"config": self.config, "query": query, "status": accept_status(status)}
        return read(MetricResult, self._door.call(self.interface, "metric-response", arguments, accept_body(body)))

    def family_request(self, query: FamilyQuery) -> HttpRequest:
        """The request of `query_family`, which is one here."""
        return self._answer(asked.family_request(query))

    def family_response(self, query: FamilyQuery, status: int, body: str | bytes) -> MetricResult:
        """The answer of `query_family`, from the response's status and whole body."""
        return self._answer(asked.family_response(query, status), accept_body(body))

    def requests(self, call: Asked[Any]) -> list[HttpRequest]:
        """The requests of a verb that is here in two halves: `query-live-stats`, `preset-execute`,
        `preset-execute-batch`, `evaluate`, `evaluate-metric`.
        """
        arguments = {"config": self.config, **call.arguments}
        return read(list[HttpRequest], self._json.call(self.interface, f"{call.verb}-requests", arguments))

    def response(self, call: Asked[Answer], responses: Sequence[tuple[int, str | bytes]]) -> Answer:
        """The answer of such a verb, from the statuses and whole bodies of the responses, in the requests' order."""
        body = json.dumps([{"status": accept_status(status), "body": accept_body(text)} for status, text in responses])
        arguments = {"config": self.config, **call.arguments}
        return call.read(self._json.call(self.interface, f"{call.verb}-response", arguments, body))
