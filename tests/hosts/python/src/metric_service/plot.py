"""A result as a chart. Knows matplotlib and a result, and nothing of where it came from."""

from __future__ import annotations

from datetime import UTC

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from .frame import to_frame
from .types import MetricResult

LEGEND_ENTRIES = 8
"""More names than this hide the lines that they name."""

PREFIXED = frozenset({"bytes", "bytes/s", "watts", "count"})
"""Units whose values span powers of a thousand, and read better as `1.5 G`."""


def plot(result: MetricResult, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draws one line a series: time in UTC, the unit at the axis, gaps left as gaps. A lone point is a dot.

    The title of a partial result says so.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(10, 4), layout="constrained")
    frame = to_frame(result)
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
        ax.plot(
            frame.index,
            values,
            label=", ".join(own) or ", ".join(shared.values()) or "value",
            linewidth=1.5,
            marker="o",
            markersize=3,
            markevery=np.flatnonzero(alone).tolist(),
        )
    # matplotlib types these two only by halves.
    locator = AutoDateLocator(tz=UTC)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    if result.unit in PREFIXED:
        ax.yaxis.set_major_formatter(ticker.EngFormatter())
    shown = title or result.promql
    ax.set(
        title=f"{shown} (partial: data may be missing)" if result.partial else shown,
        xlabel="time (UTC)",
        ylabel=result.unit or "value",
        xlim=(frame.index[0], frame.index[-1]),
    )
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if 0 < len(result.series) <= LEGEND_ENTRIES:
        ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    return ax
