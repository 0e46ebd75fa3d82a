"""Results as DataFrames and charts."""

import dataclasses
import math
import struct

import matplotlib
import numpy as np
import pandas as pd
import pytest
from conftest import END, REPOSITORY, START, Prometheus
from matplotlib.axes import Axes

from metric_service import (
    Dimension,
    InvalidArgument,
    LabelFilter,
    MetricQuery,
    MetricResult,
    MetricService,
    MetricType,
    Series,
    ValueType,
)
from metric_service.plot import plot

matplotlib.use("agg")

PICTURES = REPOSITORY / "target/hosts/python"


def result(*series: Series, end: int = 240_000, partial: bool = False) -> MetricResult:
    """A result from 0 to `end` in steps of a minute."""
    return MetricResult("q", MetricType.GAUGE, "bytes", 60, 0, end, list(series), ["w"], [], partial)


def test_a_gap_is_a_row_without_a_value() -> None:
    frame = result(Series({"k": "a"}, [0, 180_000, 240_000], [1.0, 2.0, 3.0])).to_frame()
    assert frame.index.tolist() == list(pd.date_range("1970-01-01", periods=5, freq="60s", tz="UTC"))
    assert frame[("a",)].isna().tolist() == [False, True, True, False, False]


def test_the_index_is_in_utc_and_named() -> None:
    frame = result(Series({"k": "a"}, [0], [1.0])).to_frame()
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert str(frame.index.tz) == "UTC" and frame.index.name == "time"
    assert frame.attrs["unit"] == "bytes" and frame.attrs["warnings"] == ["w"]


def test_columns_are_named_by_all_labels() -> None:
    frame = result(Series({"b": "1", "a": "x"}, [0], [1.0]), Series({"a": "y"}, [60_000], [2.0]), end=60_000).to_frame()
    assert frame.columns.names == ["a", "b"]
    assert frame.columns.tolist() == [("x", "1"), ("y", "")]
    assert frame.xs("y", axis=1, level="a").iloc[1, 0] == 2.0


def test_values_keep_every_bit() -> None:
    odd = [0.1 + 0.2, -0.0, 5e-324, math.inf, -math.inf]
    frame = result(Series({"k": "a"}, list(range(0, 300_000, 60_000)), odd)).to_frame()
    assert frame[("a",)].to_numpy().tobytes() == struct.pack("<5d", *odd)


def test_a_result_without_labels_or_series_is_a_frame_too() -> None:
    alone = result(Series({}, [0], [1.0])).to_frame()
    assert alone.columns.tolist() == ["value"] and alone["value"].iloc[0] == 1.0
    empty = result().to_frame()
    assert empty.shape == (5, 0)


def test_points_off_the_grid_are_kept() -> None:
    frame = result(Series({"k": "a"}, [90_000], [7.0])).to_frame()
    assert frame.loc[pd.Timestamp(90, unit="s", tz="UTC"), ("a",)] == 7.0 and len(frame) == 6


def test_values_are_given_in_the_unit_that_is_asked_for() -> None:
    memory = result(Series({"k": "a"}, [0], [3.0 * 2**30]))
    frame = memory.to_frame(unit="GiB")
    assert frame[("a",)].iloc[0] == 3.0 and frame.attrs["unit"] == "GiB"
    rate = dataclasses.replace(memory, unit="bytes/s")
    assert rate.to_frame("KiB/s")[("a",)].iloc[0] == 3.0 * 2**20
    cores = dataclasses.replace(memory, unit="millicores", series=[Series({"k": "a"}, [0], [1500.0])])
    assert cores.to_frame("cores")[("a",)].iloc[0] == 1.5
    for unit in ("cores", "GiB/s", "gib"):
        with pytest.raises(InvalidArgument, match="GiB"):
            memory.to_frame(unit)
    with pytest.raises(InvalidArgument, match="does not know"):
        dataclasses.replace(memory, unit=None).to_frame("GiB")


def test_a_band_is_shaded_between_the_same_series_of_two_results() -> None:
    times = [0, 60_000]
    middle = result(Series({"k": "a"}, times, [2.0, 2.0]), Series({"k": "b"}, times, [5.0, 5.0]), end=60_000)
    low = result(Series({"k": "b"}, times, [4.0, 4.0]), Series({"k": "a"}, times, [1.0, 1.0]), end=60_000)
    high = result(Series({"k": "a"}, times, [3.0, 4.0]), end=60_000)
    ax = plot(middle, band=(low, high))
    (shaded,) = ax.collections
    heights = {float(y) for y in shaded.get_paths()[0].vertices[:, 1]}
    assert heights == {1.0, 3.0, 4.0}


def test_a_real_result_goes_straight_into_pandas(service: MetricService, prometheus: Prometheus) -> None:
    labels = LabelFilter(value_type=ValueType.USAGE)
    answer = service.query_metric(MetricQuery("mem", START, END, 60, labels, [Dimension.KERNEL_ID]))
    frame = answer.to_frame()
    assert frame.shape == (241, len(prometheus.kernels()))
    assert frame.index[0] == pd.Timestamp("2026-01-05T00:00:00Z")
    for position, series in enumerate(answer.series):
        column = frame.iloc[:, position].dropna()
        assert column.index.as_unit("ms").asi8.tolist() == series.timestamps
        assert column.to_numpy().tobytes() == np.array(series.values).tobytes()
    # Some kernels of the testbed start late, end early, or lose samples.
    assert frame.isna().any().any()
    hourly = frame.resample("1h").mean()
    assert len(hourly) == 5


@pytest.fixture
def cpu(service: MetricService, prometheus: Prometheus) -> MetricResult:
    # One agent's kernels: few enough for a legend, and some with gaps.
    labels = LabelFilter(value_type=ValueType.CURRENT)
    answer = service.query_metric(MetricQuery("cpu_util", START, END, 60, labels, [Dimension.KERNEL_ID]))
    with_gaps = sorted(answer.series, key=lambda series: len(series.values))
    return MetricResult(
        **{name: getattr(answer, name) for name in answer.__slots__} | {"series": with_gaps[:3] + with_gaps[-2:]}
    )


def test_a_chart_shows_each_series_its_unit_and_its_gaps(cpu: MetricResult) -> None:
    ax = plot(cpu, title="cpu_util, by kernel")
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == [series.labels["kernel_id"] for series in cpu.series]
    assert ax.get_ylabel() == "millicores" and "UTC" in ax.get_xlabel()
    for line, series in zip(lines, cpu.series, strict=True):
        drawn = np.asarray(line.get_ydata(), dtype=float)
        assert np.count_nonzero(~np.isnan(drawn)) == len(series.values)
        # A rate looks back: no point at the start itself.
        assert len(drawn) == 240
    picture = save(ax, "cpu_util.png")
    pixels = matplotlib.image.imread(picture)
    # Something is drawn: axes, text and five lines of different colours.
    assert pixels.shape[1] >= 1000 and len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 50


def test_a_chart_of_nothing_is_an_empty_chart() -> None:
    ax = plot(result())
    assert not ax.get_lines() and ax.get_legend() is None


def test_a_partial_result_is_marked_in_frame_and_chart() -> None:
    whole, part = result(Series({}, [0], [1.0])), result(Series({}, [0], [1.0]), partial=True)
    assert not whole.to_frame().attrs["partial"] and part.to_frame().attrs["partial"]
    assert plot(whole).get_title() == "q"
    assert "partial" in plot(part).get_title() and "partial" in plot(part, title="mem").get_title()
    matplotlib.pyplot.close("all")


def save(ax: Axes, name: str) -> str:
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = str(PICTURES / name)
    ax.figure.savefig(file, dpi=120)
    matplotlib.pyplot.close(ax.figure)
    return file
