"""The records and enumerations of the contract (`wit/types.wit`, `wit/codec.wit`), in Python's manner.

Times are Unix milliseconds, durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from .errors import InvalidArgument, InvalidTimeRange

if TYPE_CHECKING:
    from pandas import DataFrame

U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1


class MetricType(StrEnum):
    """How the samples of a metric are to be read."""

    GAUGE = "gauge"
    """A level. Each sample is read as it is."""
    RATE = "rate"
    """A counter of traffic. Read as its increase per second over the window."""
    DIFF = "diff"
    """A counter of work done (CPU time). Read as its increase per second over the window."""


class ValueType(StrEnum):
    """Which side of a metric: the label `value_type`."""

    USAGE = "usage"
    CAPACITY = "capacity"
    CURRENT = "current"
    PCT = "pct"
    """`100 * current / capacity`, in percent. Agents never export it: it is computed."""


class Dimension(StrEnum):
    """A label that series can be grouped by."""

    AGENT_ID = "agent-id"
    KERNEL_ID = "kernel-id"
    SESSION_ID = "session-id"
    USER_ID = "user-id"
    PROJECT_ID = "project-id"
    METRIC_NAME = "metric-name"
    VALUE_TYPE = "value-type"


class LabelSchema(StrEnum):
    """The labels under which agents export the owner of a series, and the value types."""

    DOCUMENTED = "documented"
    """`owner_user_id`, `owner_project_id`, value type `usage`."""
    AGENT = "agent"
    """`user_id`, `project_id`, value type `current`, as today's agents write them."""


class Category(StrEnum):
    """What a metric measures, for people to find it by."""

    CPU = "cpu"
    MEMORY = "memory"
    NETWORK = "network"
    DISK = "disk"
    ACCELERATOR = "accelerator"


class HttpMethod(StrEnum):
    """The method of a request."""

    GET = "get"
    POST = "post"


class HttpScheme(StrEnum):
    """The scheme of a request."""

    HTTP = "http"
    HTTPS = "https"


@dataclass(frozen=True, slots=True)
class Config:
    """What the plugin is told. Never holds a secret: the codec's caller adds credentials to the request."""

    address: str
    """`host:port`, or `http(s)://host[:port][/prefix]`."""
    timewindow: str | None = None
    """The window of a rate, a Prometheus duration such as `5m`. None: chosen from step and sample interval."""
    label_schema: LabelSchema = LabelSchema.DOCUMENTED
    sample_interval: int | None = None
    """Seconds between two samples of a series. None: 15."""
    max_range: int | None = None
    """The longest range of a query, in seconds. None: 604800, 7 days."""
    max_points: int | None = None
    """The most points that a series may have. None: 11001."""
    max_result_bytes: int | None = None
    """The most bytes that a result may hold. None: 100000000."""
    timeout: int | None = None
    """Milliseconds until a call gives up. None: 30000."""

    def __post_init__(self) -> None:
        for name in ("sample_interval", "max_range", "max_points", "timeout"):
            require_unsigned(f"config.{name.replace('_', '-')}", getattr(self, name), U32_MAX)
        require_unsigned("config.max-result-bytes", self.max_result_bytes, U64_MAX)


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """The optional filters of a query. Each is an equality; what is None is not filtered on."""

    value_type: ValueType | None = None
    agent_id: str | None = None
    kernel_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    project_id: str | None = None


Instant = str | datetime | int | float


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A time-series query."""

    metric_name: str
    start: Instant
    """A `datetime` with a time zone, Unix seconds, or a text as the contract takes it (RFC 3339, a date, …)."""
    end: Instant
    """The last instant, in the same forms. Not before `start`."""
    step: int | None = None
    """Seconds between two points. None: chosen from the length of the range."""
    labels: LabelFilter = field(default_factory=LabelFilter)
    group_by: Sequence[Dimension] = ()
    """What to tell apart. Empty: the value type plus every dimension that is filtered on."""
    metric_type: MetricType | None = None
    """None: detected from the name and the value type."""

    def __post_init__(self) -> None:
        # Frozen for those who hold a query; this is still its making.
        object.__setattr__(self, "start", instant_text(self.start))
        object.__setattr__(self, "end", instant_text(self.end))
        require_unsigned("step", self.step, U32_MAX)


@dataclass(frozen=True, slots=True)
class Series:
    """One series, in columns: `timestamps[i]` belongs to `values[i]`, and both are equally long."""

    labels: dict[str, str]
    timestamps: list[int]
    """Unix milliseconds, ascending. A gap in the data is a gap here."""
    values: list[float]
    """In the result's unit. May be NaN or infinite where Prometheus says so."""


@dataclass(frozen=True, slots=True)
class MetricResult:
    """The answer to a query."""

    promql: str
    metric_type: MetricType
    unit: str | None
    """`bytes`, `bytes/s`, `millicores`, `percent`, … None: the catalogue does not know the metric."""
    step: int
    """Seconds between two points."""
    start: int
    """The first instant that was asked for, Unix milliseconds: the query's, moved back to a multiple of the step."""
    end: int
    """The last instant that was asked for, Unix milliseconds."""
    series: list[Series]
    warnings: list[str]
    infos: list[str]

    def to_frame(self) -> DataFrame:
        """One column a series, one row a step, the index in UTC. See `metric_service.frame`."""
        from .frame import to_frame

        return to_frame(self)


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What the catalogue knows of a metric."""

    description: str
    unit: str
    rate_unit: str
    category: Category
    cumulative: bool
    value_types: list[ValueType]


@dataclass(frozen=True, slots=True)
class MetricMetadata:
    """One metric found in Prometheus."""

    name: str
    metric_type: MetricType
    """How `query_metric` reads its `current` side."""
    catalogue: CatalogueEntry | None
    """None: the catalogue does not know the metric. It can be queried all the same."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Its URL is scheme, `://`, authority, path_with_query."""

    method: HttpMethod
    scheme: HttpScheme
    authority: str
    path_with_query: str
    """Percent-encoded already."""
    headers: list[tuple[str, str]]
    """Names in lower case. `host` and `content-length` are left to the sender."""
    body: str
    """Empty for GET."""


def instant_text(instant: Instant) -> str:
    """An instant as the contract takes it.

    A naive `datetime` is refused: Python takes it for local time, the contract for UTC.
    """
    if isinstance(instant, datetime):
        if instant.tzinfo is None:
            raise InvalidTimeRange(
                reason=f"{instant!r} has no time zone",
                accepted="a datetime with a time zone, e.g. datetime(2026, 1, 5, tzinfo=UTC)",
            )
        return instant.isoformat()
    return instant if isinstance(instant, str) else repr(instant)


def require_unsigned(name: str, value: int | None, most: int) -> None:
    """Refuses what does not fit. The wasmtime package would cut such a number to its low bits, silently."""
    if value is not None and not (type(value) is int and 0 <= value <= most):
        raise InvalidArgument(field=name, reason=f"{value!r} is not a whole number from 0 to {most}")
