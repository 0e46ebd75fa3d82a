"""Plays a case: makes the call, and holds answer, requests and time against what the case expects."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from metric_service import Codec, Limits, MetricService, Plugin, Sender
from metric_service.doors import DoorName, JsonDoor
from metric_service.over_httpx import HttpxService
from metric_service.sender import RESPONSE_BYTES

from .answer import answer
from .bodies import body_bytes
from .cases import NOWHERE, PROMETHEUS, Case, config_of, query_of, sends, value_type_of
from .expectation import differences
from .scripted import ScriptedPrometheus


def play_pure(case: Case, verbs: Codec | MetricService) -> list[str]:
    """A case without I/O."""
    return _timed(case, lambda: answer(lambda: call(case, verbs)))


def play_with_io(case: Case, plugin: Plugin, door: DoorName) -> list[str]:
    """A case whose requests the plugin sends itself, to a scripted Prometheus."""

    host = case.get("host", {})
    plugin = plugin.limited(Limits(memory_bytes=host["memory-bytes"])) if "memory-bytes" in host else plugin
    # The two waits are one here: for the next byte, the first or another.
    milliseconds = host.get("first-byte-ms", host.get("between-bytes-ms", 60_000))
    sender = Sender(
        allow=() if host.get("denies") else None,
        response_bytes=host.get("response-bytes", RESPONSE_BYTES),
        read_seconds=milliseconds / 1000,
    )

    def answered(authority: str) -> dict[str, Any]:
        return answer(lambda: call(case, MetricService(plugin, config_of(case, authority), door=door, sender=sender)))

    return against_a_script(case, answered)


def play_over_httpx(case: Case, plugin: Plugin) -> list[str]:
    """A case whose requests httpx sends, to a scripted Prometheus."""

    def answered(authority: str) -> dict[str, Any]:
        with httpx.Client(trust_env=False) as client:
            codec = Codec(plugin, config_of(case, authority))
            most = case.get("host", {}).get("response-bytes", RESPONSE_BYTES)
            service = HttpxService(codec, client, response_bytes=most)
            return answer(lambda: call(case, service))

    return against_a_script(case, answered)


def play_texts(case: Case, plugin: Plugin) -> list[str]:
    """A case whose texts go to a JSON interface as they stand."""

    def answered(authority: str) -> dict[str, Any]:
        given = case["request"]
        text = given if isinstance(given, str) else json.dumps(given)
        interface = "codec" if case["call"] == "json-codec" else "metric-service"
        body = body_bytes(case.get("body", "")).decode()
        came = JsonDoor(plugin, Sender(allow=[authority])).text(
            interface, case["verb"], text.replace(PROMETHEUS, authority), body
        )
        return dict(json.loads(came))

    return against_a_script(case, answered) if sends(case) else _timed(case, lambda: answered(NOWHERE))


def against_a_script(case: Case, answered: Callable[[str], dict[str, Any]]) -> list[str]:
    """A case whose requests go to a scripted Prometheus, whose address the call is told."""
    exchanges = case["exchanges"]
    with ScriptedPrometheus([exchange["answer"] for exchange in exchanges]) as prometheus:
        found = _timed(case, lambda: answered(prometheus.authority))
        if not any(exchange["answer"].get("fault") == "refuse" for exchange in exchanges):
            found += _request_differences(exchanges, prometheus.sent, case.get("may-retry", False))
    return found


def call(case: Case, verbs: Codec | MetricService | HttpxService) -> Any:
    """Makes the call of a case."""
    arguments: list[Any] = []
    verb = case["call"]
    if verb == "detect-metric-type":
        arguments = [case["metric-name"], value_type_of(case.get("value-type"))]
    elif verb in ("build-promql", "metric-request", "metric-response", "query-metric"):
        arguments = [query_of(case)]
    if verb.endswith("-response"):
        arguments += [case.get("status", 200), body_bytes(case["body"]).decode()]
    return getattr(verbs, verb.replace("-", "_"))(*arguments)


def _timed(case: Case, run: Callable[[], dict[str, Any]]) -> list[str]:
    start = time.monotonic()
    came = run()
    took = (time.monotonic() - start) * 1000
    found = differences(case["expect"], came)
    if took > case.get("within-ms", float("inf")):
        found.append(f"time\n  expected at most {case['within-ms']} ms\n  came     {took:.0f} ms")
    return found


def _request_differences(exchanges: list[Any], sent: list[Any], may_retry: bool) -> list[str]:
    found = []
    for number, request in enumerate(sent):
        if exchanges:
            expected = exchanges[min(number, len(exchanges) - 1)]["request"]
            found += differences(expected, request, f"request[{number}]")
    if len(sent) < len(exchanges) or (len(sent) > len(exchanges) and not may_retry):
        found.append(f"number of requests\n  expected {len(exchanges)}\n  came     {len(sent)}")
    return found
