"""Live stats, presets and verdicts against a real Prometheus, in the process and through httpx."""

import asyncio
import math
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pandas as pd
import pytest
from conftest import END, START, Prometheus

from metric_service import (
    AsyncMetricService,
    Bound,
    Codec,
    Combine,
    Condition,
    Config,
    ConnectionFailed,
    Dimension,
    InstantAnswer,
    InvalidArgument,
    LabelValues,
    LimitExceeded,
    LiveOptions,
    MetricQuery,
    MetricQuestion,
    MetricService,
    PartialAnswer,
    Plugin,
    Pointwise,
    Preset,
    PresetArguments,
    PresetRange,
    Question,
    RangeAnswer,
    RangeOptions,
    Run,
    TimedOut,
    Verdict,
)
from metric_service.over_httpx import AsyncHttpxService, HttpxService

MEM = 'backendai_container_utilization{container_metric_name="mem",value_type="current",${{labels}}}'
PRESET = Preset(f"sum by (${{{{group_by}}}})({MEM})", group_labels="kernel_id", unit="bytes")
AT = END * 1000


@pytest.fixture
def over_httpx(codec: Codec) -> Any:
    with httpx.Client(trust_env=False) as client:
        yield HttpxService(codec, client)


def latest(service: MetricService, kernels: list[str]) -> list[float]:
    """The last point of each kernel, as a query gives it."""
    labels = {"value_type": "current", "kernel_id": kernels}
    return [one.values[-1] for one in service.query_metric(MetricQuery("mem", START, END, 60, labels=labels)).series]


def test_live_stats_are_the_same_in_the_process_and_through_httpx(
    service: MetricService, over_httpx: HttpxService, prometheus: Prometheus
) -> None:
    kernels = prometheus.kernels()[:2]
    options = LiveOptions(at=AT, window=timedelta(minutes=10), metrics=["mem", "net_rx"])
    answer = service.query_live_stats("kernel_id", [*map(UUID, kernels), "gone"], options)
    assert over_httpx.query_live_stats(Dimension.KERNEL_ID, [*kernels, "gone"], options) == answer
    assert answer.missing == ["gone"] and [one.id for one in answer.subjects] == kernels
    memory, received = answer.subjects[0].stats
    assert memory.current == latest(service, kernels)[0] and (memory.unit, memory.samples) == ("bytes", 20)
    assert memory.percent is not None and 0 < memory.percent < 100 and memory.accumulated is None
    assert received.unit == "bytes/s" and received.accumulated is not None and not received.stale


def test_live_stats_are_a_table_with_units_and_times(service: MetricService, prometheus: Prometheus) -> None:
    kernels = prometheus.kernels()[:3]
    answer = service.query_live_stats("kernel_id", [*kernels, "gone"], LiveOptions(at=AT))
    frame = answer.to_frame()
    assert frame.index.names == ["id", "metric"] and len(frame) == 9
    assert frame.loc[(kernels[0], "cpu_util"), "unit"] == "millicores"
    assert frame["at"].iloc[0] == pd.Timestamp(answer.subjects[0].stats[0].at, unit="ms", tz="UTC")
    assert frame.attrs == {"missing": ["gone"], "warnings": [], "partial": False}
    assert service.query_live_stats("kernel_id", "gone", LiveOptions(at=AT)).to_frame().empty


def test_many_subjects_are_a_request_for_each_hundred(codec: Codec, prometheus: Prometheus) -> None:
    kernels = prometheus.kernels()
    ids = [*kernels, *(f"gone-{number}" for number in range(250 - len(kernels)))]
    sent: list[httpx.Request] = []

    async def ask() -> Any:
        async with httpx.AsyncClient(trust_env=False, event_hooks={"request": [counted]}) as client:
            return await AsyncHttpxService(codec, client).query_live_stats("kernel_id", ids, LiveOptions(at=AT))

    async def counted(request: httpx.Request) -> None:
        sent.append(request)

    answer = asyncio.run(ask())
    assert len(sent) == 3 and len(answer.subjects) + len(answer.missing) == 250
    # Of some kernels the last sample is older than the window.
    assert 0 < len(answer.subjects) <= len(kernels)
    with httpx.Client(trust_env=False, event_hooks={"request": [sent.append]}) as client:
        assert HttpxService(codec, client).query_live_stats("kernel_id", ids, LiveOptions(at=AT)) == answer
    assert len(sent) == 6


def test_the_first_request_that_fails_ends_the_others(codec_plugin: Plugin) -> None:
    ended: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        try:
            if b"k1050" in request.content:
                raise httpx.ConnectError("refused")
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return httpx.Response(200)

    async def ask(config: Config) -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            service = AsyncHttpxService(Codec(codec_plugin, config), client)
            await service.query_live_stats("kernel_id", [f"k{number}" for number in range(1000, 1500)])
            raise AssertionError

    with pytest.raises(ConnectionFailed):
        asyncio.run(ask(Config("h:1")))
    assert ended == ["cancelled"] * 4


def test_the_deadline_is_that_of_all_requests_together(codec_plugin: Plugin) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.4)
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": []}})

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            service = AsyncHttpxService(Codec(codec_plugin, Config("h:1", timeout=timedelta(milliseconds=600))), client)
            # Ten requests, of which eight go out at once.
            await service.query_live_stats("kernel_id", [f"k{number}" for number in range(1000)])

    with pytest.raises(TimedOut, match=r"0\.6 s"):
        asyncio.run(ask())


def test_a_preset_is_checked_and_rendered_without_a_request(service_plugin: Plugin, codec_plugin: Plugin) -> None:
    nobody = Config("127.0.0.1:1")
    for verbs in (MetricService(service_plugin, nobody), Codec(codec_plugin, nobody)):
        outline = verbs.check_preset(PRESET)
        assert [placed.placeholder for placed in outline.placeholders] == ["group_by", "labels"]
        assert (outline.selectors, outline.unfiltered) == (1, 0)
        promql = verbs.render_preset(PRESET, PresetArguments({"kernel_id": 'a"} or up{b="'}, ["kernel_id"]))
        assert r'kernel_id="a\"} or up{b=\""' in promql
        assert verbs.render_preset("up{${{labels}}}", PresetArguments({"a": ["x", "y"], "b": None})) == 'up{a=~"x|y"}'
        with pytest.raises(InvalidArgument) as caught:
            verbs.check_preset('m{a="${{labels}}"}')
        assert caught.value.field == "preset.template" and "line 1, column 6" in caught.value.reason
        assert pickle.loads(pickle.dumps(caught.value)).fields == caught.value.fields
        # A label is no name of the contract, whose `_` and `-` are the same.
        with pytest.raises(InvalidArgument, match="kernel-id"):
            verbs.render_preset(PRESET, PresetArguments(group_by="kernel-id"))


def test_a_preset_is_asked_at_an_instant_or_over_a_range(
    service: MetricService, over_httpx: HttpxService, prometheus: Prometheus
) -> None:
    kernels = prometheus.kernels()[:2]
    arguments = PresetArguments([LabelValues("kernel_id", kernels)], "kernel_id")
    now = service.execute_preset(PRESET, arguments, datetime.fromtimestamp(END, UTC))
    assert now == over_httpx.execute_preset(PRESET, arguments, np.datetime64(AT, "ms"))  # type: ignore[arg-type]
    assert [one.values for one in now.series] == [[value] for value in latest(service, kernels)]
    frame = now.to_frame()
    assert frame.index.tolist() == [(kernel,) for kernel in kernels] and frame.attrs["unit"] == "bytes"
    assert frame["time"].iloc[0] == pd.Timestamp(END, unit="s", tz="UTC")
    span = PresetRange(START, datetime.fromtimestamp(END, UTC), timedelta(minutes=10))
    whole = service.execute_preset_range(PRESET, arguments, span, RangeOptions(interval=3600))
    assert not whole.missing and whole.answer.step == 600
    assert over_httpx.execute_preset(PRESET, arguments, span).series == whole.answer.series


def test_a_batch_has_an_answer_or_an_exception_for_each_preset(
    service: MetricService, over_httpx: HttpxService, prometheus: Prometheus
) -> None:
    arguments = PresetArguments({"kernel_id": prometheus.kernels()[:2]}, "kernel_id")
    span = PresetRange(START, datetime.fromtimestamp(END, UTC), timedelta(minutes=10))
    runs = [
        Run(PRESET, arguments, at=AT),
        Run(f"max({MEM.replace('mem', 'none')}) / 2", PresetArguments({"kernel_id": "gone"}), at=date(2026, 1, 5)),
        Run('m{a="${{labels}}"}'),
        Run(PRESET, arguments, range=span),
    ]
    now, nothing, refused, whole = service.execute_preset_batch(runs, RangeOptions(interval=3600, concurrency=2))
    assert now == service.execute_preset(PRESET, arguments, AT) and isinstance(now, InstantAnswer)
    assert now.to_frame().attrs["unit"] == "bytes" and len(now.to_frame()) == 2
    assert isinstance(nothing, InstantAnswer) and nothing.series == []
    assert isinstance(refused, InvalidArgument) and refused.field == "preset.template"
    assert whole == service.execute_preset_range(PRESET, arguments, span, RangeOptions(interval=3600))
    assert isinstance(whole, RangeAnswer) and whole.answer.to_frame("GiB").attrs["unit"] == "GiB"
    # Without I/O each is one request, and over a range as well an answer of the form of an instant.
    *same, over = over_httpx.execute_preset_batch(runs)
    assert same[:2] == [now, nothing] and isinstance(same[2], InvalidArgument) and same[2].fields == refused.fields
    assert over == over_httpx.execute_preset(PRESET, arguments, span)
    assert service.execute_preset_batch([]) == over_httpx.execute_preset_batch([]) == []


def test_a_batch_sends_what_is_the_same_once(codec: Codec, prometheus: Prometheus) -> None:
    sent: list[httpx.Request] = []
    run = Run(PRESET, PresetArguments({"kernel_id": prometheus.kernels()[0]}, "kernel_id"), at=AT)
    with httpx.Client(trust_env=False, event_hooks={"request": [sent.append]}) as client:
        one, other = HttpxService(codec, client).execute_preset_batch([run, run])
    assert one == other and isinstance(one, InstantAnswer) and len(sent) == 1


def test_an_answer_of_a_batch_is_partial_where_that_is_accepted(codec_plugin: Plugin) -> None:
    body = {"status": "success", "isPartial": True, "data": {"resultType": "vector", "result": []}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with httpx.Client(transport=transport) as client:
        verbs = HttpxService(Codec(codec_plugin, Config("h:1")), client)
        (refused,) = verbs.execute_preset_batch([Run("up")])
        (partial,) = verbs.execute_preset_batch([Run("up")], partial=True)
    assert isinstance(refused, PartialAnswer)
    assert isinstance(partial, InstantAnswer) and partial.partial


def test_a_verdict_by_a_metric_is_that_of_a_preset(
    service: MetricService, over_httpx: HttpxService, prometheus: Prometheus
) -> None:
    subjects = [UUID(prometheus.kernels()[0]), "gone"]
    above = Condition(Bound.above(1), 300)
    question = MetricQuestion("mem", "KERNEL_ID", subjects, "max", {"value_type": "current"}, at=AT, condition=above)
    told, gone = service.evaluate_metric(question)
    assert over_httpx.evaluate_metric(question) == [told, gone]
    assert [told, gone] == service.evaluate(PRESET, Question("kernel_id", subjects, "max", at=AT, condition=above))
    assert (told.verdict, told.decision, gone.verdict) == (Verdict.VALUE, True, Verdict.NO_DATA)
    most = Pointwise("max", "time", timedelta(hours=1))
    (high,) = service.evaluate_metric(
        MetricQuestion(
            "mem", Dimension.KERNEL_ID, subjects[:1], Combine.MAX, {"value_type": "current"}, pointwise=most, at=AT
        )
    )
    assert high.value is not None and told.value is not None and high.value >= told.value


def test_a_verdict_is_the_same_in_the_process_and_through_httpx(
    service: MetricService, over_httpx: HttpxService, prometheus: Prometheus
) -> None:
    kernel = prometheus.kernels()[0]
    question = Question("kernel_id", [kernel, "gone"], "MAX", at=AT, condition=Condition(Bound.above(1), 300))
    told, gone = service.evaluate(PRESET, question)
    assert over_httpx.evaluate(PRESET, question) == [told, gone]
    assert (told.verdict, told.decision, told.value) == (Verdict.VALUE, True, latest(service, [kernel])[0])
    assert told.timestamps[-1] == AT and len(told.timestamps) == len(told.values) == 11
    assert (gone.verdict, gone.value, gone.decision) == (Verdict.NO_DATA, None, None)
    below = Question("kernel_id", UUID(kernel), Combine.SUM, at=AT, condition=Condition(Bound.below(np.float32(1))))
    assert service.evaluate(PRESET, below)[0].decision is False
    (apart,) = service.evaluate(f"sum({MEM})", Question("kernel_id", kernel, "max", at=AT))
    assert apart.verdict is Verdict.NOT_TOLD_APART
    (nothing,) = service.evaluate(
        f"max by (${{{{group_by}}}})({MEM}) / 0 * 0", Question("kernel_id", kernel, "max", at=AT)
    )
    assert nothing.verdict is Verdict.NOT_FINITE and nothing.decision is None


def test_a_number_that_json_cannot_write_is_a_number(service: MetricService, prometheus: Prometheus) -> None:
    answer = service.execute_preset(f"max({MEM}) / 0", PresetArguments({"kernel_id": prometheus.kernels()[0]}), AT)
    assert answer.series[0].values == [math.inf]


def test_each_verb_of_decisions_is_there_for_asyncio(
    service: MetricService, codec: Codec, prometheus: Prometheus
) -> None:
    kernel = prometheus.kernels()[0]
    arguments = PresetArguments({"kernel_id": kernel}, "kernel_id")
    question = Question("kernel_id", kernel, "max", at=AT)
    by_metric = MetricQuestion("mem", "kernel_id", kernel, "max", {"value_type": "current"}, at=AT)
    span = PresetRange(START, END, 600)

    async def together() -> tuple[list[Any], list[Any]]:
        alone = AsyncMetricService(service)
        async with httpx.AsyncClient(trust_env=False) as client:
            over = AsyncHttpxService(codec, client)
            return await asyncio.gather(
                alone.check_preset(PRESET),
                alone.render_preset(PRESET, arguments),
                alone.execute_preset_range(PRESET, arguments, span),
                alone.query_live_stats("kernel_id", kernel, LiveOptions(at=AT)),
                alone.execute_preset(PRESET, arguments, AT),
                alone.evaluate(PRESET, question),
                alone.execute_preset_batch([Run(PRESET, arguments, at=AT)]),
                alone.evaluate_metric(by_metric),
            ), await asyncio.gather(
                over.query_live_stats("kernel_id", kernel, LiveOptions(at=AT)),
                over.execute_preset(PRESET, arguments, AT),
                over.evaluate(PRESET, question),
                over.execute_preset_batch([Run(PRESET, arguments, at=AT)]),
                over.evaluate_metric(by_metric),
            )

    inside, over = asyncio.run(together())
    assert inside[3:] == over
    assert inside[:3] == [
        service.check_preset(PRESET),
        service.render_preset(PRESET, arguments),
        service.execute_preset_range(PRESET, arguments, span),
    ]


@pytest.mark.parametrize(
    "at",
    [
        AT,
        datetime.fromtimestamp(END, UTC),
        pd.Timestamp(END, unit="s", tz="UTC"),
        np.datetime64(END, "s"),
    ],
)
def test_an_instant_is_the_same_in_each_form(at: Any) -> None:
    assert LiveOptions(at=at).at == Question("a", "b", "max", at=at).at == AT


def test_a_date_is_its_first_instant() -> None:
    assert LiveOptions(at=date(2026, 1, 5)).at == START * 1000


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("options.at", lambda: LiveOptions(at=END)),
        ("options.at", lambda: LiveOptions(at=float(AT))),  # type: ignore[arg-type]
        ("options.at", lambda: LiveOptions(at=datetime(2026, 1, 5))),
        ("options.at", lambda: LiveOptions(at=pd.NaT)),
        ("options.at", lambda: LiveOptions(at=np.datetime64("NaT"))),  # type: ignore[arg-type]
        ("options.window", lambda: LiveOptions(window=-1)),
        ("options.metrics", lambda: LiveOptions(metrics=5)),  # type: ignore[arg-type]
        ("preset.template", lambda: Preset(5)),  # type: ignore[arg-type]
        ("preset.time-window", lambda: Preset("m", 300)),  # type: ignore[arg-type]
        ("preset.group-labels", lambda: Preset("m", group_labels=[5])),  # type: ignore[list-item]
        ("arguments.filters", lambda: PresetArguments("a=b")),  # type: ignore[arg-type]
        ("arguments.filters", lambda: PresetArguments([("a", "b")])),  # type: ignore[list-item]
        ("arguments.filters.a", lambda: PresetArguments({"a": 5})),  # type: ignore[dict-item]
        ("arguments.window", lambda: PresetArguments(window=5)),  # type: ignore[arg-type]
        ("range.step", lambda: PresetRange(START, END, 1.5)),  # type: ignore[arg-type]
        ("combine", lambda: Question("a", ["b"], "median")),
        ("subjects", lambda: Question("a", 5, "max")),  # type: ignore[arg-type]
        ("condition", lambda: Question("a", "b", "max", condition=Bound.above(5))),  # type: ignore[arg-type]
        ("condition.bound", lambda: Bound.above(float("nan"))),
        ("condition.bound", lambda: Condition(5)),  # type: ignore[arg-type]
        ("arguments.filters", lambda: PresetArguments({5: "a"})),  # type: ignore[dict-item]
        ("filters.a", lambda: LabelValues("a", 5)),  # type: ignore[arg-type]
        ("at", lambda: Run("m", at=END)),
        ("range", lambda: Run("m", range=(START, END))),  # type: ignore[arg-type]
        ("arguments", lambda: Run("m", {"a": "b"})),  # type: ignore[arg-type]
        ("subject", lambda: MetricQuestion("mem", "kernel", "a", "max")),
        ("labels.project", lambda: MetricQuestion("mem", "kernel-id", "a", "max", {"project": "b"})),
        ("group-by", lambda: MetricQuestion("mem", "kernel-id", "a", "max", group_by="kernel")),
        ("metric-type", lambda: MetricQuestion("mem", "kernel-id", "a", "max", metric_type="level")),
        ("pointwise", lambda: MetricQuestion("mem", "kernel-id", "a", "max", pointwise="max")),  # type: ignore[arg-type]
        ("condition", lambda: MetricQuestion("mem", "kernel-id", "a", "max", condition=5)),  # type: ignore[arg-type]
        ("condition.lasting", lambda: Condition(Bound.above(5), timedelta(milliseconds=1500))),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(field: str, make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make()
    assert caught.value.field == field and caught.value.reason


def test_what_is_no_run_and_no_question_is_refused(service: MetricService, over_httpx: HttpxService) -> None:
    for verbs in (service, over_httpx):
        with pytest.raises(InvalidArgument, match="runs"):
            verbs.execute_preset_batch([PRESET])  # type: ignore[list-item]
        with pytest.raises(InvalidArgument, match="runs"):
            verbs.execute_preset_batch(Run(PRESET))  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument, match="question"):
            verbs.evaluate_metric(Question("kernel_id", "a", "max"))  # type: ignore[arg-type]


def test_more_subjects_than_make_sense_are_refused(service: MetricService, over_httpx: HttpxService) -> None:
    ids = [f"k{number}" for number in range(10_001)]
    for verbs in (service, over_httpx):
        with pytest.raises((InvalidArgument, LimitExceeded), match="10001"):
            verbs.query_live_stats("kernel_id", ids)
