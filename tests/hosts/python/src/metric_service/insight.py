"""The records of `wit/insight.wit` and `wit/discovery.wit`: what a whole range comes to, and what there is to ask for.

Times are Unix milliseconds, durations say their unit. Knows nothing of wasm, JSON or HTTP.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from .accept import (
    U32,
    Duration,
    Instant,
    accept_duration,
    accept_flag,
    accept_instant,
    accept_member,
    accept_number,
    accept_text,
    accept_whole,
)
from .types import (
    Accepting,
    Dimension,
    LabelFilter,
    MetricResult,
    MissingChunk,
    RangeAnswer,
    Series,
    Tagged,
    accept_record,
    accept_tagged,
)

if TYPE_CHECKING:
    from pandas import DataFrame


class Direction(StrEnum):
    """On which side of a band."""

    BOTH = "both"
    ABOVE = "above"
    BELOW = "below"


class Strategy(StrEnum):
    """How what is expected is learnt."""

    SEASONAL = "seasonal"
    """From the values at the same time of the seasons before. Needs two seasons."""
    ROBUST = "robust"
    """From all values of the lookback. For what has no season."""
    ADAPTIVE = "adaptive"
    """By the rules of Grafana's `promql-anomaly-detection`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A group over the whole range."""

    labels: dict[str, str]
    points: int
    """Points that have a value, those that are not a number among them."""
    asked: int
    """Points that were asked for. More than `points`: the group came, went, or was not scraped."""
    not_numbers: int
    """Values that are not a number, which are left out of all that follows."""
    first: float
    last: float
    min: float
    max: float
    avg: float
    """The mean of the values, while there were any."""
    quantiles: dict[float, float]
    """By the part that was asked for, such as 0.95."""
    total: float | None
    """Value times time over the range, in `SummaryAnswer.total_unit`. None: it has no meaning."""


@dataclass(frozen=True, slots=True)
class SummaryAnswer:
    """The groups over the whole range."""

    answer: MetricResult
    """What was asked, without series."""
    total_unit: str | None
    """`byte-seconds`, `millicore-seconds`, `bytes`, … None: there are no totals, or the metric is not known."""
    summaries: list[Summary]
    """In the order of their labels."""
    missing: list[MissingChunk]
    """The chunks that failed. Empty: the answer is whole."""

    def to_frame(self, unit: str | None = None) -> DataFrame:
        """One row a group, named by its labels, values in `unit`. See `metric_service.frame`."""
        from .frame import summary_frame

        return summary_frame(self, unit)


@dataclass(frozen=True, slots=True)
class Score(Tagged):
    """What groups are ranked by."""

    AVG: ClassVar[Score]
    MAX: ClassVar[Score]
    MIN: ClassVar[Score]
    LAST: ClassVar[Score]
    TOTAL: ClassVar[Score]
    """As `Summary.total`."""

    @staticmethod
    def quantile(part: float) -> Score:
        """A quantile of their values, a part from 0 to 1."""
        return Score("quantile", accept_number("ranking.score", part))

    @classmethod
    def of(cls, given: Score | str) -> Score:
        """A score, or its name."""
        return accept_tagged("ranking.score", given, cls, (cls.AVG, cls.MAX, cls.MIN, cls.LAST, cls.TOTAL))


Score.AVG, Score.MAX, Score.MIN = Score("avg"), Score("max"), Score("min")
Score.LAST, Score.TOTAL = Score("last"), Score("total")


@dataclass(frozen=True, slots=True)
class Ranking(Accepting):
    """How groups are ranked."""

    score: Score | str
    k: int | None = None
    """How many are wanted, 1 to 100. None: 5."""
    lowest: bool = False
    """The lowest scores first."""
    others: bool = False
    """Whether the sum of all other groups is wanted. Refused where groups do not add up."""

    def __post_init__(self) -> None:
        self._keep(
            score=Score.of(self.score),
            k=accept_whole("ranking.k", self.k, U32),
            lowest=accept_flag("ranking.lowest", self.lowest),
            others=accept_flag("ranking.others", self.others),
        )

    @classmethod
    def of(cls, given: Ranking | Score | str) -> Ranking:
        """A ranking, or what it is by."""
        return given if isinstance(given, Ranking) else cls(given)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The groups that matter."""

    answer: RangeAnswer
    """Their series in the order of rank."""
    scores: list[float]
    """In the same order. A group whose score is not a number comes last."""
    score_unit: str | None
    """None: the catalogue does not know the metric."""
    groups: int
    """How many groups there were."""
    others: Series | None
    """The sum of all other groups, without labels. None: it was not wanted, or there are no others."""

    def to_frame(self) -> DataFrame:
        """One row a group in the order of rank, named by its labels, with its score. The series are those of
        `answer.answer.to_frame()`.
        """
        from .frame import ranked_frame

        return ranked_frame(self)


@dataclass(frozen=True, slots=True)
class Tolerance(Accepting):
    """Which deviations count."""

    sensitivity: float | None = None
    """Half the width of the band, in deviations. None: 3, for the strategy `adaptive` 2."""
    direction: Direction | str = Direction.BOTH
    min_deviation: float | None = None
    """A smaller deviation than this does not count, in the unit of the values. None: 0."""
    min_relative_deviation: float | None = None
    """Nor does a smaller one than this part of what is expected. None: 0.1, for the strategy `adaptive` 0."""
    min_points: int | None = None
    """Points in a row on one side of the band that make an anomaly. None: 3."""

    def __post_init__(self) -> None:
        self._keep(
            sensitivity=accept_number("tolerance.sensitivity", self.sensitivity),
            direction=accept_member("tolerance.direction", self.direction, Direction),
            min_deviation=accept_number("tolerance.min-deviation", self.min_deviation),
            min_relative_deviation=accept_number("tolerance.min-relative-deviation", self.min_relative_deviation),
            min_points=accept_whole("tolerance.min-points", self.min_points, U32),
        )


@dataclass(frozen=True, slots=True)
class Detection(Accepting):
    """What is watched for."""

    strategy: Strategy | str | None = None
    """None: `seasonal` for series that have values in two seasons of the lookback, else `robust`."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    lookback: Duration | None = None
    """Seconds before each point that are learnt from. None: by the strategy."""
    season: Duration | None = None
    """Seconds of a season, a multiple of the step. None: 86400, a day."""

    def __post_init__(self) -> None:
        if self.strategy is not None:
            self._keep(strategy=accept_member("detection.strategy", self.strategy, Strategy))
        self._keep(
            tolerance=accept_record("tolerance", self.tolerance, Tolerance),
            lookback=accept_duration("detection.lookback", self.lookback, U32),
            season=accept_duration("detection.season", self.season, U32),
        )


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Points in a row outside of the band."""

    start: int
    """The first of them, Unix milliseconds."""
    end: int
    """The last of them."""
    above: bool
    """Whether they are above the band."""
    peak_at: int
    """The point that is farthest out."""
    peak: float
    """Its value."""
    expected: float
    """What was expected there."""
    score: float
    """How far out it is, in distances from what was expected to the edge of the band: above 1 is outside."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A series, and what was expected of it. The columns are equally long."""

    labels: dict[str, str]
    timestamps: list[int]
    """Unix milliseconds, ascending."""
    values: list[float]
    expected: list[float]
    """Not a number: too little was known for a verdict."""
    lower: list[float]
    """The lower edge of the band, likewise."""
    upper: list[float]
    """The upper edge of the band, likewise."""
    anomalies: list[Anomaly]
    """In the order of time."""
    learnt: int
    """Of anomalies: how many values were learnt from. Of outliers: the most members that were compared at a point."""
    strategy: Strategy | None
    """None: the members were compared with one another."""


Column = Literal["values", "expected", "lower", "upper"]


@dataclass(frozen=True, slots=True)
class WatchAnswer:
    """What was watched."""

    answer: MetricResult
    """What was asked, without series."""
    watched: list[Watched]
    """In the order of their labels."""
    missing: list[MissingChunk]
    """The chunks that failed, those of the lookback among them. Empty: the answer is whole."""

    def result(self, column: Column = "values") -> MetricResult:
        """The values, what was expected, or an edge of the band, as the answer to a query."""
        series = [Series(one.labels, one.timestamps, getattr(one, column)) for one in self.watched]
        return dataclasses.replace(self.answer, series=series)

    def to_frame(self, unit: str | None = None) -> DataFrame:
        """One row a step, four columns a series: `values`, `expected`, `lower`, `upper`. See `metric_service.frame`."""
        from .frame import watch_frame

        return watch_frame(self, unit)

    def anomaly_frame(self) -> DataFrame:
        """One row an anomaly, named by the labels of its series. See `metric_service.frame`."""
        from .frame import anomaly_frame

        return anomaly_frame(self)


@dataclass(frozen=True, slots=True)
class ValueSource(Tagged):
    """Whose values are wanted."""

    @staticmethod
    def dimension(dimension: Dimension | str) -> ValueSource:
        """A dimension's, under the configured label schema."""
        return ValueSource("dimension", accept_member("source", dimension, Dimension))

    @staticmethod
    def label(name: str) -> ValueSource:
        """A label's, by its name."""
        return ValueSource("label", accept_text("source", name))

    @classmethod
    def of(cls, given: ValueSource | Dimension | str) -> ValueSource:
        """A source, or a dimension. A label has to be called one: `ValueSource.label("job")`."""
        return given if isinstance(given, ValueSource) else cls.dimension(given)


@dataclass(frozen=True, slots=True)
class ValueFilter(Accepting):
    """Which values are wanted."""

    metric_name: str | None = None
    """Of this metric only."""
    labels: LabelFilter | Mapping[str, Any] | None = field(default_factory=LabelFilter)
    """Of these series only."""
    start: Instant | None = None
    """The first instant. None, as `end` is then: of all times, as far as the server keeps them."""
    end: Instant | None = None
    limit: int | None = None
    """The most that are wanted, 1 to 10000. None: 1000."""

    def __post_init__(self) -> None:
        self._keep(
            metric_name=None if self.metric_name is None else accept_text("filter.metric-name", self.metric_name),
            labels=LabelFilter.of(self.labels),
            start=None if self.start is None else accept_instant("filter.start", self.start),
            end=None if self.end is None else accept_instant("filter.end", self.end),
            limit=accept_whole("filter.limit", self.limit, U32),
        )


@dataclass(frozen=True, slots=True)
class ValueAnswer(Sequence[str]):
    """The values, sorted by their bytes, each once: a sequence of them, and what there is to say."""

    values: list[str]
    more: bool
    """Whether there are more than were wanted."""
    warnings: list[str]
    infos: list[str]
    partial: bool
    """Whether values may be missing. Only where `Config.partial` accepts that."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)
