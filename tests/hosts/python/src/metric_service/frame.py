"""Answers as pandas DataFrames. Knows pandas and the columns of an answer, and nothing of where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import get_args

import numpy as np
import pandas as pd

from .decisions import InstantAnswer, LiveAnswer
from .errors import InvalidArgument
from .families import DerivedAnswer
from .insight import Column, Ranked, SummaryAnswer, WatchAnswer
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
    index = _times(times).rename("time")
    frame = pd.DataFrame(data, index=index, columns=_names([series.labels for series in result.series]))
    return _said(frame, result, unit)


def derived_frame(answer: DerivedAnswer, unit: str | None = None) -> pd.DataFrame:
    """As `to_frame`; `frame.attrs` has `missing_sides` and `zero_divisors`, which count the gaps, besides."""
    frame = to_frame(answer.answer.answer, unit)
    frame.attrs.update(missing_sides=answer.missing_sides, zero_divisors=answer.zero_divisors)
    return frame


def summary_frame(answer: SummaryAnswer, unit: str | None = None) -> pd.DataFrame:
    """One row a group, named by its labels; columns `points`, `asked`, `not_numbers`, `first`, `last`, `min`, `max`,
    `avg`, one a quantile (`p95`), `total`. Values are in `unit`; totals are in `frame.attrs["total_unit"]`.
    """
    divisor = _divisor(answer.answer.unit, unit)
    rows = [
        {
            **{name: getattr(one, name) for name in ("points", "asked", "not_numbers")},
            **{name: getattr(one, name) / divisor for name in ("first", "last", "min", "max", "avg")},
            **{f"p{100 * part:g}": value / divisor for part, value in one.quantiles.items()},
            "total": np.nan if one.total is None else one.total,
        }
        for one in answer.summaries
    ]
    frame = pd.DataFrame(rows, index=_names([one.labels for one in answer.summaries]))
    frame.attrs["total_unit"] = answer.total_unit
    return _said(frame, answer.answer, unit)


def ranked_frame(ranked: Ranked) -> pd.DataFrame:
    """One row a group in the order of rank, named by its labels; the column `score`, in `frame.attrs["unit"]`."""
    index = _names([series.labels for series in ranked.answer.answer.series])
    frame = _said(pd.DataFrame({"score": ranked.scores}, index=index), ranked.answer.answer)
    frame.attrs.update(unit=ranked.score_unit, groups=ranked.groups)
    return frame


def watch_frame(answer: WatchAnswer, unit: str | None = None) -> pd.DataFrame:
    """As `to_frame`, with the level `column` before the labels: `values`, `expected`, `lower` and `upper` of each
    series. NaN in the last three: too little was known for a verdict.
    """
    columns = {column: to_frame(answer.result(column), unit) for column in get_args(Column)}
    return _said(pd.concat(columns, axis=1, names=["column"]), answer.answer, unit)


def anomaly_frame(answer: WatchAnswer) -> pd.DataFrame:
    """One row an anomaly, named by the labels of its series, in the order of time for each; the columns are the fields
    of `Anomaly`, with times in UTC.
    """
    found = [(one.labels, asdict(anomaly)) for one in answer.watched for anomaly in one.anomalies]
    fields = ["start", "end", "above", "peak_at", "peak", "expected", "score"]
    frame = pd.DataFrame([row for _, row in found], columns=fields, index=_names([labels for labels, _ in found]))
    for name in ("start", "end", "peak_at"):
        frame[name] = _times(frame[name])
    return _said(frame, answer.answer)


def live_frame(answer: LiveAnswer) -> pd.DataFrame:
    """One row a metric of a subject (levels `id`, `metric`); the columns are the fields of `LiveStat`, the time in UTC.
    `frame.attrs` has `missing`, `warnings` and `partial`.
    """
    rows = [{"id": subject.id, **asdict(stat)} for subject in answer.subjects for stat in subject.stats]
    fields = ["id", "metric", "unit", "current", "at", "stale", "min", "max", "avg"]
    frame = pd.DataFrame(rows, columns=[*fields, "capacity", "percent", "accumulated", "samples"])
    frame["at"] = _times(frame["at"])
    frame = frame.set_index(["id", "metric"])
    frame.attrs.update(missing=list(answer.missing), warnings=list(answer.warnings), partial=answer.partial)
    return frame


def instant_frame(answer: InstantAnswer) -> pd.DataFrame:
    """One row a point, named by its labels; the columns `time`, in UTC, and `value`, in `frame.attrs["unit"]`."""
    index = _names([series.labels for series in answer.series for _ in series.values])
    times = _times([time for series in answer.series for time in series.timestamps])
    values = [value for series in answer.series for value in series.values]
    frame = pd.DataFrame({"time": times, "value": np.asarray(values, dtype=float)}, index=index)
    frame.attrs.update(promql=answer.promql, unit=answer.unit, warnings=list(answer.warnings), partial=answer.partial)
    return frame


def _said(frame: pd.DataFrame, result: MetricResult, unit: str | None = None) -> pd.DataFrame:
    """The frame, with what the result says of its values."""
    frame.attrs.update(
        promql=result.promql,
        unit=unit or result.unit,
        metric_type=str(result.metric_type),
        step=result.step,
        warnings=list(result.warnings),
        partial=result.partial,
    )
    return frame


def _times(milliseconds: Sequence[int] | pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.asarray(milliseconds, dtype=np.int64).astype("datetime64[ms]"), tz="UTC")


def _names(rows: Sequence[Mapping[str, str]]) -> pd.Index:
    """Names of series or groups by their labels: a level a label."""
    labels = sorted({name for row in rows for name in row})
    if not labels:
        # A sum over everything has no labels; it still needs a name, and there can be only one of it.
        return pd.Index(["value"] * len(rows))
    return pd.MultiIndex.from_tuples([tuple(row.get(name, "") for name in labels) for row in rows], names=labels)


def _divisor(own: str | None, asked: str | None) -> float:
    if asked is None or asked == own:
        return 1
    base, _, per = (own or "").partition("/")
    others = {f"{name}/{per}" if per else name: size for name, size in IN_OTHER_UNITS.get(base, {}).items()}
    if asked not in others:
        accepted = ", ".join([own or "none: the catalogue does not know the metric", *others])
        raise InvalidArgument("unit", f"{asked!r} is not a unit of these values, accepted are {accepted}")
    return others[asked]
