"""The verbs for asyncio. The loop is free while a call runs, and a task that is cancelled ends its call at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from .accept import Identifier, Moment
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
from .types import (
    Dimension,
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
from .verbs import MetricService
from .waiting import awaited

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class AsyncMetricService:
    """A `MetricService` for asyncio: each verb as there, awaited."""

    def __init__(self, service: MetricService) -> None:
        self._service = service

    async def call(self, verb: str, request: Mapping[str, Any] | None = None) -> Any:
        return await _away(self._service.call, verb, request)

    async def build_promql(self, query: MetricQuery) -> str:
        return await _away(self._service.build_promql, query)

    async def detect_metric_type(self, metric_name: str, value_type: ValueType | str | None = None) -> MetricType:
        return await _away(self._service.detect_metric_type, metric_name, value_type)

    async def query_metadata(self) -> MetadataResult:
        return await _away(self._service.query_metadata)

    async def query_metric(self, query: MetricQuery) -> MetricResult:
        return await _away(self._service.query_metric, query)

    async def plan(self, query: MetricQuery, options: RangeOptions | None = None) -> RangePlan:
        return await _away(self._service.plan, query, options)

    async def query_range(self, query: MetricQuery, options: RangeOptions | None = None) -> RangeAnswer:
        return await _away(self._service.query_range, query, options)

    async def query_batch(
        self, queries: Sequence[MetricQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        return await _away(self._service.query_batch, queries, options)

    async def summarize(
        self, query: MetricQuery, quantiles: Iterable[float] = (), options: RangeOptions | None = None
    ) -> SummaryAnswer:
        return await _away(self._service.summarize, query, quantiles, options)

    async def rank(
        self, query: MetricQuery, ranking: Ranking | Score | str, options: RangeOptions | None = None
    ) -> Ranked:
        return await _away(self._service.rank, query, ranking, options)

    async def find_anomalies(
        self, query: MetricQuery, detection: Detection | None = None, options: RangeOptions | None = None
    ) -> WatchAnswer:
        return await _away(self._service.find_anomalies, query, detection, options)

    async def find_outliers(
        self,
        query: MetricQuery,
        member: Dimension | str,
        tolerance: Tolerance | None = None,
        options: RangeOptions | None = None,
    ) -> WatchAnswer:
        return await _away(self._service.find_outliers, query, member, tolerance, options)

    async def values(self, source: ValueSource | Dimension | str, wanted: ValueFilter | None = None) -> ValueAnswer:
        return await _away(self._service.values, source, wanted)

    async def query_live_stats(
        self, by: Dimension | str, ids: Iterable[Identifier] | Identifier, options: LiveOptions | None = None
    ) -> LiveAnswer:
        return await _away(self._service.query_live_stats, by, ids, options)

    async def check_preset(self, preset: Preset | str) -> Outline:
        return await _away(self._service.check_preset, preset)

    async def render_preset(self, preset: Preset | str, arguments: PresetArguments | None = None) -> str:
        return await _away(self._service.render_preset, preset, arguments)

    async def execute_preset(
        self, preset: Preset | str, arguments: PresetArguments | None = None, at: Moment | None = None
    ) -> InstantAnswer:
        return await _away(self._service.execute_preset, preset, arguments, at)

    async def execute_preset_range(
        self,
        preset: Preset | str,
        arguments: PresetArguments | None,
        span: PresetRange,
        options: RangeOptions | None = None,
    ) -> RangeAnswer:
        return await _away(self._service.execute_preset_range, preset, arguments, span, options)

    async def evaluate(self, preset: Preset | str, question: Question) -> list[Judgement]:
        return await _away(self._service.evaluate, preset, question)

    async def execute_preset_batch(
        self, runs: Iterable[Run], options: RangeOptions | None = None
    ) -> list[InstantAnswer | RangeAnswer | MetricServiceError]:
        return await _away(self._service.execute_preset_batch, runs, options)

    async def evaluate_metric(self, question: MetricQuestion) -> list[Judgement]:
        return await _away(self._service.evaluate_metric, question)

    async def check_families(self, families: Iterable[Family]) -> None:
        await _away(self._service.check_families, families)

    async def build_family_promql(self, query: FamilyQuery) -> str:
        return await _away(self._service.build_family_promql, query)

    async def query_family(self, query: FamilyQuery, options: RangeOptions | None = None) -> RangeAnswer:
        return await _away(self._service.query_family, query, options)

    async def query_families(
        self, queries: Iterable[FamilyQuery], options: RangeOptions | None = None
    ) -> list[RangeAnswer | MetricServiceError]:
        return await _away(self._service.query_families, queries, options)

    async def query_derived(self, query: DerivedQuery, options: RangeOptions | None = None) -> DerivedAnswer:
        return await _away(self._service.query_derived, query, options)

    async def pages(self, query: MetricQuery, options: RangeOptions | None = None) -> AsyncIterator[RangeAnswer]:
        pages = self._service.pages(query, options)
        while (page := await _away(next, pages, None)) is not None:
            yield page

    async def stream(self, query: MetricQuery, options: RangeOptions | None = None) -> AsyncIterator[Piece]:
        stream = await _away(self._service.stream, query, options)
        try:
            while (piece := await _away(next, stream, None)) is not None:
                yield piece
        finally:
            stream.close()


async def _away(verb: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    return await awaited(lambda: verb(*arguments, **named))
