"""The records of `wit/live-stats.wit` and `wit/preset.wit`: what subjects use now, presets, and verdicts.

Times are Unix milliseconds, durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .accept import (
    U32,
    Duration,
    Identifier,
    Instant,
    Moment,
    accept_duration,
    accept_finite,
    accept_identifiers,
    accept_instant,
    accept_member,
    accept_members,
    accept_moment,
    accept_text,
    accept_texts,
    accept_window,
)
from .types import (
    Accepting,
    Dimension,
    Identifiers,
    LabelFilter,
    MetricType,
    Pointwise,
    Series,
    Tagged,
    accept_record,
    accept_records,
)

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class LiveOptions(Accepting):
    """Which live stats are asked for."""

    at: Moment | None = None
    """The end of the window. None: the present."""
    window: Duration | None = None
    """Seconds to look back, at least two sample intervals. None: 300."""
    metrics: Iterable[str] | str | None = None
    """Which metrics. None: all."""

    def __post_init__(self) -> None:
        self._keep(
            at=accept_moment("options.at", self.at),
            window=accept_duration("options.window", self.window, U32),
            metrics=None if self.metrics is None else accept_texts("options.metrics", self.metrics),
        )


@dataclass(frozen=True, slots=True)
class LiveStat:
    """One metric of a subject."""

    metric: str
    unit: str | None
    """Of `current`, `min`, `max` and `avg`."""
    current: float | None
    """A level: the latest sample. A counter: the rate between the last two, per second. None: there is one sample."""
    at: int
    """When the newest sample was taken, Unix milliseconds."""
    stale: bool
    """Whether that is more than four sample intervals before the end of the window."""
    min: float | None
    """The least within the window."""
    max: float | None
    avg: float | None
    capacity: float | None
    percent: float | None
    """`100 * current / capacity`; for `cpu_util` the percent of one core. None: there is no capacity."""
    accumulated: float | None
    """A counter's latest sample. None for a level."""
    samples: int


@dataclass(frozen=True, slots=True)
class SubjectStats:
    """The metrics of a subject."""

    id: str
    agent_id: str | None
    """The agent that all of it runs on. None: several, or it is not known."""
    stats: list[LiveStat]
    """In the order of their names."""


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """The live stats of all subjects."""

    subjects: list[SubjectStats]
    """Those of which there are samples, in the order in which they were asked for."""
    missing: list[str]
    """Those of which there are none within the window."""
    partial: bool
    """Whether data may be missing. Only where `Config.partial` accepts that."""
    warnings: list[str]

    def to_frame(self) -> DataFrame:
        """One row a metric of a subject, with its unit. See `metric_service.frame`."""
        from .frame import live_frame

        return live_frame(self)


@dataclass(frozen=True, slots=True)
class Preset(Accepting):
    """PromQL with placeholders: `${{labels}}`, `${{window}}`, `${{group_by}}`."""

    template: str
    time_window: str | timedelta | None = None
    """The window where a call has none. None: `Config.timewindow`, else 5 minutes."""
    filter_labels: Iterable[str] | str | None = ()
    """Labels that a call may filter on. Empty: any."""
    group_labels: Iterable[str] | str | None = ()
    """Labels that a call may group by. Empty: any."""
    required_labels: Iterable[str] | str | None = ()
    """Labels that a call must filter on."""
    unit: str | None = None

    def __post_init__(self) -> None:
        self._keep(
            template=accept_text("preset.template", self.template),
            time_window=accept_window("preset.time-window", self.time_window),
            filter_labels=accept_texts("preset.filter-labels", self.filter_labels),
            group_labels=accept_texts("preset.group-labels", self.group_labels),
            required_labels=accept_texts("preset.required-labels", self.required_labels),
            unit=None if self.unit is None else accept_text("preset.unit", self.unit),
        )

    @classmethod
    def of(cls, given: Preset | str) -> Preset:
        """A preset, or its template."""
        return given if isinstance(given, Preset) else cls(given)


@dataclass(frozen=True, slots=True)
class LabelValues(Accepting):
    """A label, and the values that it may have."""

    label: str
    values: Identifiers

    def __post_init__(self) -> None:
        label = accept_text("filters", self.label)
        self._keep(label=label, values=accept_identifiers(f"filters.{label}", self.values))


@dataclass(frozen=True, slots=True)
class PresetArguments(Accepting):
    """What a call fills into a preset."""

    filters: Mapping[str, Identifiers] | Iterable[LabelValues] | None = ()
    """For `${{labels}}`: labels, each with one value or several. A label whose value is None is left out."""
    group_by: Iterable[str] | str | None = ()
    """For `${{group_by}}`."""
    window: str | timedelta | None = None
    """For `${{window}}`. None: the preset's."""

    def __post_init__(self) -> None:
        self._keep(
            filters=accept_filters("arguments.filters", self.filters),
            group_by=accept_texts("arguments.group-by", self.group_by),
            window=accept_window("arguments.window", self.window),
        )


def accept_filters(field_name: str, given: Any) -> tuple[LabelValues, ...]:
    """Labels, each with one value or several, as a mapping or as records. One whose value is None is left out."""
    if not isinstance(given, Mapping):
        return accept_records(field_name, given, LabelValues)
    named = [(accept_text(field_name, label), values) for label, values in given.items() if values is not None]
    return tuple(LabelValues(label, accept_identifiers(f"{field_name}.{label}", values)) for label, values in named)


@dataclass(frozen=True, slots=True)
class Placed:
    """A placeholder in a template."""

    placeholder: str
    """`labels`, `window` or `group_by`."""
    line: int
    """From 1."""
    column: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a template is."""

    placeholders: list[Placed]
    selectors: int
    """How many selectors it has."""
    unfiltered: int
    """How many of them have no `${{labels}}`: filters do not reach those."""
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class PresetRange(Accepting):
    """When a preset is read over a range."""

    start: Instant
    end: Instant
    step: Duration | None = None
    """Seconds between two points. None: chosen."""

    def __post_init__(self) -> None:
        self._keep(
            start=accept_instant("range.start", self.start),
            end=accept_instant("range.end", self.end),
            step=accept_duration("range.step", self.step, U32),
        )


@dataclass(frozen=True, slots=True)
class InstantAnswer:
    """A preset at an instant; of the codec, also over a range."""

    promql: str
    unit: str | None
    """The preset's."""
    series: list[Series]
    """With one point each, unless the template is a range of samples."""
    warnings: list[str]
    infos: list[str]
    partial: bool
    """Whether data may be missing. Only where `Config.partial` accepts that."""

    def to_frame(self) -> DataFrame:
        """One row a point, named by the labels and the time. See `metric_service.frame`."""
        from .frame import instant_frame

        return instant_frame(self)


@dataclass(frozen=True, slots=True)
class Run(Accepting):
    """A preset of a batch."""

    preset: Preset | str
    arguments: PresetArguments = field(default_factory=PresetArguments)
    range: PresetRange | None = None
    """Over this range. None: at an instant."""
    at: Moment | None = None
    """The instant. None: the present. Has no say where there is a range."""

    def __post_init__(self) -> None:
        self._keep(
            preset=Preset.of(self.preset),
            arguments=accept_record("arguments", self.arguments, PresetArguments),
            range=None if self.range is None else accept_record("range", self.range, PresetRange),
            at=accept_moment("at", self.at),
        )


class Combine(StrEnum):
    """How several series of a subject become one number."""

    MAX = "max"
    MIN = "min"
    AVG = "avg"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Bound(Tagged):
    """On which side of a number a value has to be."""

    @staticmethod
    def above(number: float) -> Bound:
        """Greater than it."""
        return Bound("above", accept_finite("condition.bound", number))

    @staticmethod
    def below(number: float) -> Bound:
        """Less than it."""
        return Bound("below", accept_finite("condition.bound", number))


@dataclass(frozen=True, slots=True)
class Condition(Accepting):
    """What is to be decided."""

    bound: Bound
    lasting: Duration | None = None
    """For how many seconds up to the instant: at each of up to 61 points. None: at the instant."""

    def __post_init__(self) -> None:
        self._keep(
            bound=accept_record("condition.bound", self.bound, Bound),
            lasting=accept_duration("condition.lasting", self.lasting, U32),
        )


@dataclass(frozen=True, slots=True)
class Question(Accepting):
    """What is asked of many subjects."""

    subject: str
    """The label that names a subject. It is filtered on and grouped by."""
    subjects: Iterable[Identifier] | Identifier
    """At most 10000."""
    combine: Combine | str
    """How several series of a subject become one number."""
    arguments: PresetArguments = field(default_factory=PresetArguments)
    """What is filled in besides the subjects."""
    at: Moment | None = None
    """The instant. None: the present."""
    condition: Condition | None = None
    """What is to be decided. None: nothing."""

    def __post_init__(self) -> None:
        self._keep(
            subject=accept_text("subject", self.subject),
            subjects=accept_identifiers("subjects", self.subjects),
            combine=accept_member("combine", self.combine, Combine),
            arguments=accept_record("arguments", self.arguments, PresetArguments),
            at=accept_moment("at", self.at),
        )
        if self.condition is not None:
            accept_record("condition", self.condition, Condition)


@dataclass(frozen=True, slots=True)
class MetricQuestion(Accepting):
    """What is asked of many subjects by a metric of the containers."""

    metric_name: str
    subject: Dimension | str
    """What the subjects are: kernels, sessions, agents, users or projects."""
    subjects: Iterable[Identifier] | Identifier
    """At most 10000."""
    combine: Combine | str
    """How several series of a subject become one number."""
    labels: LabelFilter | Mapping[str, Any] | None = field(default_factory=LabelFilter)
    """What is filtered on besides the subjects. A value type is needed."""
    group_by: Dimension | str | Iterable[Dimension | str] | None = ()
    """What is told apart besides the subjects: `combine` makes one number of it."""
    metric_type: MetricType | str | None = None
    """None: detected from the name and the value type."""
    pointwise: Pointwise | None = None
    """The statistic that a point stands for. None: the value at the instant, or what is read per second."""
    at: Moment | None = None
    """The instant. None: the present."""
    condition: Condition | None = None
    """What is to be decided. None: nothing."""

    def __post_init__(self) -> None:
        self._keep(
            metric_name=accept_text("metric-name", self.metric_name),
            subject=accept_member("subject", self.subject, Dimension),
            subjects=accept_identifiers("subjects", self.subjects),
            combine=accept_member("combine", self.combine, Combine),
            labels=LabelFilter.of(self.labels),
            group_by=accept_members("group-by", self.group_by, Dimension),
            metric_type=None
            if self.metric_type is None
            else accept_member("metric-type", self.metric_type, MetricType),
            pointwise=None if self.pointwise is None else accept_record("pointwise", self.pointwise, Pointwise),
            at=accept_moment("at", self.at),
        )
        if self.condition is not None:
            accept_record("condition", self.condition, Condition)


class Verdict(StrEnum):
    """What can be said of a subject."""

    VALUE = "value"
    """There is a number."""
    NO_DATA = "no-data"
    """There is no series, or none at one of the points that a condition needs. That is not zero."""
    NOT_TOLD_APART = "not-told-apart"
    """There are series, but they do not have the subject's label: is `${{group_by}}` in the template?"""
    NOT_FINITE = "not-finite"
    """NaN or infinite, e.g. 0/0 where nothing was requested."""
    PARTIAL = "partial"
    """The server did not see all data, or kernels of the subject are in no percentage."""
    STALE = "stale"
    """The latest sample under it is older than four sample intervals."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a subject."""

    subject: str
    verdict: Verdict
    value: float | None
    """The latest number, where there is one, whatever the verdict."""
    at: int | None
    """When the latest sample under it was taken, Unix milliseconds. None: it is not known."""
    decision: bool | None
    """Whether the condition holds. None: there is no condition, or the verdict is not `value`."""
    timestamps: list[int]
    """The evidence: the instants, Unix milliseconds, ascending."""
    values: list[float]
    """The number at each."""
