"""The drop-in for the manager: its methods, dataclasses and exceptions, over the codec and a scripted Prometheus."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest

from metric_service import Config, Plugin
from metric_service.backendai import (
    CAPACITY_SENTINEL,
    Comparing,
    ContainerMetricOptionalLabel,
    FailedToGetMetric,
    InvalidMetricPresetTemplate,
    KernelLiveStatBatchResult,
    MetricValue,
    PrometheusClient,
    PrometheusConnectionError,
    QueryTimeRange,
)
from metric_service.types import LabelSchema

KERNEL = UUID("00000000-0000-4000-8000-000000000001")
GONE = UUID("00000000-0000-4000-8000-000000000002")
NOW = 1_767_571_500_000


def series(metric: dict[str, str], *samples: tuple[int, str], key: str = "values") -> dict[str, Any]:
    return {"metric": metric, key: samples[0] if key == "value" else list(samples)}


def success(*result: dict[str, Any], kind: str = "matrix") -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": list(result)}}


def labels(metric: str, value_type: str = "current") -> dict[str, str]:
    return {
        "__name__": "backendai_container_utilization",
        "container_metric_name": metric,
        "kernel_id": str(KERNEL),
        "value_type": value_type,
    }


def ask(
    plugin: Plugin, answer: Callable[[httpx.Request], httpx.Response], method: str, *args: Any, **named: Any
) -> Any:
    """Calls a method of a client whose requests are answered by `answer`."""

    async def call() -> Any:
        config = Config("prometheus:9090", label_schema=LabelSchema.AGENT, now=NOW)
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await getattr(PrometheusClient(plugin, config, client), method)(*args, **named)

    return asyncio.run(call())


def form(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


def test_the_names_are_those_that_prometheus_holds(codec_plugin: Plugin) -> None:
    body = {"status": "success", "data": ["cpu_util", "mem"]}
    names = ask(codec_plugin, lambda _: httpx.Response(200, json=body), "fetch_available_container_metric_names")
    assert names == ["cpu_util", "mem"]


def test_a_metric_over_a_range_has_the_managers_records(codec_plugin: Plugin) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        at = NOW // 1000 - 300
        metric = {"kernel_id": str(KERNEL), "value_type": "current"}
        return httpx.Response(200, json=success(series(metric, (at, "5"), (at + 60, "0.5"))))

    label = ContainerMetricOptionalLabel("current", kernel_id=KERNEL)
    times = QueryTimeRange(str(NOW // 1000 - 300), str(NOW // 1000), "1m")
    [result] = ask(codec_plugin, answer, "fetch_container_metric", "mem", label, times)
    assert result.metric.kernel_id == str(KERNEL)
    assert result.metric.container_metric_name == "mem"
    assert [value.value for value in result.values] == ["5", "0.5"]
    assert form(sent[0])["step"] == "60"


def test_live_stats_are_one_request_and_never_show_an_accumulator(codec_plugin: Plugin) -> None:
    sent: list[httpx.Request] = []
    end = NOW // 1000

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(
            200,
            json=success(
                series(labels("mem"), (end - 30, "30"), (end - 15, "50")),
                series(labels("mem", "capacity"), (end - 15, "200")),
                series(labels("net_rx"), (end - 30, "1000"), (end - 15, "4000")),
                series(labels("cpu_util"), (end - 15, "8000000000")),
            ),
        )

    result = ask(codec_plugin, answer, "fetch_container_live_stats", [KERNEL, GONE])
    assert len(sent) == 1
    assert sent[0].url.path == "/api/v1/query"
    assert result.entries[GONE].values == []
    values = {(value.metric_name, value.value_type): value.value for value in result.entries[KERNEL].values}
    assert values["mem", "current"] == "50"
    assert values["mem", "pct"] == "25.00"
    assert values["mem", "stats.max"] == "50"
    assert values["net_rx", "stats.rate"] == "200"
    assert values["net_rx", "capacity"] == CAPACITY_SENTINEL
    # One sample says nothing of a rate.
    assert ("cpu_util", "current") not in values
    assert "8000000000" not in values.values()


def test_what_is_stale_is_not_shown_as_used_now(codec_plugin: Plugin) -> None:
    body = success(series(labels("mem"), (NOW // 1000 - 200, "30")))
    result = ask(codec_plugin, lambda _: httpx.Response(200, json=body), "fetch_container_live_stats", [KERNEL])
    assert result.entries[KERNEL].values == []


PRESET = "sum by (${{group_by}})(rate(m{${{labels}}}[${{window}}]))"


def test_a_preset_is_filled_in_and_answers_in_prometheus_form(codec_plugin: Plugin) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if request.url.path.endswith("query_range"):
            return httpx.Response(200, json=success(series({"a": "x"}, (int(form(request)["start"]), "1"))))
        return httpx.Response(200, json=success(series({"a": "x"}, (5, "1"), key="value"), kind="vector"))

    fill = {"filter_labels": {"a": 'x"} or {b="'}, "group_labels": ["a"], "time_window": "5m"}
    now = ask(codec_plugin, answer, "execute_preset", query_template=PRESET, time_range=None, **fill)
    assert form(sent[0])["query"] == r'sum by (a)(rate(m{a="x\"} or {b=\""}[5m]))'
    assert now.data.result_type == "vector"
    assert now.data.result[0].values == [(5.0, "1")]
    times = QueryTimeRange("1767571200", "1767571500", "60")
    over = ask(codec_plugin, answer, "execute_preset", query_template=PRESET, time_range=times, **fill)
    assert over.data.result_type == "matrix"
    assert over.data.result[0].metric == {"a": "x"}


@pytest.mark.parametrize("template", ['m{a="${{labels}}"}', "m # ${{labels}}", "${{labels}}", "m{${{- labels -}}}"])
def test_a_template_that_can_be_broken_out_of_is_the_callers_fault(codec_plugin: Plugin, template: str) -> None:
    with pytest.raises(InvalidMetricPresetTemplate, match="line 1, column") as refused:
        ask(codec_plugin, lambda _: httpx.Response(500), "preview_query_template", template, "5m")
    assert refused.value.status_code == 400


def test_failures_have_the_managers_names_and_statuses(codec_plugin: Plugin) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(PrometheusConnectionError) as unreachable:
        ask(codec_plugin, broken, "fetch_container_live_stats", [KERNEL])
    assert unreachable.value.status_code == 503
    refusal = {"status": "error", "errorType": "execution", "error": "no"}
    with pytest.raises(FailedToGetMetric) as refused:
        ask(codec_plugin, lambda _: httpx.Response(422, json=refusal), "preview_query_template", "up", "5m")
    assert refused.value.status_code == 502


class Scripted:
    """A client that gives what it was made with."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def fetch_container_live_stats(self, kernel_ids: list[UUID]) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def stats(value: str) -> KernelLiveStatBatchResult:
    from metric_service.backendai import KernelLiveStatEntry

    return KernelLiveStatBatchResult({KERNEL: KernelLiveStatEntry(KERNEL, [MetricValue("mem", "current", value)])})


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (stats("5.0"), None),
        (stats("6"), "1 differences"),
        (RuntimeError("late"), "the compared client failed"),
    ],
)
def test_comparing_gives_the_first_answer_and_says_what_differs(
    compared: object, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    both = Comparing(Scripted(stats("5")), Scripted(compared))
    with caplog.at_level(logging.WARNING):
        assert asyncio.run(both.fetch_container_live_stats([KERNEL])) == stats("5")
    assert (said or "") in caplog.text
    assert bool(caplog.text) == bool(said)


def test_the_halves_of_a_verb_agree_on_their_requests(codec_plugin: Plugin) -> None:
    request = {"config": {"address": "h:1", "now": NOW}, "by": "kernel_id", "ids": [str(n) for n in range(250)]}
    call = codec_plugin.call
    requests = json.loads(call("json-codec", "call", "query-live-stats-requests", json.dumps(request), ""))["result"]
    assert len(requests) == 3
    short = call("json-codec", "call", "query-live-stats-response", json.dumps(request), "[]")
    assert json.loads(short)["error"]["field"] == "body"
