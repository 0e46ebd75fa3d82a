"""A result as a pandas DataFrame. Knows pandas and the columns of a result, and nothing of where they came from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .errors import InvalidArgument
from .types import MetricResult

IN_OTHER_UNITS = {
    "bytes": {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40},
    "millicores": {"cores": 1000},
    "milliseconds": {"s": 1000, "min": 60_000, "h": 3_600_000},
    "percent": {"fraction": 100},
}
"""How much of a unit one of another is. What holds of `bytes` holds of `bytes/s`."""


def to_frame(result: MetricResult, unit: str | None = None) -> pd.DataFrame:
    """One column a series, named by its labels (a MultiIndex, one level a label); one row a step, in UTC.

    Every step of the range has its row, so that a gap in the data is a row of NaN and not a line drawn across it.
    Values are in `unit`, e.g. `GiB` or `GiB/s` for `bytes` and `bytes/s`; None: in the result's own. `frame.attrs` has
    the `unit`, and the result's `promql`, `metric_type`, `step`, `warnings` and `partial`.
    """
    divisor = _divisor(result.unit, unit)
    # Prometheus puts points on the grid of steps; whatever else may answer is not made to lose any.
    grid = np.arange(result.start, result.end + 1, result.step * 1000, dtype=np.int64)
    columns = [np.asarray(series.timestamps, dtype=np.int64) for series in result.series]
    times = np.unique(np.concatenate([grid, *columns]))
    data = np.full((len(times), len(columns)), np.nan)
    for column, (timestamps, series) in enumerate(zip(columns, result.series, strict=True)):
        data[np.searchsorted(times, timestamps), column] = (
            np.asarray(series.values) / divisor if divisor != 1 else series.values
        )
    index = pd.DatetimeIndex(times.astype("datetime64[ms]"), tz="UTC", name="time")
    frame = pd.DataFrame(data, index=index, columns=_names(result))
    frame.attrs.update(
        promql=result.promql,
        unit=unit or result.unit,
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


def _divisor(own: str | None, asked: str | None) -> float:
    if asked is None or asked == own:
        return 1
    base, _, per = (own or "").partition("/")
    others = {f"{name}/{per}" if per else name: size for name, size in IN_OTHER_UNITS.get(base, {}).items()}
    if asked not in others:
        accepted = ", ".join([own or "none: the catalogue does not know the metric", *others])
        raise InvalidArgument("unit", f"{asked!r} is not a unit of these values, accepted are {accepted}")
    return others[asked]
