"""The records and enumerations of the contract (`wit/types.wit`, `wit/codec.wit`), in Python's manner.

Times are Unix milliseconds, durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, overload

from .errors import InvalidArgument, InvalidTimeRange, MetricServiceError, Span

if TYPE_CHECKING:
    from pandas import DataFrame

I32_MAX = 2**31 - 1
U32_MAX = 2**32 - 1
I64_MAX = 2**63 - 1
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


class RequestMethod(StrEnum):
    """How queries are sent."""

    AUTO = "auto"
    """POST; `MetricService` goes on with GET after a server that answers POST with 403, 405 or 501."""
    POST = "post"
    GET = "get"


class Backend(StrEnum):
    """Which server answers: its path where the address has none, its parameters, and how it says "partial"."""

    AUTO = "auto"
    PROMETHEUS = "prometheus"
    THANOS = "thanos"
    MIMIR = "mimir"
    VICTORIA = "victoria"
    VICTORIA_CLUSTER = "victoria-cluster"


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
    method: RequestMethod = RequestMethod.AUTO
    backend: Backend = Backend.AUTO
    partial: bool = False
    """Whether an answer may be partial, of a server that did not see all data. False: that is `PartialAnswer`."""
    now: int | None = None
    """The time of day, Unix milliseconds. None: the clock's at each call that asks Prometheus; `Codec` has no clock."""

    def __post_init__(self) -> None:
        for name in ("sample_interval", "max_range", "max_points", "timeout"):
            require_unsigned(f"config.{name.replace('_', '-')}", getattr(self, name), U32_MAX)
        require_unsigned("config.max-result-bytes", self.max_result_bytes, U64_MAX)
        require_whole("config.now", self.now, -I64_MAX - 1, I64_MAX)


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """The optional filters of a query: one value or several, any of which may be met. None or empty: all series."""

    value_type: ValueType | None = None
    agent_id: str | Sequence[str] | None = None
    kernel_id: str | Sequence[str] | None = None
    session_id: str | Sequence[str] | None = None
    user_id: str | Sequence[str] | None = None
    project_id: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name in ("agent_id", "kernel_id", "session_id", "user_id", "project_id"):
            values = getattr(self, name)
            listed = (values,) if isinstance(values, str) else tuple(values or ())
            object.__setattr__(self, name, listed)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A case of a variant, and what belongs to it."""

    tag: str
    payload: float | Dimension | None = None


@dataclass(frozen=True, slots=True)
class Statistic(Tagged):
    """How many values become one."""

    AVG: ClassVar[Statistic]
    MAX: ClassVar[Statistic]
    MIN: ClassVar[Statistic]
    LAST: ClassVar[Statistic]
    """The latest. Over time only."""

    @staticmethod
    def quantile(part: float) -> Statistic:
        """The value below which that part of them lies, 0 to 1."""
        return Statistic("quantile", float(part))


Statistic.AVG, Statistic.MAX = Statistic("avg"), Statistic("max")
Statistic.MIN, Statistic.LAST = Statistic("min"), Statistic("last")


@dataclass(frozen=True, slots=True)
class Over(Tagged):
    """Which values a point sums up."""

    TIME: ClassVar[Over]
    """The group's, within the window."""

    @staticmethod
    def members(dimension: Dimension) -> Over:
        """The members' at the point's instant; a member is what the dimension tells apart within the group."""
        return Over("members", dimension)

    @staticmethod
    def both(dimension: Dimension) -> Over:
        """All values of all members within the window."""
        return Over("both", dimension)


Over.TIME = Over("time")


@dataclass(frozen=True, slots=True)
class Pointwise:
    """What a point stands for, where it is not the group's value at its instant."""

    statistic: Statistic
    over: Over
    window: int | None = None
    """Seconds that a point looks back. None: the step, so that each sample counts once."""

    def __post_init__(self) -> None:
        require_unsigned("pointwise.window", self.window, U32_MAX)


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
    pointwise: Pointwise | None = None
    """What a point stands for. None: the group's value at the point's instant."""
    utc_offset: int | None = None
    """Seconds east of UTC: points are at multiples of the step in that local time, so that a day is the caller's."""

    def __post_init__(self) -> None:
        # Frozen for those who hold a query; this is still its making.
        object.__setattr__(self, "start", instant_text(self.start))
        object.__setattr__(self, "end", instant_text(self.end))
        require_unsigned("step", self.step, U32_MAX)
        require_whole("utc-offset", self.utc_offset, -I32_MAX - 1, I32_MAX)


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
    """The first point that was asked for, Unix milliseconds, a multiple of the step."""
    end: int
    """The last point that was asked for, Unix milliseconds."""
    series: list[Series]
    warnings: list[str]
    infos: list[str]
    partial: bool
    """Whether data may be missing that the server did not see. Only where `Config.partial` accepts that."""

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
class MetadataResult(Sequence[MetricMetadata]):
    """The metrics found in Prometheus, in the order of their names: a sequence of them, and what there is to say."""

    metrics: list[MetricMetadata]
    warnings: list[str]
    infos: list[str]
    partial: bool
    """Whether metrics may be missing. Only where `Config.partial` accepts that."""

    @overload
    def __getitem__(self, index: int) -> MetricMetadata: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[MetricMetadata]: ...
    def __getitem__(self, index: int | slice) -> MetricMetadata | Sequence[MetricMetadata]:
        return self.metrics[index]

    def __len__(self) -> int:
        return len(self.metrics)


@dataclass(frozen=True, slots=True)
class RangeOptions:
    """How a long range, or many queries, are asked for."""

    cached: bool = False
    """Whether answers are kept on their way, so that it pays to cut the range where others cut theirs."""
    max_points: int | None = None
    """The most points of a series at a step that is chosen. None: 1000."""
    interval: int | None = None
    """Seconds between two cuts. None: 86400, a day."""
    freshness: int | None = None
    """Seconds that data may arrive late. None: 600."""
    concurrency: int | None = None
    """Requests under way at once. None: 8."""
    partial: bool = False
    """Whether an answer may be partial, and may lack chunks that failed."""

    def __post_init__(self) -> None:
        for name in ("max_points", "interval", "freshness", "concurrency"):
            require_unsigned(f"options.{name.replace('_', '-')}", getattr(self, name), U32_MAX)


@dataclass(frozen=True, slots=True)
class MissingChunk:
    """A chunk that a partial answer lacks."""

    span: Span
    error: MetricServiceError


@dataclass(frozen=True, slots=True)
class RangeAnswer:
    """The answer to a range."""

    answer: MetricResult
    """As that of `query_metric`: no chunk can be told from it."""
    missing: list[MissingChunk]
    """The chunks that failed. Empty: the answer is whole."""


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
    require_whole(name, value, 0, most)


def require_whole(name: str, value: int | None, least: int, most: int) -> None:
    """As `require_unsigned`, from `least` on."""
    if value is not None and not (type(value) is int and least <= value <= most):
        raise InvalidArgument(field=name, reason=f"{value!r} is not a whole number from {least} to {most}")
