"""What callers have, as the contract takes it: names of enums, UUIDs, dates, durations, numpy's numbers.

The records of `types` pass through here when they are made, so that every way in takes the same. What does not fit
is refused, by the field's name in the contract; nothing is cut to fit. Knows no metrics.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from .errors import InvalidArgument, InvalidTimeRange

I32 = (-(2**31), 2**31 - 1)
I64 = (-(2**63), 2**63 - 1)
U16 = (0, 2**16 - 1)
U32 = (0, 2**32 - 1)
U64 = (0, 2**64 - 1)
MILLISECONDS = (10**11, I64[1])
"""Unix milliseconds since March 1973. Fewer are Unix seconds by mistake."""

Instant = str | date | int | float | Decimal
"""A `datetime` with a time zone, a `date` (its first instant in UTC), Unix seconds, or a text of the contract's."""
Moment = date | int
"""A `datetime` with a time zone, a `date` (its first instant in UTC), or Unix milliseconds."""
Identifier = str | UUID
Duration = int | timedelta

Member = TypeVar("Member", bound=StrEnum)


def accept_whole(field: str, value: Any, bounds: tuple[int, int]) -> int | None:
    """A whole number, numpy's as well. The `wasmtime` package would cut one that does not fit to its low bits."""
    if value is None:
        return None
    try:
        whole = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        whole = None
    if whole is None or not bounds[0] <= whole <= bounds[1]:
        raise InvalidArgument(field, f"{value!r} is not a whole number from {bounds[0]} to {bounds[1]}")
    return whole


def accept_number(field: str, value: Any) -> float | None:
    """A finite number, numpy's as well. JSON has no others."""
    if value is None:
        return None
    if isinstance(value, bool | str) or not hasattr(value, "__float__") or not math.isfinite(value):
        raise InvalidArgument(field, f"{value!r} is not a finite number")
    return float(value)


def accept_finite(field: str, value: Any) -> float:
    """A finite number, which has to be there."""
    number = accept_number(field, value)
    if number is None:
        raise InvalidArgument(field, "None is not a number")
    return number


def accept_flag(field: str, value: Any) -> bool:
    """True or False."""
    if value is True or value is False:
        return bool(value)
    raise InvalidArgument(field, f"{value!r} is neither True nor False")


def accept_duration(
    field: str, value: Any, bounds: tuple[int, int], unit: timedelta = timedelta(seconds=1)
) -> int | None:
    """A duration in whole units: a number of them, a `timedelta`, or numpy's."""
    if _numpy_kind(value) == "m":
        value = value.astype("timedelta64[us]").item()
    if not isinstance(value, timedelta):
        return accept_whole(field, value, bounds)
    if value % unit:
        raise InvalidArgument(field, f"{value!r} is not a multiple of {unit!r}")
    return accept_whole(field, value // unit, bounds)


def accept_text(field: str, value: Any) -> str:
    """A text that has a UTF-8."""
    if not isinstance(value, str):
        raise InvalidArgument(field, f"{value!r} is not a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgument(field, f"{value!r} is not valid Unicode: {error.reason}") from error
    return str(value)


def accept_member(field: str, value: Any, members: type[Member]) -> Member:
    """A member of an enum, or its name: `Dimension.KERNEL_ID`, `"kernel-id"`, `"kernel_id"`, `"KERNEL_ID"`."""
    if isinstance(value, members):
        return value
    name = value.replace("_", "-").lower() if isinstance(value, str) else None
    for member in members:
        if member.value == name:
            return member
    raise InvalidArgument(field, f"{value!r} is unknown, accepted is one of {', '.join(members)}")


def accept_members(field: str, values: Any, members: type[Member]) -> tuple[Member, ...]:
    """Several members; one, or none, is fine too."""
    return tuple(accept_member(field, value, members) for value in listed(field, values))


def accept_identifiers(field: str, values: Any) -> tuple[str, ...]:
    """Several identifiers; one, or none, is fine too."""
    return tuple(
        str(value) if isinstance(value, UUID) else accept_text(field, value) for value in listed(field, values)
    )


def accept_texts(field: str, values: Any) -> tuple[str, ...]:
    """Several texts; one, or none, is fine too."""
    return tuple(accept_text(field, value) for value in listed(field, values))


def accept_window(field: str, value: Any) -> str | None:
    """A Prometheus duration such as `5m`, or a `timedelta`."""
    if isinstance(value, timedelta):
        return f"{accept_duration(field, value, U64, timedelta(milliseconds=1))}ms"
    return None if value is None else accept_text(field, value)


def accept_instant(field: str, instant: Any) -> str:
    """An instant as the contract takes it.

    A naive `datetime` is refused: Python takes it for local time, the contract for UTC.
    """
    kind = _numpy_kind(instant)
    if kind == "M" or isinstance(instant, datetime):
        # Not a time: numpy's and pandas' differ from themselves.
        if instant != instant:
            raise _no_time(field, instant)
        # numpy's have no time zone: by its documentation they are UTC.
        return str(instant) if kind == "M" else _datetime_text(instant)
    if isinstance(instant, str):
        return accept_text(field, instant)
    if isinstance(instant, date):
        return instant.isoformat()
    if kind in ("i", "u", "f"):
        instant = instant.item()
    if isinstance(instant, bool) or not isinstance(instant, int | float | Decimal) or not math.isfinite(instant):
        raise _no_time(field, instant)
    return format(instant, "f") if isinstance(instant, Decimal) else repr(instant)


def accept_now(field: str, value: Any) -> int | None:
    """The time of day in Unix milliseconds, or as a `datetime` with a time zone."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidArgument(field, f"{value!r} has no time zone")
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return accept_whole(field, value, I64)


def accept_moment(field: str, value: Any) -> int | None:
    """An instant in Unix milliseconds, or as Python or numpy have it. Unix seconds are refused as a mistake."""
    is_time = isinstance(value, date) or _numpy_kind(value) == "M"
    # Not a time: numpy's and pandas' differ from themselves.
    if is_time and value != value:
        raise InvalidArgument(field, f"{value!r} is not a time")
    if _numpy_kind(value) == "M":
        # By numpy's documentation they are UTC.
        value = value.astype("datetime64[ms]").item().replace(tzinfo=UTC)
    elif is_time and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return accept_now(field, value) if is_time else accept_whole(field, value, MILLISECONDS)


def _datetime_text(instant: datetime) -> str:
    offset = instant.utcoffset()
    if offset is None:
        raise InvalidTimeRange(
            reason=f"{instant!r} has no time zone",
            accepted="a datetime with a time zone, e.g. datetime(2026, 1, 5, tzinfo=UTC)",
        )
    # RFC 3339 has no seconds in an offset; local times of before the railways do.
    return (instant.astimezone(UTC) if offset % timedelta(minutes=1) else instant).isoformat()


def _no_time(field: str, instant: Any) -> InvalidTimeRange:
    return InvalidTimeRange(
        reason=f"{field}: {instant!r} is not a time",
        accepted="a datetime with a time zone, a date, Unix seconds, or a text such as 2026-01-05T00:00:00Z",
    )


def listed(field: str, values: Any) -> Iterable[Any]:
    """Several values; one text or UUID, or none, is fine too."""
    if values is None:
        return ()
    if isinstance(values, str | UUID):
        return (values,)
    if isinstance(values, Iterable) and not isinstance(values, bytes):
        return values
    raise InvalidArgument(field, f"{values!r} is neither a text nor several")


def _numpy_kind(value: Any) -> str | None:
    """The kind of a scalar of numpy's, which need not be installed: `M` a time, `m` a duration, `i`, `u`, `f`."""
    kind: str | None = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if hasattr(value, "item") else None
