"""All ways to ask agree with each other, to the last bit: both doors, both files, `wasi:http` and httpx."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from kit.expectation import bits
from test_service import QUERIES, columns

from metric_service import Codec, Config, MetadataResult, MetricQuery, MetricResult, MetricService, Plugin
from metric_service.over_httpx import AsyncHttpxService, HttpxService

Ask = Callable[[MetricQuery], MetricResult]
List = Callable[[], MetadataResult]


@pytest.fixture
def ways(service_plugin: Plugin, codec_plugin: Plugin, config: Config) -> dict[str, tuple[Ask, List]]:
    def over_httpx(codec: Codec) -> tuple[Ask, List]:
        def ask(query: MetricQuery) -> MetricResult:
            with httpx.Client(trust_env=False) as client:
                return HttpxService(codec, client).query_metric(query)

        def metadata() -> MetadataResult:
            with httpx.Client(trust_env=False) as client:
                return HttpxService(codec, client).query_metadata()

        return ask, metadata

    def over_asyncio(codec: Codec) -> tuple[Ask, List]:
        async def ask(query: MetricQuery) -> MetricResult:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await AsyncHttpxService(codec, client).query_metric(query)

        async def metadata() -> MetadataResult:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await AsyncHttpxService(codec, client).query_metadata()

        return lambda query: asyncio.run(ask(query)), lambda: asyncio.run(metadata())

    json = MetricService(service_plugin, config)
    typed = MetricService(service_plugin, config, door="typed")
    return {
        "wasi:http, JSON door": (json.query_metric, json.query_metadata),
        "wasi:http, typed door": (typed.query_metric, typed.query_metadata),
        "httpx, metric_codec.wasm": over_httpx(Codec(codec_plugin, config)),
        "httpx, metric_codec.wasm, typed door": over_httpx(Codec(codec_plugin, config, door="typed")),
        "httpx, metric_service.wasm": over_httpx(Codec(service_plugin, config)),
        "asyncio, metric_codec.wasm": over_asyncio(Codec(codec_plugin, config)),
    }


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.metric_name)
def test_results_agree(ways: dict[str, tuple[Ask, List]], query: MetricQuery) -> None:
    results = {way: ask(query) for way, (ask, _) in ways.items()}
    first = results["wasi:http, JSON door"]
    for way, result in results.items():
        assert columns(result) == columns(first), way
        told = [
            (each.promql, each.metric_type, each.unit, each.step, each.start, each.end, each.warnings, each.infos)
            for each in (result, first)
        ]
        assert told[0] == told[1], way


def test_metadata_agrees(ways: dict[str, tuple[Ask, List]]) -> None:
    lists = {way: metadata() for way, (_, metadata) in ways.items()}
    first = lists["wasi:http, JSON door"]
    assert len(first) == 3
    for way, metrics in lists.items():
        assert metrics == first, way


def test_the_comparison_tells_bits_apart() -> None:
    assert bits(0.0) != bits(-0.0) and bits(0.1 + 0.2) != bits(0.3) and bits(float("nan")) == bits(float("nan"))
