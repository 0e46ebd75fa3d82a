"""The shared conformance cases, against both .wasm files and through both doors."""

import pytest
from kit.cases import Case, config_of, has_records, load_cases, sends
from kit.left_out import DENIES, HTTPX, SENT_AGAIN, playable
from kit.play import play_pure, play_texts, play_with_io

from metric_service import Codec, MetricService, Plugin
from metric_service.doors import DoorName

CASES = load_cases()
PURE = [case for case in CASES if has_records(case) and not sends(case)]
WITH_IO = [case for case in CASES if has_records(case) and sends(case)]
TEXTS = [case for case in CASES if not has_records(case)]
IN_BOTH_INTERFACES = [case for case in PURE if case["call"] in ("build-promql", "detect-metric-type")]

both_doors = pytest.mark.parametrize("door", ["json", "typed"])


def must_be_none(differences: list[str], case: Case) -> None:
    assert not differences, "\n".join([case["about"], *differences])


def test_the_cases_are_there() -> None:
    assert len(PURE) >= 400 and len(WITH_IO) >= 50
    names = {case["name"] for case in CASES}
    assert len(names) == len(CASES)
    assert HTTPX.keys() - {DENIES, SENT_AGAIN} <= names


@both_doors
@playable(PURE, {})
def test_metric_codec_wasm(case: Case, codec_plugin: Plugin, door: DoorName) -> None:
    must_be_none(play_pure(case, Codec(codec_plugin, config_of(case), door=door)), case)


@both_doors
@playable(PURE, {})
def test_the_codec_of_metric_service_wasm(case: Case, service_plugin: Plugin, door: DoorName) -> None:
    must_be_none(play_pure(case, Codec(service_plugin, config_of(case), door=door)), case)


@both_doors
@playable(IN_BOTH_INTERFACES, {})
def test_the_pure_verbs_of_metric_service(case: Case, service_plugin: Plugin, door: DoorName) -> None:
    must_be_none(play_pure(case, MetricService(service_plugin, config_of(case), door=door)), case)


@both_doors
@playable(WITH_IO, {})
def test_metric_service_with_its_own_requests(case: Case, service_plugin: Plugin, door: DoorName) -> None:
    must_be_none(play_with_io(case, service_plugin, door), case)


# Until there are such cases nothing is left out unseen: the line of pytest says "no parameters".
@playable(TEXTS, {})
def test_json_texts(case: Case, service_plugin: Plugin) -> None:
    must_be_none(play_texts(case, service_plugin), case)


@playable([case for case in TEXTS if case["call"] == "json-codec"], {})
def test_json_texts_of_metric_codec_wasm(case: Case, codec_plugin: Plugin) -> None:
    must_be_none(play_texts(case, codec_plugin), case)
