"""Answers as charts. Knows matplotlib and an answer, and nothing of where it came from."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from .frame import to_frame
from .insight import WatchAnswer
from .types import MetricResult

LEGEND_ENTRIES = 8
"""More names than this hide the lines that they name."""

PREFIXED = frozenset({"bytes", "bytes/s", "watts", "count"})
"""Units whose values span powers of a thousand, and read better as `1.5 G`."""


def plot(
    result: MetricResult,
    ax: Axes | None = None,
    title: str | None = None,
    *,
    unit: str | None = None,
    band: tuple[MetricResult, MetricResult] | None = None,
) -> Axes:
    """Draws one line a series: time in UTC, the unit at the axis, gaps left as gaps. A lone point is a dot.

    `unit`: as in `to_frame`. `band`: the same query with other statistics, e.g. the least and the largest; what lies
    between the two is shaded, for each series that both have. The title of a partial result says so.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(10, 4), layout="constrained")
    frame = to_frame(result, unit)
    bands = _bands(band, unit)
    shared = {
        name: value
        for name, value in (result.series[0].labels.items() if result.series else ())
        if all(series.labels.get(name) == value for series in result.series)
    }
    for position, series in enumerate(result.series):
        own = [value for name, value in sorted(series.labels.items()) if name not in shared]
        values = frame.iloc[:, position]
        # A point between two gaps has no line to be seen by.
        alone = values.notna() & values.shift(1).isna() & values.shift(-1).isna()
        (line,) = ax.plot(
            frame.index,
            values,
            label=", ".join(own) or ", ".join(shared.values()) or "value",
            linewidth=1.5,
            marker="o",
            markersize=3,
            markevery=np.flatnonzero(alone).tolist(),
        )
        if (between := bands.get(frozenset(series.labels.items()))) is not None:
            index, low, high = between
            ax.fill_between(index, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    # matplotlib types these two only by halves.
    locator = AutoDateLocator(tz=UTC)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    if frame.attrs["unit"] in PREFIXED:
        ax.yaxis.set_major_formatter(ticker.EngFormatter())
    shown = title or result.promql
    ax.set(
        title=f"{shown} (partial: data may be missing)" if result.partial else shown,
        xlabel="time (UTC)",
        ylabel=frame.attrs["unit"] or "value",
        xlim=(frame.index[0], frame.index[-1]),
    )
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if 0 < len(result.series) <= LEGEND_ENTRIES:
        ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def plot_watched(
    answer: WatchAnswer, ax: Axes | None = None, title: str | None = None, *, unit: str | None = None
) -> Axes:
    """Draws what was watched: a line a series, the band of what was expected of it shaded, its anomalies in red.

    Where too little was known for a verdict there is no band.
    """
    ax = plot(answer.result(), ax, title, unit=unit, band=(answer.result("lower"), answer.result("upper")))
    frame = to_frame(answer.result(), unit)
    for position, watched in enumerate(answer.watched):
        for anomaly in watched.anomalies:
            first, last = (pd.Timestamp(time, unit="ms", tz="UTC") for time in (anomaly.start, anomaly.end))
            points = frame.iloc[:, position].loc[first:last].dropna()
            ax.plot(points.index, points, color="tab:red", marker="o", markersize=3, linewidth=1.5, zorder=3)
    return ax


def _bands(band: tuple[MetricResult, MetricResult] | None, unit: str | None) -> dict[frozenset[tuple[str, str]], Any]:
    """Of each series, by its labels: the instants, the lower and the upper bound."""
    if band is None:
        return {}
    low, high = (to_frame(side, unit) for side in band)
    places = {frozenset(series.labels.items()): place for place, series in enumerate(band[1].series)}
    return {
        labels: (low.index, low.iloc[:, place], high.iloc[:, places[labels]].reindex(low.index))
        for place, series in enumerate(band[0].series)
        if (labels := frozenset(series.labels.items())) in places
    }
