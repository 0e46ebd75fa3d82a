"""The verbs for asyncio. The loop is free while a call runs, and a task that is cancelled ends its call at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from .errors import MetricServiceError
from .types import (
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
