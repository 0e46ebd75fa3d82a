"""All verbs of metric_service.wasm, through wasmtime's own `wasi:http`, against a real Prometheus."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import END, START, Prometheus
from kit.expectation import bits
from kit.scripted import ScriptedPrometheus

from metric_service import (
    Category,
    Config,
    ConnectionFailed,
    Dimension,
    InvalidArgument,
    InvalidTimeRange,
    LabelFilter,
    LimitExceeded,
    MetricQuery,
    MetricResult,
    MetricService,
    MetricServiceError,
    MetricType,
    Plugin,
    TimedOut,
    ValueType,
)

WHOLE_RANGE: dict[str, Any] = {"start": START, "end": END, "step": 60}

QUERIES = [
    MetricQuery("mem", **WHOLE_RANGE),
    MetricQuery("mem", **WHOLE_RANGE, labels=LabelFilter(value_type=ValueType.USAGE), group_by=[Dimension.KERNEL_ID]),
    MetricQuery(
        "cpu_util", **WHOLE_RANGE, labels=LabelFilter(value_type=ValueType.CURRENT), group_by=[Dimension.AGENT_ID]
    ),
    MetricQuery("cpu_util", **WHOLE_RANGE, labels=LabelFilter(value_type=ValueType.PCT)),
    MetricQuery("net_rx", **WHOLE_RANGE, group_by=[Dimension.USER_ID, Dimension.PROJECT_ID]),
    MetricQuery("mem", "2026-01-05T01:00:00+01:00", "1767574800.5", metric_type=MetricType.DIFF),
    MetricQuery("there_is_no_such_metric", **WHOLE_RANGE),
]


def columns(result: MetricResult) -> list[tuple[dict[str, str], list[int], list[bytes]]]:
    """The series, values as bits, so that NaN equals NaN and 0.0 does not equal -0.0."""
    return [(series.labels, series.timestamps, list(map(bits, series.values))) for series in result.series]


def asked_directly(prometheus: Prometheus, result: MetricResult) -> list[tuple[dict[str, str], list[int], list[bytes]]]:
    """What Prometheus answers to the same query without the plugin in between."""
    data: Any = prometheus.get(
        "query_range",
        query=result.promql,
        start=str(result.start // 1000),
        end=str(result.end // 1000),
        step=str(result.step),
    )
    return [
        (
            series["metric"],
            [round(timestamp * 1000) for timestamp, _ in series["values"]],
            [bits(float(value)) for _, value in series["values"]],
        )
        for series in data["result"]
    ]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.metric_name)
def test_a_query_gives_what_prometheus_holds_to_the_last_bit(
    service: MetricService, prometheus: Prometheus, query: MetricQuery
) -> None:
    result = service.query_metric(query)
    assert columns(result) == asked_directly(prometheus, result)
    assert result.promql == service.build_promql(query)
    known = query.metric_name in ("mem", "cpu_util", "net_rx")
    assert bool(result.series) == known and bool(result.unit) == known


def test_every_kernel_has_a_series_of_its_own(service: MetricService, prometheus: Prometheus) -> None:
    result = service.query_metric(QUERIES[1])
    assert sorted(series.labels["kernel_id"] for series in result.series) == prometheus.kernels()
    assert (result.start, result.end, result.step) == (START * 1000, END * 1000, 60)
    assert (result.unit, result.metric_type) == ("bytes", MetricType.GAUGE)


def test_one_kernel_is_filtered_for(service: MetricService, prometheus: Prometheus) -> None:
    kernel = prometheus.kernels()[3]
    labels = LabelFilter(kernel_id=kernel, value_type=ValueType.CAPACITY)
    result = service.query_metric(MetricQuery("mem", **WHOLE_RANGE, labels=labels))
    assert [series.labels for series in result.series] == [{"kernel_id": kernel, "value_type": "capacity"}]


def test_the_metrics_are_listed_with_what_the_catalogue_knows(service: MetricService, prometheus: Prometheus) -> None:
    metrics = {metric.name: metric for metric in service.query_metadata()}
    assert list(metrics) == prometheus.get("label/container_metric_name/values")
    memory = metrics["mem"].catalogue
    assert memory is not None
    assert (memory.unit, memory.category, memory.cumulative) == ("bytes", Category.MEMORY, False)
    assert ValueType.PCT in memory.value_types
    assert metrics["net_rx"].metric_type is MetricType.RATE


def test_types_are_detected(service: MetricService) -> None:
    assert service.detect_metric_type("cpu_util", ValueType.CURRENT) is MetricType.DIFF
    assert service.detect_metric_type("cpu_util") is MetricType.GAUGE
    assert service.detect_metric_type("net_tx") is MetricType.RATE


def test_instants_may_be_datetimes_with_a_time_zone(service: MetricService) -> None:
    query = MetricQuery("mem", datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, 1, tzinfo=UTC))
    result = service.query_metric(query)
    assert (result.start, result.end) == (START * 1000, (START + 3600) * 1000)


@pytest.mark.parametrize(
    ("query", "error", "built_in"),
    [
        (MetricQuery("mem", END, START), InvalidTimeRange, ValueError),
        (MetricQuery("mem", "yesterday", END), InvalidTimeRange, ValueError),
        (MetricQuery("mem", START, END, labels=LabelFilter(kernel_id="")), InvalidArgument, ValueError),
        (MetricQuery("mem", 0, END), LimitExceeded, MetricServiceError),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_case_of_the_contract(
    service: MetricService, query: MetricQuery, error: type[Exception], built_in: type[Exception]
) -> None:
    for verb in (service.query_metric, service.build_promql):
        with pytest.raises(error) as caught:
            verb(query)
        assert isinstance(caught.value, built_in) and isinstance(caught.value, MetricServiceError)


def test_errors_carry_the_fields_of_the_contract(service: MetricService) -> None:
    with pytest.raises(InvalidArgument) as argument:
        service.query_metric(MetricQuery("mem", START, END, labels=LabelFilter(kernel_id="")))
    assert argument.value.field == "labels.kernel-id" and argument.value.reason
    with pytest.raises(LimitExceeded) as limit:
        service.query_metric(MetricQuery("mem", START - 8 * 86400, START))
    assert (limit.value.limit, limit.value.maximum, limit.value.requested) == ("max-range", 604800, 691200)


def test_nobody_listening_is_a_connection_error(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"fault": "refuse"}]) as nobody:
        service = MetricService(service_plugin, Config(nobody.authority, timeout=2000))
        with pytest.raises(ConnectionError) as caught:
            service.query_metric(QUERIES[0])
    assert isinstance(caught.value, ConnectionFailed) and "refused" in caught.value.message


def test_other_threads_run_while_a_call_waits(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"fault": "stall"}]) as silent:
        service = MetricService(service_plugin, Config(silent.authority, timeout=700))
        ticks = 0
        done = threading.Event()

        def count() -> None:
            nonlocal ticks
            while not done.wait(0.01):
                ticks += 1

        counter = threading.Thread(target=count)
        counter.start()
        start = time.monotonic()
        try:
            with pytest.raises(TimeoutError) as caught:
                service.query_metric(QUERIES[0])
        finally:
            done.set()
            counter.join()
    assert isinstance(caught.value, TimedOut)
    assert 0.6 < time.monotonic() - start < 3
    # Of about seventy; were Python's lock held, there would be none or one.
    assert ticks > 10


def test_a_service_may_be_shared_between_threads(service: MetricService) -> None:
    alone = [columns(service.query_metric(query)) for query in QUERIES]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda query: columns(service.query_metric(query)), QUERIES * 4))
    assert together == alone * 4
