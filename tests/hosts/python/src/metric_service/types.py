"""The records and enumerations of the contract (`wit/types.wit`, `wit/codec.wit`), in Python's manner.

Times are Unix milliseconds, durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from .accept import (
    I32,
    U32,
    U64,
    Duration,
    Identifier,
    Instant,
    accept_duration,
    accept_flag,
    accept_identifiers,
    accept_instant,
    accept_member,
    accept_members,
    accept_now,
    accept_text,
    accept_whole,
    accept_window,
    listed,
)
from .errors import InvalidArgument, MetricServiceError, Span

if TYPE_CHECKING:
    from pandas import DataFrame

Identifiers = Identifier | Sequence[Identifier] | None
"""One or several; None or empty: no filter."""


class Accepting:
    """A frozen record that takes more than it keeps."""

    __slots__ = ()

    def _keep(self, **fields: Any) -> None:
        # Frozen for those who hold it; this is still its making.
        for name, value in fields.items():
            object.__setattr__(self, name, value)


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
class Config(Accepting):
    """What the plugin is told. Never holds a secret: the codec's caller adds credentials to the request."""

    address: str
    """`host:port`, or `http(s)://host[:port][/prefix]`."""
    timewindow: str | timedelta | None = None
    """The window of a rate, a Prometheus duration such as `5m`. None: chosen from step and sample interval."""
    label_schema: LabelSchema | str = LabelSchema.DOCUMENTED
    sample_interval: Duration | None = None
    """Seconds between two samples of a series. None: 15."""
    max_range: Duration | None = None
    """The longest range of a query, in seconds. None: 604800, 7 days."""
    max_points: int | None = None
    """The most points that a series may have. None: 11001."""
    max_result_bytes: int | None = None
    """The most bytes that a result may hold. None: 100000000."""
    timeout: Duration | None = None
    """Milliseconds until a call gives up. None: 30000."""
    method: RequestMethod | str = RequestMethod.AUTO
    backend: Backend | str = Backend.AUTO
    partial: bool = False
    """Whether an answer may be partial, of a server that did not see all data. False: that is `PartialAnswer`."""
    now: int | datetime | None = None
    """The time of day, Unix milliseconds. None: the clock's at each call that asks Prometheus; `Codec` has no clock."""

    def __post_init__(self) -> None:
        millis = timedelta(milliseconds=1)
        self._keep(
            address=accept_text("config.address", self.address),
            timewindow=accept_window("config.timewindow", self.timewindow),
            label_schema=accept_member("config.label-schema", self.label_schema, LabelSchema),
            sample_interval=accept_duration("config.sample-interval", self.sample_interval, U32),
            max_range=accept_duration("config.max-range", self.max_range, U32),
            max_points=accept_whole("config.max-points", self.max_points, U32),
            max_result_bytes=accept_whole("config.max-result-bytes", self.max_result_bytes, U64),
            timeout=accept_duration("config.timeout", self.timeout, U32, millis),
            method=accept_member("config.method", self.method, RequestMethod),
            backend=accept_member("config.backend", self.backend, Backend),
            partial=accept_flag("config.partial", self.partial),
            now=accept_now("config.now", self.now),
        )


@dataclass(frozen=True, slots=True)
class LabelFilter(Accepting):
    """The optional filters of a query: one value or several, any of which may be met. None or empty: all series."""

    value_type: ValueType | str | None = None
    agent_id: Identifiers = None
    kernel_id: Identifiers = None
    session_id: Identifiers = None
    user_id: Identifiers = None
    project_id: Identifiers = None

    def __post_init__(self) -> None:
        for name in ("agent_id", "kernel_id", "session_id", "user_id", "project_id"):
            field_name = f"labels.{name.replace('_', '-')}"
            self._keep(**{name: accept_identifiers(field_name, getattr(self, name))})
        if self.value_type is not None:
            self._keep(value_type=accept_member("labels.value-type", self.value_type, ValueType))

    @classmethod
    def of(cls, given: LabelFilter | Mapping[str, Any] | None) -> LabelFilter:
        """A filter from a mapping; a name that there is not is refused, for it would filter nothing."""
        if given is None or isinstance(given, LabelFilter):
            return given or cls()
        known = cls.__slots__
        for name in given:
            if name not in known:
                raise InvalidArgument(f"labels.{name}", f"there is no such label, accepted are {', '.join(known)}")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A case of a variant, and what belongs to it."""

    tag: str
    payload: object = None


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

    @classmethod
    def of(cls, given: Statistic | str, field_name: str = "pointwise.statistic") -> Statistic:
        """A statistic, or its name."""
        return accept_tagged(field_name, given, cls, (cls.AVG, cls.MAX, cls.MIN, cls.LAST))


_T = TypeVar("_T", bound=Tagged)
_R = TypeVar("_R")

Statistic.AVG, Statistic.MAX = Statistic("avg"), Statistic("max")
Statistic.MIN, Statistic.LAST = Statistic("min"), Statistic("last")


@dataclass(frozen=True, slots=True)
class Over(Tagged):
    """Which values a point sums up."""

    TIME: ClassVar[Over]
    """The group's, within the window."""

    @staticmethod
    def members(dimension: Dimension | str) -> Over:
        """The members' at the point's instant; a member is what the dimension tells apart within the group."""
        return Over("members", accept_member("pointwise.over", dimension, Dimension))

    @staticmethod
    def both(dimension: Dimension | str) -> Over:
        """All values of all members within the window."""
        return Over("both", accept_member("pointwise.over", dimension, Dimension))

    @classmethod
    def of(cls, given: Over | str) -> Over:
        """What is summed up, or its name."""
        return accept_tagged("pointwise.over", given, cls, (cls.TIME,))


Over.TIME = Over("time")


@dataclass(frozen=True, slots=True)
class Pointwise(Accepting):
    """What a point stands for, where it is not the group's value at its instant."""

    statistic: Statistic | str
    over: Over | str
    window: Duration | None = None
    """Seconds that a point looks back. None: the step, so that each sample counts once."""

    def __post_init__(self) -> None:
        self._keep(
            statistic=Statistic.of(self.statistic),
            over=Over.of(self.over),
            window=accept_duration("pointwise.window", self.window, U32),
        )


@dataclass(frozen=True, slots=True)
class MetricQuery(Accepting):
    """A time-series query."""

    metric_name: str
    start: Instant
    """A `datetime` with a time zone, Unix seconds, a `date`, or a text as the contract takes it (RFC 3339, …)."""
    end: Instant
    """The last instant, in the same forms. Not before `start`."""
    step: Duration | None = None
    """Seconds between two points. None: chosen from the length of the range."""
    labels: LabelFilter | Mapping[str, Any] | None = field(default_factory=LabelFilter)
    group_by: Dimension | str | Iterable[Dimension | str] | None = ()
    """What to tell apart. Empty: the value type plus every dimension that is filtered on."""
    metric_type: MetricType | str | None = None
    """None: detected from the name and the value type."""
    pointwise: Pointwise | None = None
    """What a point stands for. None: the group's value at the point's instant."""
    utc_offset: Duration | None = None
    """Seconds east of UTC: points are at multiples of the step in that local time, so that a day is the caller's."""

    def __post_init__(self) -> None:
        self._keep(
            metric_name=accept_text("metric-name", self.metric_name),
            start=accept_instant("start", self.start),
            end=accept_instant("end", self.end),
            step=accept_duration("step", self.step, U32),
            labels=LabelFilter.of(self.labels),
            group_by=accept_members("group-by", self.group_by, Dimension),
            utc_offset=accept_duration("utc-offset", self.utc_offset, I32),
        )
        if self.metric_type is not None:
            self._keep(metric_type=accept_member("metric-type", self.metric_type, MetricType))


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

    def to_frame(self, unit: str | None = None) -> DataFrame:
        """One column a series, one row a step, the index in UTC, values in `unit`. See `metric_service.frame`."""
        from .frame import to_frame

        return to_frame(self, unit)


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
class RangeOptions(Accepting):
    """How a long range, or many queries, are asked for."""

    cached: bool = False
    """Whether answers are kept on their way, so that it pays to cut the range where others cut theirs."""
    max_points: int | None = None
    """The most points of a series at a step that is chosen. None: 1000."""
    interval: Duration | None = None
    """Seconds between two cuts. None: 86400, a day."""
    freshness: Duration | None = None
    """Seconds that data may arrive late. None: 600."""
    concurrency: int | None = None
    """Requests under way at once. None: 8."""
    partial: bool = False
    """Whether an answer may be partial, and may lack chunks that failed."""

    def __post_init__(self) -> None:
        self._keep(
            cached=accept_flag("options.cached", self.cached),
            max_points=accept_whole("options.max-points", self.max_points, U32),
            interval=accept_duration("options.interval", self.interval, U32),
            freshness=accept_duration("options.freshness", self.freshness, U32),
            concurrency=accept_whole("options.concurrency", self.concurrency, U32),
            partial=accept_flag("options.partial", self.partial),
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one request of a range asks for."""

    span: Span
    """What is asked, which may reach over the ends of the range."""
    points: int
    """Points of a series without gaps."""
    is_final: bool
    """Whether the data of that time can no longer change."""


@dataclass(frozen=True, slots=True)
class RangePlan:
    """What a range becomes, before anything is sent."""

    promql: str
    metric_type: MetricType
    unit: str | None
    step: int
    """Seconds between two points."""
    step_reason: str
    """Why this step, in a sentence."""
    window: str | None
    """How far back a point looks. None: it is the value at its instant."""
    window_reason: str | None
    span: Span
    """The points of the answer."""
    chunks: list[Chunk]
    """The requests, in the order of time."""
    warnings: list[str]


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
class Piece:
    """A bounded piece of a stream: at most 65536 samples, each series with its labels."""

    series: list[Series]
    """A series comes in several pieces, its points in the order of time."""
    warnings: list[str]
    """What was not said by an earlier piece."""
    infos: list[str]
    missing: list[MissingChunk]
    """Chunks that failed since the last piece, where `partial` allows it."""
    partial: bool


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


def accept_tagged(field_name: str, given: _T | str, variant: type[_T], simple: tuple[_T, ...]) -> _T:
    """A case of a variant, or the name of one to which nothing belongs."""
    if isinstance(given, variant):
        return given
    for case in simple:
        if case.tag == given:
            return case
    raise InvalidArgument(
        field_name, f"{given!r} is unknown, accepted is one of {', '.join(case.tag for case in simple)}"
    )


def accept_record(field_name: str, given: Any, record: type[_R]) -> _R:
    """A record of that kind."""
    if isinstance(given, record):
        return given
    raise InvalidArgument(field_name, f"{given!r} is not a {record.__name__}")


def accept_records(field_name: str, given: Any, record: type[_R]) -> tuple[_R, ...]:
    """Several records of that kind; none is fine too."""
    return tuple(accept_record(field_name, one, record) for one in listed(field_name, given))
