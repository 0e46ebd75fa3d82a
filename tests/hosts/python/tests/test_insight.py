"""Insight and the values of labels against a real Prometheus: records, frames and charts, held to the series."""

import asyncio
import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from conftest import END, START, Prometheus
from kit.scripted import ScriptedPrometheus
from test_frame import save

from metric_service import (
    AsyncMetricService,
    Config,
    ConnectionFailed,
    Detection,
    Dimension,
    Direction,
    InvalidArgument,
    MetricQuery,
    MetricService,
    Plugin,
    RangeOptions,
    Ranking,
    Score,
    Span,
    Strategy,
    Tolerance,
    ValueFilter,
    ValueSource,
)
from metric_service.long_json import SHORT, loads
from metric_service.plot import plot_watched

matplotlib.use("agg")

MEM = MetricQuery("mem", START, END, 60, labels={"value_type": "current"}, group_by=["kernel_id"])
LATER = MetricQuery("mem", START + 7200, END, 60, labels={"value_type": "current"}, group_by=["kernel_id"])
ROBUST = Detection("robust", Tolerance(sensitivity=2, min_points=1), lookback=timedelta(hours=1))


def test_a_summary_says_what_the_series_says(service: MetricService) -> None:
    answer = service.summarize(MEM, [0, np.float64(0.5), 1])
    series = {one.labels["kernel_id"]: one.values for one in service.query_metric(MEM).series}
    assert (answer.total_unit, answer.answer.unit, answer.answer.series, answer.missing) == (
        "byte-seconds",
        "bytes",
        [],
        [],
    )
    assert [one.labels["kernel_id"] for one in answer.summaries] == list(series)
    for one in answer.summaries:
        values = series[one.labels["kernel_id"]]
        assert (one.points, one.first, one.last) == (len(values), values[0], values[-1])
        assert list(one.quantiles) == [0, 0.5, 1]
        assert (one.quantiles[0], one.quantiles[1]) == (min(values), max(values)) == (one.min, one.max)
        assert math.isclose(one.quantiles[0.5], float(np.quantile(values, 0.5)), rel_tol=1e-12)
        assert math.isclose(one.avg, float(np.mean(values)), rel_tol=1e-12)
        assert one.total is not None and one.total > 0


def test_a_summary_is_a_table_in_the_unit_that_is_asked_for(service: MetricService) -> None:
    answer = service.summarize(MEM)
    frame = answer.to_frame("GiB")
    assert frame.index.names == ["kernel_id", "value_type"] and len(frame) == len(answer.summaries)
    assert list(frame.columns) == [
        "points", "asked", "not_numbers", "first", "last", "min", "max", "avg", "p50", "p95", "total",
    ]  # fmt: skip
    assert frame["max"].iloc[0] == answer.summaries[0].max / 2**30
    assert frame.attrs["unit"] == "GiB" and frame.attrs["total_unit"] == "byte-seconds" and not frame.attrs["partial"]
    with pytest.raises(InvalidArgument, match="GiB"):
        answer.to_frame("cores")


def test_a_percentage_has_no_total(service: MetricService) -> None:
    answer = service.summarize(MetricQuery("mem", START, END, 60, labels={"value_type": "pct"}))
    assert answer.total_unit is None and [one.total for one in answer.summaries] == [None]
    assert answer.to_frame()["total"].isna().all()


def test_groups_are_ranked_over_the_whole_range(service: MetricService) -> None:
    peaks = sorted((one.max for one in service.summarize(MEM).summaries), reverse=True)
    ranked = service.rank(MEM, Ranking(Score.quantile(1), k=3, others=True))
    assert ranked.scores == peaks[:3] and ranked.groups == len(peaks)
    assert len(ranked.answer.answer.series) == 3
    assert ranked.others is not None and ranked.others.labels == {} and ranked.others.values
    frame = ranked.to_frame()
    assert frame["score"].tolist() == peaks[:3] and frame.attrs["groups"] == len(peaks)
    assert frame.index.get_level_values("kernel_id")[0] == ranked.answer.answer.series[0].labels["kernel_id"]
    for ranking in (Score.MAX, "max", "MAX".lower()):
        assert service.rank(MEM, ranking).scores == peaks[:5]
    lowest = service.rank(MEM, Ranking("max", k=np.int64(1), lowest=True))
    assert lowest.scores == [peaks[-1]] and lowest.others is None


def test_anomalies_leave_their_band(service: MetricService) -> None:
    answer = service.find_anomalies(LATER, ROBUST)
    found = [(one, anomaly) for one in answer.watched for anomaly in one.anomalies]
    assert found and not answer.missing
    for one, anomaly in found:
        at = one.timestamps.index(anomaly.peak_at)
        assert one.values[at] == anomaly.peak and one.strategy is Strategy.ROBUST and anomaly.score > 1
        assert anomaly.peak > one.upper[at] if anomaly.above else anomaly.peak < one.lower[at]
    below = Detection(Strategy.ROBUST, Tolerance(2, Direction.BELOW, min_points=1), 3600)
    answer = service.find_anomalies(LATER, below)
    assert not any(anomaly.above for one in answer.watched for anomaly in one.anomalies)


def test_too_little_history_is_no_verdict(service: MetricService) -> None:
    answer = service.find_anomalies(MEM, Detection("seasonal", lookback=timedelta(days=2)), RangeOptions(concurrency=2))
    assert answer.answer.warnings and all(math.isnan(value) for one in answer.watched for value in one.expected)
    assert answer.anomaly_frame().empty
    assert not any(len(path.vertices) for band in plot_watched(answer).collections for path in band.get_paths())


def test_anomalies_are_frames_and_a_chart_with_bands(service: MetricService) -> None:
    answer = service.find_anomalies(LATER, ROBUST)
    frame = answer.to_frame("GiB")
    assert frame.columns.names == ["column", "kernel_id", "value_type"]
    assert frame.shape == (121, 4 * len(answer.watched)) and frame.attrs["unit"] == "GiB"
    edge = [value / 2**30 for value in answer.watched[0].upper if not math.isnan(value)]
    assert edge and frame["upper"].iloc[:, 0].dropna().tolist() == edge
    events = answer.anomaly_frame()
    first = next(one for one in answer.watched if one.anomalies)
    assert events.index[0] == (first.labels["kernel_id"], "current")
    assert events["start"].iloc[0] == pd.Timestamp(first.anomalies[0].start, unit="ms", tz="UTC")
    assert (events["score"] > 1).all() and events["above"].dtype == bool
    ax = plot_watched(answer, title="mem, and what was expected", unit="GiB")
    assert len(ax.collections) == len(answer.watched)
    red = [line for line in ax.get_lines() if line.get_color() == "tab:red" and line.get_zorder() == 3]
    assert len(red) == len(events)
    drawn = {float(value) for line in red for value in np.asarray(line.get_ydata())}
    assert drawn >= {peak / 2**30 for peak in events["peak"]}
    save(ax, "anomalies.png")


def test_outliers_are_unlike_the_others(service: MetricService) -> None:
    answer = service.find_outliers(MEM, "kernel_id", Tolerance(sensitivity=2))
    assert any(one.anomalies for one in answer.watched)
    assert all(one.strategy is None and one.learnt >= 4 for one in answer.watched)
    assert answer == service.find_outliers(MEM, Dimension.KERNEL_ID, Tolerance(2.0, "both"))


def test_values_are_listed_for_menus(service: MetricService, prometheus: Prometheus) -> None:
    kernels = prometheus.kernels()
    assert list(service.values("kernel_id")) == kernels
    some = service.values(Dimension.KERNEL_ID, ValueFilter("mem", {"kernel_id": kernels[1:]}, START, END, limit=2))
    assert some.values == kernels[1:3] and some.more and len(some) == 2 and some[0] == kernels[1]
    label = ValueSource.label("container_metric_name")
    assert list(service.values(label)) == prometheus.get("label/container_metric_name/values")


def test_each_verb_of_insight_is_there_for_asyncio(service: MetricService) -> None:
    alone = AsyncMetricService(service)

    async def together() -> list[Any]:
        return await asyncio.gather(
            alone.summarize(MEM, [0.5]),
            alone.rank(MEM, "avg"),
            alone.find_anomalies(LATER, ROBUST),
            alone.find_outliers(MEM, "kernel_id"),
            alone.values("kernel_id"),
        )

    summary, ranked, anomalies, outliers, values = asyncio.run(together())
    assert summary == service.summarize(MEM, [0.5]) and ranked == service.rank(MEM, Score.AVG)
    # NaN is not equal to itself, so they are held to each other as texts.
    assert repr(anomalies) == repr(service.find_anomalies(LATER, ROBUST))
    assert repr(outliers) == repr(service.find_outliers(MEM, "kernel_id"))
    assert values == service.values("kernel_id")


def test_a_range_that_fails_says_which_chunk(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"fault": "refuse"}]) as nobody:
        service = MetricService(service_plugin, Config(nobody.authority, timeout=2000))
        with pytest.raises(ConnectionFailed) as caught:
            service.summarize(MEM)
        assert caught.value.chunk == Span(START * 1000, END * 1000)
        answer = service.summarize(MEM, options=RangeOptions(partial=True))
        assert [type(chunk.error) for chunk in answer.missing] == [ConnectionFailed]


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("ranking.score", lambda: Ranking("median")),
        ("ranking.score", lambda: Score.quantile(float("nan"))),
        ("ranking.k", lambda: Ranking("avg", k=2**32)),
        ("ranking.lowest", lambda: Ranking("avg", lowest=1)),  # type: ignore[arg-type]
        ("detection.strategy", lambda: Detection("magic")),
        ("detection.lookback", lambda: Detection(lookback=-1)),
        ("detection.season", lambda: Detection(season=timedelta(milliseconds=5))),
        ("tolerance", lambda: Detection(tolerance=3)),  # type: ignore[arg-type]
        ("tolerance.sensitivity", lambda: Tolerance(sensitivity="3")),  # type: ignore[arg-type]
        ("tolerance.sensitivity", lambda: Tolerance(sensitivity=float("inf"))),
        ("tolerance.direction", lambda: Tolerance(direction="up")),
        ("tolerance.min-points", lambda: Tolerance(min_points=1.5)),  # type: ignore[arg-type]
        ("source", lambda: ValueSource.of("job")),
        ("source", lambda: ValueSource.label(5)),  # type: ignore[arg-type]
        ("filter.limit", lambda: ValueFilter(limit=-1)),
        ("labels.projectID", lambda: ValueFilter(labels={"projectID": "x"})),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(field: str, make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.field == field and caught.value.reason


def test_arguments_of_a_call_are_refused_by_their_names(service: MetricService) -> None:
    for field, ask in (
        ("quantiles", lambda: service.summarize(MEM, ["0.5"])),  # type: ignore[list-item]
        ("quantiles", lambda: service.summarize(MEM, [2.0])),
        ("member", lambda: service.find_outliers(MEM, "kernel")),
        ("ranking.k", lambda: service.rank(MEM, Ranking("avg", k=1000))),
    ):
        with pytest.raises(InvalidArgument) as caught:
            ask()
        assert caught.value.field == field


def test_a_long_list_of_texts_is_no_column() -> None:
    values = [f'+Inf]"values":[{number}' for number in range(60_000)]
    document = {"result": {"values": values, "more": False}}
    text = json.dumps(document, separators=(",", ":"))
    assert len(text) > SHORT and loads(text) == document


def test_long_bands_are_read_as_they_are_written() -> None:
    column = [number + 1 / 3 for number in range(60_000)]
    watched = {
        "timestamps": list(range(60_000)),
        "values": column,
        "expected": ["NaN", *column],
        "lower": [],
        "upper": column,
    }
    document = {"result": {"promql": '"values":[1]', "watched": [watched, watched]}}
    assert loads(json.dumps(document, separators=(",", ":"))) == document
