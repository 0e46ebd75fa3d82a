"""The records of `wit/family.wit`: metrics beyond the container's, described as data, and what is derived of two.

Durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from .accept import (
    I32,
    U32,
    Duration,
    Instant,
    accept_duration,
    accept_finite,
    accept_flag,
    accept_instant,
    accept_member,
    accept_text,
    accept_texts,
    listed,
)
from .decisions import LabelValues, accept_filters
from .errors import InvalidArgument
from .types import (
    Accepting,
    Identifiers,
    MetricQuery,
    RangeAnswer,
    Statistic,
    Tagged,
    accept_record,
    accept_tagged,
)

if TYPE_CHECKING:
    from pandas import DataFrame


class FamilyKind(StrEnum):
    """How the samples of a family are read."""

    GAUGE = "gauge"
    """A level: each sample as it is."""
    COUNTER = "counter"
    """A counter: its increase per second."""
    HISTOGRAM = "histogram"
    """Observations in buckets, the series `NAME_bucket`, `NAME_sum` and `NAME_count`."""
    NATIVE_HISTOGRAM = "native-histogram"
    """Observations in one series of native histograms."""


@dataclass(frozen=True, slots=True)
class Family(Accepting):
    """A metric family."""

    name: str
    """Its name in Prometheus; of a histogram without `_bucket`."""
    kind: FamilyKind | str
    unit: str | None = None
    """The unit of its samples; of a histogram, of what is observed."""
    former_names: Iterable[str] | str | None = ()
    """Names that it had before, at most 4, the latest first."""
    description: str = ""
    """What it measures, for people."""
    labels: Iterable[str] | str | None = ()
    """Labels that may be filtered on and grouped by, at most 64. Empty: any."""
    intensive: bool = False
    """Whether its values do not add up, such as temperatures and percentages."""

    def __post_init__(self) -> None:
        self._keep(
            name=accept_text("family.name", self.name),
            kind=accept_member("family.kind", self.kind, FamilyKind),
            unit=None if self.unit is None else accept_text("family.unit", self.unit),
            former_names=accept_texts("family.former-names", self.former_names),
            description=accept_text("family.description", self.description),
            labels=accept_texts("family.labels", self.labels),
            intensive=accept_flag("family.intensive", self.intensive),
        )


@dataclass(frozen=True, slots=True)
class FamilyStatistic(Tagged):
    """What the series of a group become at an instant."""

    SUM: ClassVar[FamilyStatistic]
    """Their sum. Not of histograms."""
    AVG: ClassVar[FamilyStatistic]
    """Their mean; of a histogram, the mean of the observations."""
    MAX: ClassVar[FamilyStatistic]
    """The largest. Not of histograms."""
    MIN: ClassVar[FamilyStatistic]
    """The smallest. Not of histograms."""
    RATE: ClassVar[FamilyStatistic]
    """Observations per second, of histograms alone."""

    @staticmethod
    def quantile(part: float) -> FamilyStatistic:
        """The value below which that part of them lies, 0 to 1; of a histogram, of the observations."""
        return FamilyStatistic("quantile", accept_finite("statistic", part))

    @classmethod
    def of(cls, given: FamilyStatistic | str) -> FamilyStatistic:
        """A statistic, or its name."""
        return accept_tagged("statistic", given, cls, (cls.SUM, cls.AVG, cls.MAX, cls.MIN, cls.RATE))


FamilyStatistic.SUM, FamilyStatistic.AVG = FamilyStatistic("sum"), FamilyStatistic("avg")
FamilyStatistic.MAX, FamilyStatistic.MIN = FamilyStatistic("max"), FamilyStatistic("min")
FamilyStatistic.RATE = FamilyStatistic("rate")


@dataclass(frozen=True, slots=True)
class FamilyOver(Tagged):
    """Which values a statistic is of. A member of a group is all of its series that have one value of a label."""

    TIME: ClassVar[FamilyOver]
    """The group's, within the window."""

    @staticmethod
    def members(label: str) -> FamilyOver:
        """The members' at the point's instant."""
        return FamilyOver("members", accept_text("over-time.over", label))

    @staticmethod
    def both(label: str) -> FamilyOver:
        """All values of all members within the window."""
        return FamilyOver("both", accept_text("over-time.over", label))

    @classmethod
    def of(cls, given: FamilyOver | str) -> FamilyOver:
        """What is summed up, or its name."""
        return accept_tagged("over-time.over", given, cls, (cls.TIME,))


FamilyOver.TIME = FamilyOver("time")


@dataclass(frozen=True, slots=True)
class OverTime(Accepting):
    """A statistic of what a group is over time, or of its members."""

    statistic: Statistic | str
    window: Duration | None = None
    """Seconds that a point looks back. None: the step."""
    over: FamilyOver | str = field(default_factory=lambda: FamilyOver.TIME)
    """Of which values."""

    def __post_init__(self) -> None:
        self._keep(
            statistic=Statistic.of(self.statistic, "over-time.statistic"),
            over=FamilyOver.of(self.over),
            window=accept_duration("over-time.window", self.window, U32),
        )


@dataclass(frozen=True, slots=True)
class FamilyQuery(Accepting):
    """What is asked of a family."""

    family: Family
    start: Instant
    """As `MetricQuery.start`."""
    end: Instant
    step: Duration | None = None
    """Seconds between two points. None: chosen from the length of the range."""
    filters: Mapping[str, Identifiers] | Iterable[LabelValues] | None = ()
    """Labels, each with one value or several. A label whose value is None is left out."""
    group_by: Iterable[str] | str | None = ()
    """The labels to tell apart. Empty: one group."""
    statistic: FamilyStatistic | str | None = None
    """What the series of a group become. None: of what does not add up and of histograms `avg`, else `sum`."""
    over_time: OverTime | None = None
    """None: a point is the group's value at its instant."""
    utc_offset: Duration | None = None
    """As `MetricQuery.utc_offset`."""

    def __post_init__(self) -> None:
        self._keep(
            family=accept_record("family", self.family, Family),
            start=accept_instant("start", self.start),
            end=accept_instant("end", self.end),
            step=accept_duration("step", self.step, U32),
            filters=accept_filters("filters", self.filters),
            group_by=accept_texts("group-by", self.group_by),
            statistic=None if self.statistic is None else FamilyStatistic.of(self.statistic),
            over_time=None if self.over_time is None else accept_record("over-time", self.over_time, OverTime),
            utc_offset=accept_duration("utc-offset", self.utc_offset, I32),
        )


@dataclass(frozen=True, slots=True)
class Side(Tagged):
    """A side of a derived metric: a query of the containers, or of a family."""

    @classmethod
    def of(cls, given: Side | MetricQuery | FamilyQuery) -> Side:
        """The side that a query is."""
        if isinstance(given, Side):
            return given
        return cls("family" if isinstance(given, FamilyQuery) else "metric", _query(given))


def _query(given: Any) -> MetricQuery | FamilyQuery:
    if isinstance(given, MetricQuery | FamilyQuery):
        return given
    raise InvalidArgument("sides", f"{given!r} is neither a MetricQuery nor a FamilyQuery")


@dataclass(frozen=True, slots=True)
class Derivation(Tagged):
    """What becomes of the sides, at each point and for each group."""

    RATIO: ClassVar[Derivation]
    """The first divided by the second."""
    PERCENT: ClassVar[Derivation]
    """A hundred times that."""
    DIFFERENCE: ClassVar[Derivation]
    """The first less the second."""
    SUM: ClassVar[Derivation]
    """Both together."""

    @staticmethod
    def scale(number: float) -> Derivation:
        """The only side times a number."""
        return Derivation("scale", accept_finite("derivation", number))

    @classmethod
    def of(cls, given: Derivation | str) -> Derivation:
        """A derivation, or its name."""
        return accept_tagged("derivation", given, cls, (cls.RATIO, cls.PERCENT, cls.DIFFERENCE, cls.SUM))


Derivation.RATIO, Derivation.PERCENT = Derivation("ratio"), Derivation("percent")
Derivation.DIFFERENCE, Derivation.SUM = Derivation("difference"), Derivation("sum")


@dataclass(frozen=True, slots=True)
class DerivedQuery(Accepting):
    """A metric made of one or two queries."""

    sides: Iterable[Side | MetricQuery | FamilyQuery]
    """Two, or one to scale, over the same range, which tell the same labels apart."""
    derivation: Derivation | str
    unit: str | None = None
    """None: what follows of the sides' units, if they are known."""

    def __post_init__(self) -> None:
        self._keep(
            sides=tuple(Side.of(side) for side in listed("sides", self.sides)),
            derivation=Derivation.of(self.derivation),
            unit=None if self.unit is None else accept_text("unit", self.unit),
        )


@dataclass(frozen=True, slots=True)
class DerivedAnswer:
    """A derived metric over a range."""

    answer: RangeAnswer
    """The series; `promql` is both queries in one expression, although each was sent by itself."""
    missing_sides: int
    """Points of a group that are a gap because one side has a value and the other none."""
    zero_divisors: int
    """Points of a group that are a gap because the divisor is zero."""

    def to_frame(self, unit: str | None = None) -> DataFrame:
        """One column a series, as that of a query; `frame.attrs` counts the gaps. See `metric_service.frame`."""
        from .frame import derived_frame

        return derived_frame(self, unit)
