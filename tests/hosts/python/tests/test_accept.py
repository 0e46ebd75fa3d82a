"""What Python's callers have goes through every way in alike: both doors, `call`, and the codec."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from metric_service import (
    Backend,
    Codec,
    Config,
    Dimension,
    InvalidArgument,
    InvalidTimeRange,
    LabelFilter,
    LabelSchema,
    Limits,
    MetricQuery,
    MetricService,
    MetricServiceError,
    MetricType,
    Over,
    Plugin,
    Pointwise,
    RangeOptions,
    RequestMethod,
    Statistic,
    ValueType,
)

ID = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def query(**fields: Any) -> MetricQuery:
    return MetricQuery("mem", **{"start": "2026-01-05", "end": "2026-01-05T01:00:00Z", **fields})


@pytest.fixture
def ways(service_plugin: Plugin, codec_plugin: Plugin) -> list[Callable[[Any, MetricQuery], str]]:
    """The ways to have a query built, from a configuration and a query to PromQL and times."""

    def codec(door: Any) -> Callable[[Any, MetricQuery], str]:
        return lambda config, asked: Codec(codec_plugin, config, door=door).metric_request(asked).body

    def service(door: Any) -> Callable[[Any, MetricQuery], str]:
        return lambda config, asked: MetricService(service_plugin, config, door=door).build_promql(asked)

    return [
        codec("json"),
        codec("typed"),
        service("json"),
        service("typed"),
        lambda config, asked: str(MetricService(service_plugin, config).call("build-promql", {"query": asked})),
    ]


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"labels": LabelFilter(kernel_id=ID)}, {"labels": LabelFilter(kernel_id=str(ID))}),
        ({"labels": LabelFilter(user_id=np.array(["a", "b"]))}, {"labels": LabelFilter(user_id=["a", "b"])}),
        ({"labels": {"kernel_id": [ID], "value_type": "current"}}, None),
        ({"labels": None}, {}),
        ({"labels": LabelFilter(value_type="CURRENT")}, {"labels": LabelFilter(value_type=ValueType.CURRENT)}),
        ({"group_by": ["kernel_id"]}, {"group_by": [Dimension.KERNEL_ID]}),
        ({"group_by": ["kernel-id"]}, {"group_by": [Dimension.KERNEL_ID]}),
        ({"group_by": "KERNEL_ID"}, {"group_by": [Dimension.KERNEL_ID]}),
        ({"group_by": np.array(["kernel_id"])}, {"group_by": [Dimension.KERNEL_ID]}),
        ({"group_by": (each for each in [Dimension.USER_ID])}, {"group_by": [Dimension.USER_ID]}),
        ({"group_by": None}, {"group_by": []}),
        ({"metric_type": "rate"}, {"metric_type": MetricType.RATE}),
        ({"step": np.int64(60)}, {"step": 60}),
        ({"step": timedelta(minutes=1)}, {"step": 60}),
        ({"step": np.timedelta64(1, "m")}, {"step": 60}),
        ({"utc_offset": timedelta(hours=-5)}, {"utc_offset": -18000}),
        (
            {"pointwise": Pointwise("max", "time", timedelta(hours=1)), "step": 3600},
            {"pointwise": Pointwise(Statistic.MAX, Over.TIME, 3600), "step": 3600},
        ),
        (
            {"pointwise": Pointwise(Statistic.quantile(np.float32(0.5)), Over.members("kernel_id"))},
            {"pointwise": Pointwise(Statistic.quantile(0.5), Over.members(Dimension.KERNEL_ID))},
        ),
    ],
)
def test_a_value_is_taken_for_what_it_says(
    ways: list[Callable[[Any, MetricQuery], str]], given: dict[str, Any], plain: dict[str, Any] | None
) -> None:
    config = Config("127.0.0.1:9090")
    asked, same = query(**given), None if plain is None else query(**plain)
    assert same is None or asked == same
    told = [way(config, asked) for way in ways]
    assert told[0] == told[1] and len(set(told[2:])) == 1


@pytest.mark.parametrize(
    "instant",
    [
        np.int64(1_767_571_200),
        np.float64(1_767_571_200.0),
        np.datetime64("2026-01-05"),
        np.datetime64("2026-01-05T00:00:00.000000000"),
        pd.Timestamp("2026-01-05", tz="UTC"),
        date(2026, 1, 5),
        datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Seoul")),
        Decimal("1767571200"),
        1_767_571_200,
        1_767_571_200.0,
        "2026-01-05",
    ],
    ids=repr,
)
def test_an_instant_is_the_same_in_each_form(codec: Codec, instant: Any) -> None:
    assert "start=1767571200&" in codec.metric_request(query(start=instant)).body


def test_local_time_of_before_the_railways_has_no_seconds_in_its_offset() -> None:
    early = datetime(1900, 1, 5, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert query(start=early).start == early.astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    "instant", [True, None, float("nan"), float("inf"), b"2026-01-05", pd.NaT, np.datetime64("NaT")]
)
def test_what_is_no_instant_is_refused(instant: Any) -> None:
    with pytest.raises(InvalidTimeRange, match="not a time"):
        query(start=instant)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("step", lambda: query(step=60.0)),
        ("step", lambda: query(step=timedelta(milliseconds=1500))),
        ("step", lambda: query(step=np.int64(-1))),
        ("group-by", lambda: query(group_by=["kernelid"])),
        ("group-by", lambda: query(group_by=5)),
        ("metric-type", lambda: query(metric_type="nope")),
        ("metric-name", lambda: MetricQuery(None, 0, 60)),  # type: ignore[arg-type]
        ("metric-name", lambda: MetricQuery("\ud800", 0, 60)),
        ("labels.kernel-id", lambda: LabelFilter(kernel_id=5)),  # type: ignore[arg-type]
        ("labels.kernel-id", lambda: LabelFilter(kernel_id=["a\udc00"])),
        ("labels.value-type", lambda: LabelFilter(value_type="currentt")),
        ("labels.projectID", lambda: query(labels={"projectID": "7c6d"})),
        ("pointwise.statistic", lambda: Pointwise("middle", Over.TIME)),
        ("pointwise.over", lambda: Over.members("kernel")),
        ("config.address", lambda: Config("\ud800")),
        ("config.timewindow", lambda: Config("h:1", timewindow=300)),  # type: ignore[arg-type]
        ("config.label-schema", lambda: Config("h:1", label_schema="x")),
        ("config.timeout", lambda: Config("h:1", timeout=-1)),
        ("config.max-result-bytes", lambda: Config("h:1", max_result_bytes=-1)),
        ("config.partial", lambda: Config("h:1", partial=1)),  # type: ignore[arg-type]
        ("options.concurrency", lambda: RangeOptions(concurrency=-1)),
        ("limits.memory-bytes", lambda: Limits(memory_bytes=-1)),
        ("limits.compute-seconds", lambda: Limits(compute_seconds=-5)),
        ("limits.compute-seconds", lambda: Limits(compute_seconds=float("inf"))),
        ("limits.compute-seconds", lambda: Limits(compute_seconds=float("nan"))),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(field: str, make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.field == field and caught.value.reason


def test_a_configuration_takes_names_and_durations() -> None:
    config = Config(
        "h:1",
        timewindow=timedelta(minutes=5),
        label_schema="agent",
        sample_interval=timedelta(seconds=30),
        timeout=timedelta(seconds=5),
        method="get",
        backend="VICTORIA_CLUSTER",
        now=datetime(2026, 1, 5, tzinfo=UTC),
    )
    assert config == Config(
        "h:1", "300000ms", LabelSchema.AGENT, 30, None, None, None, 5000, RequestMethod.GET, Backend.VICTORIA_CLUSTER,
        now=1_767_571_200_000,
    )  # fmt: skip


def test_names_of_metrics_and_value_types_are_checked(codec: Codec, service: MetricService) -> None:
    for verbs in (codec, service):
        assert verbs.detect_metric_type("cpu_util", "CURRENT") is MetricType.DIFF
        with pytest.raises(InvalidArgument, match="value-type"):
            verbs.detect_metric_type("cpu_util", "currentt")
        with pytest.raises(InvalidArgument, match="metric-name"):
            verbs.detect_metric_type(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [-1, 65536, 65736, 200.0, "200", True, None])
def test_a_status_that_is_none_is_refused(codec: Codec, status: Any) -> None:
    with pytest.raises(InvalidArgument, match="status"):
        codec.metric_response(query(), status, "{}")


def test_a_body_may_be_bytes(codec: Codec) -> None:
    body = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
    assert codec.metric_response(query(), 200, body) == codec.metric_response(query(), 200, body.decode())
    with pytest.raises(MetricServiceError, match="not UTF-8"):
        codec.metric_response(query(), 200, b"\xff")
    with pytest.raises(InvalidArgument, match="body"):
        codec.metric_response(query(), 200, None)  # type: ignore[arg-type]
