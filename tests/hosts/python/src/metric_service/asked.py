"""The verbs of ranges, insight and decisions: the arguments of each, checked, and how its answer is read.

A verb is one function here. Who asks (`verbs`, `over_asyncio`, `over_httpx`) gives it a name and a signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .accept import Identifier, Moment, accept_finite, accept_identifiers, accept_member, accept_moment
from .decisions import (
    InstantAnswer,
    Judgement,
    LiveAnswer,
    LiveOptions,
    MetricQuestion,
    Outline,
    Preset,
    PresetArguments,
    PresetRange,
    Question,
    Run,
)
from .documents import read
from .doors import accept_status, outcome
from .errors import MetricServiceError
from .families import DerivedAnswer, DerivedQuery, Family, FamilyQuery
from .insight import (
    Detection,
    Ranked,
    Ranking,
    Score,
    SummaryAnswer,
    Tolerance,
    ValueAnswer,
    ValueFilter,
    ValueSource,
    WatchAnswer,
)
from .types import (
    Dimension,
    HttpRequest,
    MetricQuery,
    MetricResult,
    RangeAnswer,
    RangeOptions,
    RangePlan,
    accept_record,
    accept_records,
)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """A call: the verb and its arguments but for the configuration, by the names of the JSON interface."""

    verb: str
    arguments: dict[str, Any]
    read: Callable[[Any], Answer]
    """Reads the document that is answered."""


def _asked(verb: str, kind: type[Answer], **arguments: Any) -> Asked[Answer]:
    return Asked(verb, arguments, lambda document: read(kind, document))


def _each(kind: type[Answer]) -> Callable[[Any], list[Answer | MetricServiceError]]:
    """Reads the answers of a batch, an exception in the place of one that failed."""

    def outcomes(documents: Any) -> list[Answer | MetricServiceError]:
        answers = map(outcome, documents)
        return [one if isinstance(one, MetricServiceError) else read(kind, one) for one in answers]

    return outcomes


def plan(query: MetricQuery, options: RangeOptions | None) -> Asked[RangePlan]:
    return _asked("plan", RangePlan, query=query, options=options)


def query_range(query: MetricQuery, options: RangeOptions | None) -> Asked[RangeAnswer]:
    return _asked("query-range", RangeAnswer, query=query, options=options)


def query_batch(
    queries: Sequence[MetricQuery], options: RangeOptions | None
) -> Asked[list[RangeAnswer | MetricServiceError]]:
    return Asked("query-batch", {"queries": list(queries), "options": options}, _each(RangeAnswer))


def summarize(query: MetricQuery, quantiles: Iterable[float], options: RangeOptions | None) -> Asked[SummaryAnswer]:
    parts = [accept_finite("quantiles", part) for part in quantiles]
    return _asked("summarize", SummaryAnswer, query=query, quantiles=parts, options=options)


def rank(query: MetricQuery, ranking: Ranking | Score | str, options: RangeOptions | None) -> Asked[Ranked]:
    return _asked("rank", Ranked, query=query, ranking=Ranking.of(ranking), options=options)


def find_anomalies(query: MetricQuery, detection: Detection | None, options: RangeOptions | None) -> Asked[WatchAnswer]:
    return _asked("find-anomalies", WatchAnswer, query=query, detection=detection, options=options)


def find_outliers(
    query: MetricQuery, member: Dimension | str, tolerance: Tolerance | None, options: RangeOptions | None
) -> Asked[WatchAnswer]:
    told_apart = accept_member("member", member, Dimension)
    return _asked("find-outliers", WatchAnswer, query=query, member=told_apart, tolerance=tolerance, options=options)


def values(source: ValueSource | Dimension | str, wanted: ValueFilter | None) -> Asked[ValueAnswer]:
    return _asked("values", ValueAnswer, source=ValueSource.of(source), filter=wanted)


def query_live_stats(
    by: Dimension | str, ids: Iterable[Identifier] | Identifier, options: LiveOptions | None
) -> Asked[LiveAnswer]:
    named_by = accept_member("by", by, Dimension)
    return _asked("query-live-stats", LiveAnswer, by=named_by, ids=accept_identifiers("ids", ids), options=options)


def check_preset(preset: Preset | str) -> Asked[Outline]:
    return _asked("preset-check", Outline, preset=Preset.of(preset))


def render_preset(preset: Preset | str, arguments: PresetArguments | None) -> Asked[str]:
    return _asked("preset-render", str, preset=Preset.of(preset), arguments=arguments)


def execute_preset(
    preset: Preset | str, arguments: PresetArguments | None, when: Moment | PresetRange | None
) -> Asked[InstantAnswer]:
    """A range is the codec's alone: there it is one request."""
    time = {"range": when} if isinstance(when, PresetRange) else {"at": accept_moment("at", when)}
    return _asked("preset-execute", InstantAnswer, preset=Preset.of(preset), arguments=arguments, **time)


def execute_preset_range(
    preset: Preset | str, arguments: PresetArguments | None, span: PresetRange, options: RangeOptions | None
) -> Asked[RangeAnswer]:
    return _asked(
        "preset-execute-range",
        RangeAnswer,
        preset=Preset.of(preset),
        arguments=arguments,
        range=span,
        options=options,
    )


def evaluate(preset: Preset | str, question: Question) -> Asked[list[Judgement]]:
    return _asked("evaluate", list[Judgement], preset=Preset.of(preset), question=question)


def execute_preset_batch(
    runs: Iterable[Run], options: RangeOptions | None
) -> Asked[list[InstantAnswer | RangeAnswer | MetricServiceError]]:
    def each(documents: Any) -> list[InstantAnswer | RangeAnswer | MetricServiceError]:
        return [_run_answer(outcome(document)) for document in documents]

    return Asked("preset-execute-batch", {"runs": accept_records("runs", runs, Run), "options": options}, each)


def _run_answer(answer: Any) -> InstantAnswer | RangeAnswer | MetricServiceError:
    if isinstance(answer, MetricServiceError):
        return answer
    return read(RangeAnswer, answer["range"]) if "range" in answer else read(InstantAnswer, answer["instant"])


def evaluate_metric(question: MetricQuestion) -> Asked[list[Judgement]]:
    return _asked("evaluate-metric", list[Judgement], question=accept_record("question", question, MetricQuestion))


def check_families(families: Iterable[Family]) -> Asked[None]:
    return _asked("family-check", type(None), families=accept_records("families", families, Family))


def build_family_promql(query: FamilyQuery) -> Asked[str]:
    return _asked("family-promql", str, query=_of_family(query))


def query_family(query: FamilyQuery, options: RangeOptions | None) -> Asked[RangeAnswer]:
    return _asked("query-family", RangeAnswer, query=_of_family(query), options=options)


def query_families(
    queries: Iterable[FamilyQuery], options: RangeOptions | None
) -> Asked[list[RangeAnswer | MetricServiceError]]:
    arguments = {"queries": accept_records("queries", queries, FamilyQuery), "options": options}
    return Asked("query-families", arguments, _each(RangeAnswer))


def query_derived(query: DerivedQuery, options: RangeOptions | None) -> Asked[DerivedAnswer]:
    def whole(document: Any) -> DerivedAnswer:
        # The range's answer lies flat in the document.
        return DerivedAnswer(read(RangeAnswer, document), document["missing_sides"], document["zero_divisors"])

    arguments = {"derived": accept_record("query", query, DerivedQuery), "options": options}
    return Asked("query-derived", arguments, whole)


def family_request(query: FamilyQuery) -> Asked[HttpRequest]:
    """The codec's alone, as `family_response`: there a family is one request."""
    return _asked("family-request", HttpRequest, query=_of_family(query))


def family_response(query: FamilyQuery, status: int) -> Asked[MetricResult]:
    return _asked("family-response", MetricResult, query=_of_family(query), status=accept_status(status))


def _of_family(query: FamilyQuery) -> FamilyQuery:
    return accept_record("query", query, FamilyQuery)
