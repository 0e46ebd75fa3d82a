"""Contract 0.2.0 against a real Prometheus: several values, statistics, the time of day, ranges and batches."""

import time
from typing import Any

import httpx
import pytest
from conftest import END, START, Prometheus
from kit.scripted import ScriptedPrometheus
from test_service import QUERIES, columns

from metric_service import (
    Codec,
    Config,
    ConnectionFailed,
    Dimension,
    FailedToGetMetric,
    InvalidArgument,
    LabelFilter,
    LimitExceeded,
    MetricQuery,
    MetricService,
    Over,
    PartialAnswer,
    Plugin,
    Pointwise,
    RangeAnswer,
    RangeOptions,
    Span,
    Statistic,
    ValueType,
)
from metric_service.over_httpx import HttpxService

PARTIAL = '{"status":"success","warnings":["a store is down"],"data":%s}'
MATRIX = '{"resultType":"matrix","result":[]}'


def test_a_filter_takes_one_value_or_several(service: MetricService, prometheus: Prometheus) -> None:
    first, second, *_ = prometheus.kernels()

    def found(kernels: Any) -> list[str]:
        labels = LabelFilter(value_type=ValueType.CURRENT, kernel_id=kernels)
        result = service.query_metric(MetricQuery("mem", START, END, 60, labels))
        return [series.labels.get("kernel_id", "") for series in result.series]

    assert found(first) == found([first]) == [first]
    assert found([second, first]) == [first, second]
    assert found([]) == found(None) == [""]


@pytest.mark.parametrize("statistic", [Statistic.AVG, Statistic.MAX, Statistic.LAST, Statistic.quantile(0.9)])
def test_a_statistic_over_time_goes_through_both_doors(service: MetricService, statistic: Statistic) -> None:
    result = service.query_metric(MetricQuery("mem", START, END, 3600, pointwise=Pointwise(statistic, Over.TIME)))
    assert f"{statistic.tag}_over_time" in result.promql
    # A point stands for the hour before it.
    assert (result.start, result.end) == ((START + 3600) * 1000, END * 1000) and result.series


@pytest.mark.parametrize("over", [Over.members(Dimension.KERNEL_ID), Over.both(Dimension.KERNEL_ID)])
def test_a_statistic_of_members_is_of_one_group(service: MetricService, over: Over) -> None:
    labels = LabelFilter(value_type=ValueType.CURRENT)
    query = MetricQuery("mem", START, END, 3600, labels, pointwise=Pointwise(Statistic.MAX, over))
    (series,) = service.query_metric(query).series
    assert "kernel_id" not in series.labels and len(series.values) >= 4


def test_a_day_is_the_callers(service: MetricService) -> None:
    result = service.query_metric(MetricQuery("mem", START, END, 3600, utc_offset=1800))
    assert result.start % 3_600_000 == 1_800_000


def test_no_point_lies_in_the_future(service_plugin: Plugin, codec_plugin: Plugin, config: Config) -> None:
    now = time.time()
    query = MetricQuery("mem", now - 3600, now + 86400, 600, pointwise=Pointwise(Statistic.MAX, Over.TIME))
    with httpx.Client(trust_env=False) as client:
        for service in (MetricService(service_plugin, config), HttpxService(Codec(codec_plugin, config), client)):
            assert service.query_metric(query).end <= time.time() * 1000
    as_of = Config(config.address, now=(START + 3900) * 1000)
    query = MetricQuery("mem", START, END, 600, pointwise=Pointwise(Statistic.MAX, Over.TIME))
    assert MetricService(service_plugin, as_of).query_metric(query).end == (START + 3600) * 1000


def test_a_range_in_chunks_has_the_series_of_one_request(service: MetricService) -> None:
    answer = service.query_range(QUERIES[1], RangeOptions(cached=True, interval=3600))
    assert not answer.missing and not answer.answer.partial
    assert columns(answer.answer) == columns(service.query_metric(QUERIES[1]))


def test_each_query_of_a_batch_fails_for_itself(service: MetricService) -> None:
    good, bad, other = service.query_batch([QUERIES[0], MetricQuery("mem", START, END, 0), QUERIES[4]])
    assert isinstance(good, RangeAnswer) and columns(good.answer) == columns(service.query_metric(QUERIES[0]))
    assert isinstance(bad, InvalidArgument) and bad.field == "step" and bad.chunk is None
    assert isinstance(other, RangeAnswer) and columns(other.answer) == columns(service.query_metric(QUERIES[4]))


def test_a_range_that_fails_says_which_chunk(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"fault": "refuse"}]) as nobody:
        service = MetricService(service_plugin, Config(nobody.authority, timeout=2000))
        with pytest.raises(ConnectionFailed) as caught:
            service.query_range(QUERIES[0])
        assert caught.value.chunk == Span(START * 1000, END * 1000) and set(caught.value.fields) == {"message"}
        answer = service.query_range(QUERIES[0], RangeOptions(partial=True, interval=3600))
    assert answer.missing and all(isinstance(chunk.error, ConnectionFailed) for chunk in answer.missing)


@pytest.mark.parametrize("door", ["json", "typed"])
def test_a_partial_answer_is_an_error_unless_it_is_accepted(codec_plugin: Plugin, door: Any) -> None:
    for partial in (False, True):
        codec = Codec(codec_plugin, Config("h:1", partial=partial), door=door)
        for read in (
            lambda codec=codec: codec.metric_response(QUERIES[0], 200, PARTIAL % MATRIX),
            lambda codec=codec: codec.metadata_response(200, PARTIAL % '["mem"]'),
        ):
            if partial:
                result = read()
                assert result.partial and any("a store is down" in warning for warning in result.warnings)
            else:
                with pytest.raises(PartialAnswer, match="a store is down"):
                    read()


@pytest.mark.parametrize("door", ["json", "typed"])
def test_a_limit_of_the_servers_own_has_its_words(codec_plugin: Plugin, door: Any) -> None:
    words = "query processing would load too many samples into memory in query execution"
    body = f'{{"status":"error","errorType":"execution","error":"{words}"}}'
    with pytest.raises(LimitExceeded) as caught:
        Codec(codec_plugin, Config("h:1"), door=door).metric_response(QUERIES[0], 422, body)
    assert (caught.value.limit, caught.value.maximum) == ("server", None)
    assert (
        caught.value.message and "too many samples" in caught.value.message and "too many samples" in str(caught.value)
    )


def test_a_redirect_is_told_with_where_it_goes(codec_plugin: Plugin) -> None:
    moved = {"status": 302, "headers": {"location": "http://elsewhere/"}}
    with (
        ScriptedPrometheus([moved]) as prometheus,
        httpx.Client(trust_env=False, follow_redirects=True) as client,
        pytest.raises(FailedToGetMetric, match="http://elsewhere/"),
    ):
        HttpxService(Codec(codec_plugin, Config(prometheus.authority)), client).query_metric(QUERIES[0])
