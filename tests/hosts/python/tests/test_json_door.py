"""The JSON door's texts, requests and answers, against the schema of the contract."""

import json
from typing import Any

import pytest
from conftest import END, REPOSITORY, START
from jsonschema import Draft202012Validator
from kit.bodies import body_bytes
from kit.cases import Case, config_of, has_records, load_cases, query_of, sends, value_type_of
from kit.scripted import ScriptedPrometheus
from test_service import QUERIES

from metric_service import (
    Codec,
    Config,
    InvalidArgument,
    MetricQuery,
    MetricService,
    MetricServiceError,
    Plugin,
    RangeOptions,
    Sender,
)
from metric_service.doors import JsonDoor, document

SCHEMA = json.loads((REPOSITORY / "wit/schema/metric-service.schema.json").read_text("utf-8"))

ANSWERS = {
    "build-promql": "build_promql_answer",
    "detect-metric-type": "detect_metric_type_answer",
    "metadata-request": "http_request_answer",
    "metadata-response": "metadata_answer",
    "metric-request": "http_request_answer",
    "metric-response": "metric_answer",
    "query-metadata": "metadata_answer",
    "query-metric": "metric_answer",
}

# The validator takes some microseconds a number, and 10,000 numbers show no more than a hundred.
LONGEST_BODY = 100_000


def validator(definition: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{definition}"}]})


REQUEST = validator("request")
ANSWER = {verb: validator(definition) for verb, definition in ANSWERS.items()}

PURE = [
    case
    for case in load_cases()
    if has_records(case) and not sends(case) and len(body_bytes(case.get("body", ""))) <= LONGEST_BODY
]


def request_of(case: Case) -> dict[str, Any]:
    """The request of a pure case, as `document` writes it."""
    if case["call"] == "detect-metric-type":
        value_type = value_type_of(case.get("value-type"))
        return dict(document({"metric_name": case["metric-name"], "value_type": value_type}))
    request: dict[str, Any] = {"config": config_of(case)}
    if case["call"] in ("build-promql", "metric-request", "metric-response"):
        request["query"] = query_of(case)
    if case["call"].endswith("-response"):
        request["status"] = case.get("status", 200)
    return dict(document(request))


@pytest.mark.parametrize("case", PURE, ids=[f"{case['topic']}/{case['name']}" for case in PURE])
def test_every_text_keeps_to_the_schema(case: Case, codec_plugin: Plugin) -> None:
    request = request_of(case)
    REQUEST.validate(request)
    body = body_bytes(case["body"]).decode() if "body" in case else None
    answer = JsonDoor(codec_plugin).text("codec", case["call"], json.dumps(request), body)
    ANSWER[case["call"]].validate(json.loads(answer))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.metric_name)
def test_a_real_answer_keeps_to_the_schema(service_plugin: Plugin, config: Config, query: object) -> None:
    request = json.dumps(document({"config": config, "query": query}))
    answer = json.loads(
        JsonDoor(service_plugin, Sender(allow=[config.address])).text("metric-service", "query-metric", request)
    )
    assert "result" in answer
    ANSWER["query-metric"].validate(answer)


def test_the_real_metadata_keep_to_the_schema(service_plugin: Plugin, config: Config) -> None:
    request = json.dumps(document({"config": config}))
    answer = json.loads(
        JsonDoor(service_plugin, Sender(allow=[config.address])).text("metric-service", "query-metadata", request)
    )
    assert len(answer["result"]["metrics"]) == 3
    ANSWER["query-metadata"].validate(answer)


def test_an_error_on_the_wire_keeps_to_the_schema(service_plugin: Plugin) -> None:
    with ScriptedPrometheus([{"fault": "refuse"}]) as nobody:
        request = json.dumps(document({"config": Config(nobody.authority, timeout=1000), "query": QUERIES[0]}))
        answer = json.loads(
            JsonDoor(service_plugin, Sender(allow=[nobody.authority])).text("metric-service", "query-metric", request)
        )
    assert answer["error"]["type"] == "connection_failed"
    ANSWER["query-metric"].validate(answer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": {"promql": "x"}},
        {"result": []},
        {"error": {"type": "connection_failed"}},
        {"error": {"type": "surprise", "message": "x"}},
        {},
    ],
)
def test_the_schema_refuses_what_is_no_answer(wrong: object) -> None:
    assert not ANSWER["query-metric"].is_valid(wrong)


@pytest.mark.parametrize("request_text", ["", "[]", "{}", '{"config":{"adress":"h:1"}}', '{"config":{"address":5}}'])
def test_a_text_that_is_no_request_is_refused_and_named(codec_plugin: Plugin, request_text: str) -> None:
    answer = json.loads(JsonDoor(codec_plugin).text("codec", "build-promql", request_text))
    ANSWER["build-promql"].validate(answer)
    assert answer["error"]["type"] == "invalid_argument"
    assert answer["error"]["field"].startswith("request")


def test_a_lone_surrogate_is_refused_by_both_doors(codec_plugin: Plugin, config: Config) -> None:
    for door in ("json", "typed"):
        codec = Codec(codec_plugin, config, door=door)
        with pytest.raises(ValueError):
            codec.detect_metric_type("\ud800")


def test_errors_of_the_two_doors_are_alike(service_plugin: Plugin, config: Config) -> None:
    told = []
    for door in ("json", "typed"):
        service = MetricService(service_plugin, config, door=door)
        for query in (MetricQuery("mem", END, START), MetricQuery("", START, END), MetricQuery("mem", START, END, 0)):
            with pytest.raises(MetricServiceError) as caught:
                service.build_promql(query)
            told.append((type(caught.value), str(caught.value), caught.value.fields))
    assert told[:3] == told[3:]
    assert told[2][0] is InvalidArgument


@pytest.mark.parametrize(
    ("verb", "definition"),
    [
        ("plan", "plan_answer"),
        ("query-range", "range_answer"),
        ("query-batch", "batch_answer"),
        ("query-page", "page_answer"),
    ],
)
def test_the_texts_of_ranges_keep_to_the_schema(
    service_plugin: Plugin, config: Config, verb: str, definition: str
) -> None:
    asked = {"queries": QUERIES[:2]} if verb == "query-batch" else {"query": QUERIES[0]}
    request = document({"config": config, **asked, "options": RangeOptions(interval=3600, cached=True)})
    REQUEST.validate(request)
    answer = json.loads(
        JsonDoor(service_plugin, Sender(allow=[config.address])).text("range-service", verb, json.dumps(request))
    )
    assert "result" in answer
    validator(definition).validate(answer)
    wrong = json.loads(
        JsonDoor(service_plugin, Sender(allow=[config.address])).text(
            "range-service", verb, json.dumps({"config": {"address": "h:1"}})
        )
    )
    validator(definition).validate(wrong)
    assert wrong["error"]["type"] == "invalid_argument"


def test_a_verb_that_there_is_not_is_told_with_those_there_are(service_plugin: Plugin) -> None:
    for interface, known in (("metric-service", "query-batch"), ("codec", "metric-response")):
        answer = json.loads(JsonDoor(service_plugin).text(interface, "query-everything", "{}"))
        assert answer["error"]["field"] == "verb" and known in answer["error"]["reason"]
