"""A result as a pandas DataFrame. Knows pandas and the columns of a result, and nothing of where they came from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .types import MetricResult


def to_frame(result: MetricResult) -> pd.DataFrame:
    """One column a series, named by its labels (a MultiIndex, one level a label); one row a step, in UTC.

    Every step of the range has its row, so that a gap in the data is a row of NaN and not a line drawn across it.
    `frame.attrs` has the result's `promql`, `unit`, `metric_type`, `step`, `warnings` and `partial`.
    """
    # Prometheus puts points on the grid of steps; whatever else may answer is not made to lose any.
    grid = np.arange(result.start, result.end + 1, result.step * 1000, dtype=np.int64)
    columns = [np.asarray(series.timestamps, dtype=np.int64) for series in result.series]
    times = np.unique(np.concatenate([grid, *columns]))
    data = np.full((len(times), len(columns)), np.nan)
    for column, (timestamps, series) in enumerate(zip(columns, result.series, strict=True)):
        data[np.searchsorted(times, timestamps), column] = series.values
    index = pd.DatetimeIndex(times.astype("datetime64[ms]"), tz="UTC", name="time")
    frame = pd.DataFrame(data, index=index, columns=_names(result))
    frame.attrs.update(
        promql=result.promql,
        unit=result.unit,
        metric_type=str(result.metric_type),
        step=result.step,
        warnings=list(result.warnings),
        partial=result.partial,
    )
    return frame


def _names(result: MetricResult) -> pd.Index:
    labels = sorted({name for series in result.series for name in series.labels})
    if not labels:
        # A sum over everything has no labels; it still needs a name, and there can be only one of it.
        return pd.Index(["value"] * len(result.series))
    rows = [tuple(series.labels.get(name, "") for name in labels) for series in result.series]
    return pd.MultiIndex.from_tuples(rows, names=labels)
