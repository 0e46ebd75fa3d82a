"""Families and derived metrics against a real Prometheus, held to the queries of the containers that they repeat."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from conftest import END, START

from metric_service import (
    AsyncMetricService,
    Codec,
    Config,
    Derivation,
    DerivedQuery,
    Family,
    FamilyKind,
    FamilyOver,
    FamilyQuery,
    FamilyStatistic,
    InvalidArgument,
    LabelValues,
    MetricQuery,
    MetricService,
    MetricServiceError,
    OverTime,
    Plugin,
    RangeAnswer,
    RangeOptions,
    Side,
    Statistic,
)
from metric_service.over_httpx import AsyncHttpxService, HttpxService

# The containers' own series, as what a family is: the numbers are known from the other verbs.
CONTAINERS = Family(
    "backendai_container_utilization", "gauge", "bytes", labels=["kernel_id", "container_metric_name", "value_type"]
)
STEP = timedelta(minutes=10)


def of_containers(metric: str, value_type: str, **others: Any) -> FamilyQuery:
    filters = {"container_metric_name": metric, "value_type": value_type, "kernel_id": None}
    return FamilyQuery(CONTAINERS, START, END, STEP, filters, "kernel_id", **others)


USED = of_containers("mem", "current")
SAME = MetricQuery("mem", START, END, STEP, {"value_type": "current"}, ["kernel_id"])
LIMIT = MetricQuery("mem", START, END, STEP, {"value_type": "capacity"}, ["kernel_id"])
ODD = Family("a b", FamilyKind.COUNTER)


@pytest.fixture
def over_httpx(codec: Codec) -> Iterator[HttpxService]:
    with httpx.Client(trust_env=False) as client:
        yield HttpxService(codec, client)


def points(answer: RangeAnswer) -> dict[str, list[tuple[int, float]]]:
    """The points of each kernel."""
    series = answer.answer.series
    return {one.labels["kernel_id"]: list(zip(one.timestamps, one.values, strict=True)) for one in series}


def test_families_are_checked_and_their_promql_built_without_a_request(
    service_plugin: Plugin, codec_plugin: Plugin
) -> None:
    nobody = Config("127.0.0.1:1")
    latency = Family("latency_seconds", "NATIVE_HISTOGRAM", "s", former_names="old_seconds", description="of answers")
    slowest = FamilyQuery(latency, START, END, 60, [LabelValues("model", 'a"}')], "zone", FamilyStatistic.quantile(0.9))
    for verbs in (MetricService(service_plugin, nobody), Codec(codec_plugin, nobody)):
        verbs.check_families([CONTAINERS, latency])
        with pytest.raises(InvalidArgument, match="described twice"):
            verbs.check_families([latency, latency])
        promql = verbs.build_family_promql(slowest)
        assert promql.startswith("histogram_quantile(0.9, sum by (zone)(") and r'model="a\"}"' in promql
        assert "latency_seconds{" in promql and "old_seconds{" in promql
        over = FamilyQuery(CONTAINERS, START, END, 60, statistic="max", over_time=OverTime("min", timedelta(hours=1)))
        assert (
            verbs.build_family_promql(over) == "min_over_time((max(backendai_container_utilization))[59m59s999ms:15s])"
        )
        pooled = OverTime(Statistic.quantile(0.5), over=FamilyOver.both("kernel_id"))
        assert verbs.build_family_promql(FamilyQuery(CONTAINERS, START, END, 60, over_time=pooled)) == (
            "sum by (kernel_id)(backendai_container_utilization)"
        )
        # A label is no name of the contract, whose `_` and `-` are the same.
        with pytest.raises(InvalidArgument, match="kernel-id") as caught:
            verbs.build_family_promql(FamilyQuery(CONTAINERS, START, END, group_by="kernel-id"))
        assert caught.value.field == "group-by"
        with pytest.raises(InvalidArgument, match="kernel-id") as caught:
            members = OverTime("max", over=FamilyOver.members("kernel-id"))
            verbs.build_family_promql(FamilyQuery(CONTAINERS, START, END, over_time=members))
        assert caught.value.field == "over-time.over"
        with pytest.raises(InvalidArgument, match="a b"):
            verbs.check_families([ODD])


def test_a_family_is_read_as_the_metric_that_it_is(service: MetricService, over_httpx: HttpxService) -> None:
    whole = service.query_family(USED, RangeOptions(interval=3600))
    assert not whole.missing and points(whole) == points(service.query_range(SAME)) != {}
    assert (whole.answer.metric_type, whole.answer.unit, whole.answer.step) == ("gauge", "bytes", 600)
    assert over_httpx.query_family(USED) == whole.answer
    frame = whole.answer.to_frame("GiB")
    assert frame.attrs["unit"] == "GiB" and frame.columns.names == ["kernel_id"]
    first = whole.answer.series[0]
    assert frame.iloc[0, 0] == first.values[0] / 2**30


def test_many_families_have_an_answer_or_an_exception_each(service: MetricService) -> None:
    largest = of_containers("mem", "current", statistic="max")
    answers = service.query_families([USED, FamilyQuery(ODD, START, END), largest], RangeOptions(concurrency=2))
    assert answers[0] == service.query_family(USED)
    assert isinstance(answers[1], InvalidArgument) and answers[1].field == "family.name"
    assert isinstance(answers[2], RangeAnswer) and answers[2].answer.promql.startswith("max by (kernel_id)(")
    assert service.query_families([]) == []


def test_what_is_derived_is_what_becomes_of_both_queries(service: MetricService) -> None:
    used, limit = points(service.query_family(USED)), points(service.query_range(LIMIT))
    part = service.query_derived(DerivedQuery([USED, LIMIT], "percent"), RangeOptions(interval=3600))
    assert part.answer.answer.unit == "percent" and (part.missing_sides, part.zero_divisors) == (0, 0)
    for kernel, values in points(part.answer).items():
        expected = [(at, 100 * value / dict(limit[kernel])[at]) for at, value in used[kernel]]
        assert [at for at, _ in values] == [at for at, _ in expected]
        np.testing.assert_allclose([value for _, value in values], [value for _, value in expected], rtol=1e-12)
    frame = part.to_frame("fraction")
    assert frame.attrs["unit"] == "fraction" and (frame.attrs["missing_sides"], frame.attrs["zero_divisors"]) == (0, 0)
    assert frame.max().max() <= 1
    half = service.query_derived(DerivedQuery([USED], Derivation.scale(0.5), "half bytes"))
    assert half.answer.answer.unit == "half bytes"
    assert points(half.answer) == {kernel: [(at, value / 2) for at, value in one] for kernel, one in used.items()}
    nothing = service.query_derived(DerivedQuery([USED, of_containers("mem", "none")], Derivation.DIFFERENCE))
    assert nothing.answer.answer.series == [] and nothing.missing_sides == sum(map(len, used.values()))


def test_each_verb_of_families_is_there_for_asyncio(service: MetricService, codec: Codec) -> None:
    derived = DerivedQuery([USED, LIMIT], "ratio")

    async def together() -> list[Any]:
        alone = AsyncMetricService(service)
        async with httpx.AsyncClient(trust_env=False) as client:
            return await asyncio.gather(
                alone.check_families([CONTAINERS]),
                alone.build_family_promql(USED),
                alone.query_family(USED),
                alone.query_families([USED]),
                alone.query_derived(derived),
                AsyncHttpxService(codec, client).query_family(USED),
            )

    whole = service.query_family(USED)
    promql = service.build_family_promql(USED)
    assert asyncio.run(together()) == [None, promql, whole, [whole], service.query_derived(derived), whole.answer]


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("family.name", lambda: Family(5, "gauge")),  # type: ignore[arg-type]
        ("family.kind", lambda: Family("f", "level")),
        ("family.unit", lambda: Family("f", "gauge", 5)),  # type: ignore[arg-type]
        ("family.former-names", lambda: Family("f", "gauge", former_names=[5])),  # type: ignore[list-item]
        ("family.description", lambda: Family("f", "gauge", description=None)),  # type: ignore[arg-type]
        ("family.labels", lambda: Family("f", "gauge", labels=5)),  # type: ignore[arg-type]
        ("family.intensive", lambda: Family("f", "gauge", intensive=1)),  # type: ignore[arg-type]
        ("family", lambda: FamilyQuery("f", START, END)),  # type: ignore[arg-type]
        ("step", lambda: FamilyQuery(ODD, START, END, 1.5)),  # type: ignore[arg-type]
        ("filters.a", lambda: FamilyQuery(ODD, START, END, filters={"a": 5})),  # type: ignore[dict-item]
        ("filters", lambda: FamilyQuery(ODD, START, END, filters=["a"])),  # type: ignore[list-item]
        ("group-by", lambda: FamilyQuery(ODD, START, END, group_by=[5])),  # type: ignore[list-item]
        ("statistic", lambda: FamilyQuery(ODD, START, END, statistic="median")),
        ("statistic", lambda: FamilyStatistic.quantile(float("nan"))),
        ("over-time", lambda: FamilyQuery(ODD, START, END, over_time="max")),  # type: ignore[arg-type]
        ("over-time.statistic", lambda: OverTime("median")),
        ("over-time.window", lambda: OverTime("max", -1)),
        ("over-time.over", lambda: OverTime("max", over="both")),
        ("over-time.over", lambda: OverTime("max", over=FamilyOver.both(5))),  # type: ignore[arg-type]
        ("utc-offset", lambda: FamilyQuery(ODD, START, END, utc_offset=2**31)),
        ("sides", lambda: DerivedQuery([CONTAINERS], "sum")),  # type: ignore[list-item]
        ("sides", lambda: DerivedQuery(USED, "sum")),  # type: ignore[arg-type]
        ("derivation", lambda: DerivedQuery([USED], "product")),
        ("derivation", lambda: Derivation.scale(None)),  # type: ignore[arg-type]
        ("unit", lambda: DerivedQuery([Side.of(USED)], "ratio", 5)),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(field: str, make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.field == field and caught.value.reason


def test_what_is_no_query_is_refused_before_it_is_sent(service_plugin: Plugin, codec_plugin: Plugin) -> None:
    service, codec = MetricService(service_plugin, "127.0.0.1:1"), Codec(codec_plugin, "127.0.0.1:1")
    calls: list[Callable[[Any], Any]] = [
        service.query_family,
        service.query_families,
        service.query_derived,
        service.build_family_promql,
        codec.build_family_promql,
        codec.family_request,
        service.check_families,
        codec.check_families,
    ]
    for call in calls:
        with pytest.raises(MetricServiceError) as caught:
            call(SAME)
        assert isinstance(caught.value, InvalidArgument) and caught.value.field in ("query", "queries", "families")
