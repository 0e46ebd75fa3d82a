"""What Backend.AI's manager asks of Prometheus, by the names under which its dependency provider expects it.

`PrometheusClient` stands in the place of the manager's own client: the plugin's codec, in the process, makes the
requests and reads the answers, an `httpx.AsyncClient` sends them. Where the numbers differ from the manager's own, they
are meant to: a rate is that between the last two samples and never the accumulator, a peak is one that was measured,
and a template that can be broken out of is refused. `Comparing` asks both, and logs what differs.

Knows the manager's interface, and nothing of PromQL.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

import httpx

from .decisions import InstantAnswer, LiveStat, PresetArguments, PresetRange
from .errors import ConnectionFailed, InvalidArgument, MetricServiceError, TimedOut
from .over_httpx import AsyncHttpxService
from .plugin import Plugin
from .types import Config, Dimension, LabelFilter, MetricQuery, ValueType
from .verbs import Codec

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)

CAPACITY_SENTINEL = str(2**63 - 1)
"""What the manager shows as the capacity of what has none."""


class BackendAIError(Exception):
    """A failure by the manager's names, with the status that it answers with."""

    status_code = 500


class PrometheusConnectionError(BackendAIError):
    """No answer came, or none in time."""

    status_code = 503


class FailedToGetMetric(BackendAIError):
    """Something answered, and it was no metric."""

    status_code = 502


class InvalidMetricPresetTemplate(BackendAIError):
    """The template, or what is filled into it, is refused. The text says which placeholder stands where."""

    status_code = 400


@dataclass(frozen=True)
class QueryTimeRange:
    """The times as the caller writes them, the step in seconds or as a Prometheus duration of them."""

    start: str
    end: str
    step: str


@dataclass
class ContainerMetricOptionalLabel:
    """Which series count."""

    value_type: str
    agent_id: str | None = None
    kernel_id: UUID | None = None
    session_id: UUID | None = None
    user_id: UUID | None = None
    project_id: UUID | None = None


@dataclass
class ContainerMetricResponseInfo:
    """The labels of a series; those that it lacks are None."""

    value_type: str
    container_metric_name: str | None = None
    agent_id: str | None = None
    instance: str | None = None
    job: str | None = None
    kernel_id: str | None = None
    owner_project_id: str | None = None
    owner_user_id: str | None = None
    session_id: str | None = None


@dataclass
class MetricResultValue:
    """A sample, the time in Unix seconds."""

    timestamp: float
    value: str


@dataclass
class ContainerMetricResult:
    """A series."""

    metric: ContainerMetricResponseInfo
    values: list[MetricResultValue]


@dataclass(frozen=True)
class MetricValue:
    """A number of a kernel: `current`, `capacity`, `pct`, `stats.max`, `stats.avg` or `stats.rate`."""

    metric_name: str
    value_type: str
    value: str


@dataclass(frozen=True)
class KernelLiveStatEntry:
    """All numbers of a kernel. None: there are no samples yet, or no more."""

    kernel_id: UUID
    values: list[MetricValue]


@dataclass(frozen=True)
class KernelLiveStatBatchResult:
    """The numbers of every kernel that was asked for."""

    entries: dict[UUID, KernelLiveStatEntry]


@dataclass(frozen=True)
class PrometheusMetric:
    """A series of an answer, as Prometheus writes it: the time in Unix seconds, the value as text."""

    metric: dict[str, str]
    values: list[tuple[float, str]]


@dataclass(frozen=True)
class PrometheusData:
    """The series."""

    result_type: str
    result: list[PrometheusMetric] = field(default_factory=list)


@dataclass(frozen=True)
class PrometheusResponse:
    """An answer, in Prometheus's own form."""

    status: str
    data: PrometheusData


class Client(Protocol):
    """What the manager's dependency provider hands out."""

    async def fetch_available_container_metric_names(self) -> list[str]:
        """The names of all metrics."""

    async def fetch_container_metric(
        self, metric_name: str, label: ContainerMetricOptionalLabel, time_range: QueryTimeRange
    ) -> list[ContainerMetricResult]:
        """A metric over a range."""

    async def fetch_container_live_stats(self, kernel_ids: Sequence[UUID]) -> KernelLiveStatBatchResult:
        """What kernels use at the moment."""

    async def execute_preset(
        self,
        *,
        query_template: str,
        filter_labels: Mapping[str, str],
        group_labels: Sequence[str],
        time_window: str,
        time_range: QueryTimeRange | None,
    ) -> PrometheusResponse:
        """What a preset answers."""

    async def preview_query_template(self, query_template: str, default_window: str) -> PrometheusResponse:
        """What a template answers with nothing filled in."""


class PrometheusClient:
    """`Client` over the plugin's codec and an `httpx.AsyncClient`, which the caller makes, and closes."""

    def __init__(self, plugin: Plugin, config: Config, client: httpx.AsyncClient) -> None:
        self._service = AsyncHttpxService(Codec(plugin, config), client)

    async def fetch_available_container_metric_names(self) -> list[str]:
        """The names of all metrics."""
        metadata = await _managed(self._service.query_metadata())
        return [metric.name for metric in metadata.metrics]

    async def fetch_container_metric(
        self, metric_name: str, label: ContainerMetricOptionalLabel, time_range: QueryTimeRange
    ) -> list[ContainerMetricResult]:
        """A metric over a range."""
        filters = {
            name: [str(value)]
            for name in ("agent_id", "kernel_id", "session_id", "user_id", "project_id")
            if (value := getattr(label, name)) is not None
        }
        query = MetricQuery(
            metric_name,
            time_range.start,
            time_range.end,
            step=_seconds(time_range.step),
            labels=LabelFilter(value_type=ValueType(label.value_type), **filters),
        )
        answer = await _managed(self._service.query_metric(query))
        return [
            ContainerMetricResult(
                metric=_info(metric_name, label.value_type, dict(series.labels)),
                values=[
                    MetricResultValue(at / 1000, _text(value))
                    for at, value in zip(series.timestamps, series.values, strict=True)
                ],
            )
            for series in answer.series
        ]

    async def fetch_container_live_stats(self, kernel_ids: Sequence[UUID]) -> KernelLiveStatBatchResult:
        """What kernels use at the moment, in one request for each hundred."""
        answer = await _managed(self._service.query_live_stats(Dimension.KERNEL_ID, kernel_ids))
        values = {
            subject.id: [value for stat in subject.stats for value in _values(stat)] for subject in answer.subjects
        }
        return KernelLiveStatBatchResult(
            {kernel_id: KernelLiveStatEntry(kernel_id, values.get(str(kernel_id), [])) for kernel_id in kernel_ids}
        )

    async def execute_preset(
        self,
        *,
        query_template: str,
        filter_labels: Mapping[str, str],
        group_labels: Sequence[str],
        time_window: str,
        time_range: QueryTimeRange | None,
    ) -> PrometheusResponse:
        """What a preset answers: at the present, or over a range."""
        span = None if time_range is None else (time_range.start, time_range.end, _seconds(time_range.step))

        async def executed() -> InstantAnswer:
            arguments = PresetArguments(filter_labels, sorted(group_labels), time_window)
            when = None if span is None else PresetRange(*span)
            return await self._service.execute_preset(query_template, arguments, when)

        answer = await _managed(executed())
        result = [
            PrometheusMetric(
                series.labels,
                [(at / 1000, _text(value)) for at, value in zip(series.timestamps, series.values, strict=True)],
            )
            for series in answer.series
        ]
        kind = "vector" if time_range is None else "matrix"
        return PrometheusResponse("success", PrometheusData(kind, result))

    async def preview_query_template(self, query_template: str, default_window: str) -> PrometheusResponse:
        """What a template answers with nothing filled in."""
        return await self.execute_preset(
            query_template=query_template,
            filter_labels={},
            group_labels=[],
            time_window=default_window,
            time_range=None,
        )


class Comparing:
    """Asks two clients, gives what the first says, and logs where the second says another thing.

    The second may fail, or be slow, without harm to who asks: its failure is logged, and it is waited for no longer
    than `patience` seconds.
    """

    def __init__(self, answering: Client, compared: Client, *, patience: float = 5.0) -> None:
        self._answering = answering
        self._compared = compared
        self._patience = patience

    async def fetch_available_container_metric_names(self) -> list[str]:
        """The names of all metrics."""
        answer: list[str] = await self._both("fetch_available_container_metric_names")
        return answer

    async def fetch_container_metric(
        self, metric_name: str, label: ContainerMetricOptionalLabel, time_range: QueryTimeRange
    ) -> list[ContainerMetricResult]:
        """A metric over a range."""
        answer: list[ContainerMetricResult] = await self._both("fetch_container_metric", metric_name, label, time_range)
        return answer

    async def fetch_container_live_stats(self, kernel_ids: Sequence[UUID]) -> KernelLiveStatBatchResult:
        """What kernels use at the moment."""
        answer: KernelLiveStatBatchResult = await self._both("fetch_container_live_stats", kernel_ids)
        return answer

    async def execute_preset(self, **preset: Any) -> PrometheusResponse:
        """What a preset answers."""
        answer: PrometheusResponse = await self._both("execute_preset", **preset)
        return answer

    async def preview_query_template(self, query_template: str, default_window: str) -> PrometheusResponse:
        """What a template answers with nothing filled in."""
        answer: PrometheusResponse = await self._both("preview_query_template", query_template, default_window)
        return answer

    async def _both(self, method: str, *arguments: Any, **named: Any) -> Any:
        async def other() -> Any:
            async with asyncio.timeout(self._patience):
                return await getattr(self._compared, method)(*arguments, **named)

        compared = asyncio.ensure_future(other())
        try:
            answer = await getattr(self._answering, method)(*arguments, **named)
        except BaseException:
            compared.cancel()
            raise
        try:
            differences = list(_differences("", _plain(answer), _plain(await compared)))
        except Exception as error:
            log.warning("%s: the compared client failed: %s: %s", method, type(error).__name__, error)
            return answer
        if differences:
            log.warning("%s: %d differences: %s", method, len(differences), "; ".join(differences[:10]))
        return answer


async def _managed(answer: Awaitable[Answer]) -> Answer:
    try:
        return await answer
    except MetricServiceError as error:
        raise _by_the_managers_names(error) from error


def _by_the_managers_names(error: MetricServiceError) -> BackendAIError:
    match error:
        case ConnectionFailed() | TimedOut():
            return PrometheusConnectionError(str(error))
        case InvalidArgument() if error.field.startswith(("preset.", "arguments.")):
            return InvalidMetricPresetTemplate(str(error))
        case _:
            return FailedToGetMetric(str(error))


def _seconds(step: str) -> int:
    """Whole seconds, or a duration of one unit."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = (step[:-1], units[step[-1]]) if step[-1:] in units else (step, 1)
    try:
        return int(float(number) * unit)
    except ValueError as error:
        raise FailedToGetMetric(f"step {step!r}; accepted are seconds, or a duration such as 5m") from error


def _text(value: float | str) -> str:
    """A value as Prometheus writes it: without a decimal point where it needs none."""
    if isinstance(value, str):
        return value
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value).removesuffix(".0")


def _info(metric_name: str, value_type: str, labels: dict[str, str]) -> ContainerMetricResponseInfo:
    names = ("agent_id", "instance", "job", "kernel_id", "session_id")
    return ContainerMetricResponseInfo(
        value_type=labels.get("value_type", value_type),
        container_metric_name=labels.get("container_metric_name", metric_name),
        owner_project_id=labels.get("owner_project_id", labels.get("project_id")),
        owner_user_id=labels.get("owner_user_id", labels.get("user_id")),
        **{name: labels.get(name) for name in names},
    )


def _values(stat: LiveStat) -> list[MetricValue]:
    """A stat as the numbers that the manager shows. What is stale is not shown: it is not what is used now."""
    if stat.stale:
        return []
    numbers = {
        "current": stat.current,
        "capacity": CAPACITY_SENTINEL if stat.capacity is None else stat.capacity,
        "pct": None if stat.percent is None else f"{stat.percent:.2f}",
        "stats.max": stat.max,
        "stats.avg": stat.avg,
        "stats.rate": None if stat.accumulated is None else stat.current,
    }
    return [
        MetricValue(stat.metric, value_type, _text(number))
        for value_type, number in numbers.items()
        if number is not None
    ]


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def _differences(path: str, one: Any, other: Any) -> list[str]:
    """Where two answers differ. Numbers may, by a millionth: they are computed in another order."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other}, key=str)
        nested = [_differences(f"{path}.{key}", one.get(key), other.get(key)) for key in keys]
        return [text for texts in nested for text in texts]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        plain = [[_plain(entry) for entry in side] for side in (one, other)]
        nested = [_differences(f"{path}[{at}]", *pair) for at, pair in enumerate(zip(*plain, strict=True))]
        return [text for texts in nested for text in texts]
    try:
        near = abs(float(one) - float(other)) <= 1e-6 * max(abs(float(one)), abs(float(other)))
    except (TypeError, ValueError):
        near = False
    return [] if near or one == other else [f"{path or 'answer'}: {one!r} and {other!r}"]
