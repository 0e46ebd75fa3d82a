"""The front on platforms that run components: every path, held to the library's answer, and every class of error."""

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import END, REPOSITORY, SAMPLE_INTERVAL, START, Prometheus
from kit.scripted import ScriptedPrometheus
from platforms import Wasmtime, jco_serve, wash_dev
from wasmtime import Engine
from wasmtime.component import Component

from metric_service import Plugin, Sender
from metric_service.doors import JsonDoor

TABLE = json.loads((REPOSITORY / "wit/schema/http.json").read_text("utf-8"))
HOUR = {"start": str(END - 3600), "end": str(END)}
MEM = {
    "metric_name": "mem",
    "labels": {"value_type": "current"},
    "group_by": ["kernel_id"],
    "step": 300,
    **HOUR,
}
PRESET = {
    "template": 'sum by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",${{labels}}})',
    "unit": "bytes",
}
OF_A_KERNEL = {
    "arguments": {
        "filters": [{"label": "value_type", "values": ["current"]}],
        "group_by": ["kernel_id"],
    }
}
AT = {"at": END * 1000}
FAMILY = {
    "family": {"name": "backendai_container_utilization", "kind": "gauge"},
    "filters": [{"label": "container_metric_name", "values": ["mem"]}],
    "group_by": ["kernel_id"],
    "step": 300,
    **HOUR,
}


def bodies(kernels: list[str]) -> dict[str, dict[str, Any]]:
    """What each path is asked, in this test."""
    question = {
        "subject": "kernel_id",
        "subjects": kernels,
        "combine": "max",
        "condition": {"bound": {"above": 1}},
    }
    return {
        "/v1/query": {"query": MEM},
        "/v1/batch": {"queries": [MEM, {**MEM, "metric_name": "cpu_util"}, {**MEM, "step": 0}]},
        "/v1/explain": {"query": MEM, "options": {"interval": 600}},
        "/v1/summary": {"query": MEM, "quantiles": [0.5, 0.99]},
        "/v1/top": {
            "query": MEM,
            "ranking": {"score": "avg", "k": 3, "lowest": False, "others": True},
        },
        "/v1/anomalies": {
            "query": MEM,
            "detection": {"strategy": "robust", "lookback": 3600},
        },
        "/v1/outliers": {"query": MEM, "member": "kernel_id"},
        "/v1/live": {"by": "kernel_id", "ids": kernels, "options": AT},
        "/v1/presets/check": {"preset": PRESET},
        "/v1/presets/render": {"preset": PRESET, **OF_A_KERNEL},
        "/v1/presets/execute": {"preset": PRESET, **OF_A_KERNEL, **AT},
        "/v1/presets/execute-range": {
            "preset": PRESET,
            **OF_A_KERNEL,
            "range": {**HOUR, "step": 300},
        },
        "/v1/presets/execute-batch": {"runs": [{"preset": PRESET, **OF_A_KERNEL, **AT}]},
        "/v1/evaluate": {
            "question": {
                **question,
                **AT,
                "metric_name": "mem",
                "labels": {"value_type": "current"},
            }
        },
        "/v1/families/query": {"query": FAMILY},
        "/v1/families/batch": {"queries": [FAMILY, {**FAMILY, "group_by": []}]},
        "/v1/families/derived": {"derived": {"sides": [{"family": FAMILY}], "derivation": {"scale": 2.0}}},
        "/v1/presets/evaluate": {"preset": PRESET, "question": {**question, **AT}},
    }


# What the parameters of the paths that are asked with GET become.
GETS: dict[str, tuple[str, dict[str, Any]]] = {
    "/v1/metrics": ("/v1/metrics", {}),
    "/v1/values/{dimension}": (
        f"/v1/values/agent-id?metric_name=mem&value_type=current&start={START}&end={END}&limit=2",
        {
            "source": {"dimension": "agent_id"},
            "filter": {
                "metric_name": "mem",
                "labels": {"value_type": "current"},
                "start": str(START),
                "end": str(END),
                "limit": 2,
            },
        },
    ),
}


def beside_the_plugin(variable: str, name: str) -> Path:
    """A component: what the environment names, or where `cargo xtask build` puts it."""
    file = Path(os.environ.get(variable) or REPOSITORY / "target/debug" / name)
    if not file.is_file():
        pytest.fail(f"{name} is missing: build it with `cargo xtask build`, or say in {variable} where it is")
    return file


def front_file() -> Path:
    return beside_the_plugin("METRIC_FRONT", "metric_http.wasm")


@pytest.fixture(scope="session")
def server_file() -> Path:
    return beside_the_plugin("METRIC_SERVER", "metric_server.wasm")


@pytest.fixture(scope="session")
def wasmtime(server_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Wasmtime:
    return Wasmtime(server_file, tmp_path_factory.mktemp("wasmtime"))


@pytest.fixture(scope="session", params=["wasmtime serve", "wash dev", "jco serve"])
def platform(
    request: pytest.FixtureRequest,
    prometheus: Prometheus,
    server_file: Path,
    service_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[httpx.Client]:
    """The front on the testbed's Prometheus."""
    folder = tmp_path_factory.mktemp("platform")
    match request.param:
        case "wash dev":
            started = wash_dev(front_file(), service_file, folder, prometheus.address)
        case "jco serve":
            started = jco_serve(server_file, folder, METRIC_ADDRESS=prometheus.address)
        case _:
            started = request.getfixturevalue("wasmtime").serve(METRIC_ADDRESS=prometheus.address)
    with started as client:
        yield client


@pytest.mark.parametrize("path", [entry["path"] for entry in TABLE["paths"] if entry["verb"]])
def test_a_path_answers_what_the_library_answers(
    path: str, platform: httpx.Client, prometheus: Prometheus, service_plugin: Plugin
) -> None:
    (entry,) = [entry for entry in TABLE["paths"] if entry["path"] == path]
    if entry["method"] == "GET":
        target, request = GETS[path]
        answer = platform.get(target)
    else:
        request = bodies(prometheus.kernels()[:3])[path]
        answer = platform.post(path, json=request)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/json",
    ), answer.text
    config = {"address": prometheus.address}
    sender = Sender().for_address(prometheus.address)
    text = JsonDoor(service_plugin, sender).text(
        "metric-service", entry["verb"], json.dumps({"config": config, **request})
    )
    assert answer.text == text
    # It is an answer of data, where it is one of data.
    assert len(text) > 60


def test_a_query_is_answered_as_the_command_line_answers_it(
    platform: httpx.Client, prometheus: Prometheus, service_file: Path
) -> None:
    host = service_file.with_name("metric-host")
    if not host.is_file():
        host = REPOSITORY / "target/debug/metric-host"
    if not host.is_file():
        pytest.skip("no metric-host: `cargo xtask build` makes it")
    command = [
        str(host),
        "query",
        "mem",
        "--value-type",
        "current",
        "--group-by",
        "kernel-id",
        "--step",
        "300",
    ]
    command += [
        "--start",
        HOUR["start"],
        "--end",
        HOUR["end"],
        "--address",
        prometheus.address,
        "--format",
        "json",
    ]
    environment = {**os.environ, "METRIC_PLUGIN": str(service_file)}
    printed = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=True,
    ).stdout
    result = platform.post("/v1/query", json={"query": MEM}).json()["result"]
    assert result["answer"]["series"]
    assert result == {"answer": json.loads(printed), "missing": []}


def test_the_readme_shows_what_comes(platform: httpx.Client) -> None:
    readme = (REPOSITORY / "guest/http/README.md").read_text("utf-8")
    (shown,) = re.findall(r"-d '(\{.*?\})'\n(.*?)\n```", readme, re.DOTALL)
    headers = {"content-type": "application/json"}
    assert platform.post("/v1/query", content=shown[0], headers=headers).text == shown[1]


def test_it_is_alive_and_ready(platform: httpx.Client) -> None:
    assert platform.get("/healthz").text == "ok\n"
    assert platform.get("/readyz").text == "ready\n"
    assert platform.head("/healthz").content == b""


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "more"),
    [
        ("GET", "/", 404, "not-found", {}),
        ("GET", "/v1/query", 405, "method-not-allowed", {}),
        ("DELETE", "/v1/metrics", 405, "method-not-allowed", {}),
        ("POST", "/v1/query", 415, "unsupported-media-type", {"content": "{}"}),
        ("POST", "/v1/query", 400, "invalid-argument", {"json": []}),
        (
            "POST",
            "/v1/query",
            400,
            "invalid-argument",
            {"json": {"config": {"address": "h:1"}, "query": MEM}},
        ),
        (
            "POST",
            "/v1/query",
            400,
            "invalid-argument",
            {"json": {"query": {**MEM, "step": 0}}},
        ),
        (
            "POST",
            "/v1/query",
            400,
            "invalid-argument",
            {"json": {"query": MEM, "config": {"timewindow": "x"}}},
        ),
        (
            "POST",
            "/v1/query",
            400,
            "invalid-time-range",
            {"json": {"query": {**MEM, "start": "soon"}}},
        ),
        (
            "POST",
            "/v1/query",
            422,
            "limit-exceeded",
            {"json": {"query": {**MEM, "start": "2020-01-01"}}},
        ),
        ("GET", "/v1/values/pod", 400, "invalid-argument", {}),
        ("GET", "/v1/metrics?limit=5", 400, "invalid-argument", {}),
        (
            "GET",
            "/v1/metrics",
            403,
            "other-origin",
            {"headers": {"origin": "http://evil.example"}},
        ),
        (
            "GET",
            "/v1/metrics",
            403,
            "other-origin",
            {"headers": {"sec-fetch-site": "cross-site"}},
        ),
    ],
)
def test_what_cannot_be_asked_is_a_problem(
    method: str,
    path: str,
    status: int,
    kind: str,
    more: dict[str, Any],
    platform: httpx.Client,
) -> None:
    problem_of(platform.request(method, path, **more), status, kind)


def problem_of(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["status"]) == (
        f"urn:backendai:metric:problem:{kind}",
        status,
    )
    assert problem["title"] and problem["detail"]
    return problem


def test_a_body_that_is_too_large_is_refused(platform: httpx.Client) -> None:
    body = b'"' + b"x" * TABLE["largest_body_bytes"] + b'"'
    headers = {"content-type": "application/json"}
    # A platform may close the connection with the answer, while the rest is still on its way.
    with contextlib.suppress(httpx.WriteError, httpx.ReadError):
        problem_of(
            platform.post("/v1/query", content=body, headers=headers),
            413,
            "body-too-large",
        )
    fits = body.replace(b"xxx", b"x", 1)
    problem_of(
        platform.post("/v1/query", content=fits, headers=headers),
        400,
        "invalid-argument",
    )


@pytest.mark.parametrize(
    ("script", "status", "kind"),
    [
        ({"fault": "refuse"}, 502, "connection-failed"),
        (
            {
                "status": 422,
                "body": '{"status":"error","errorType":"execution","error":"no"}',
            },
            502,
            "failed-to-get-metric",
        ),
        ({"status": 503, "body": "full"}, 503, "failed-to-get-metric"),
        ({"body": "<html>"}, 502, "malformed-response"),
        (
            {"body": '{"status":"success","isPartial":true,"data":{"result":[]}}'},
            502,
            "partial-answer",
        ),
        ({"fault": "stall"}, 504, "timed-out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_of_prometheus_has_its_status(
    script: dict[str, Any], status: int, kind: str, wasmtime: Wasmtime
) -> None:
    with (
        ScriptedPrometheus([script]) as prometheus,
        wasmtime.serve(METRIC_ADDRESS=prometheus.authority, METRIC_TIMEOUT="3000") as client,
    ):
        answer = client.post("/v1/query", json={"query": MEM})
        problem = problem_of(answer, status, kind)
        assert problem["error"]["type"] == kind.replace("-", "_")
        assert TABLE["statuses"][problem["error"]["type"]] == status or status == 503
        assert ("retry-after" in answer.headers) == (status == 503)
        # It goes on, and says that it is not ready.
        problem_of(client.get("/readyz"), 503, "not-ready")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "METRIC_ADDRESS is not set"),
        ({"METRIC_ADDRESS": "prometheus"}, "METRIC_ADDRESS: "),
        (
            {"METRIC_ADDRESS": "h:1", "METRIC_BACKEND": "promtheus"},
            'METRIC_BACKEND is "promtheus"; accepted are',
        ),
        (
            {"METRIC_ADDRESS": "h:1", "METRIC_SAMPLE_INTERVAL": "0"},
            "METRIC_SAMPLE_INTERVAL: ",
        ),
        ({"METRIC_ADDRESS": "h:1", "METRIC_TIMEWINDOW": "5"}, "METRIC_TIMEWINDOW: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_variable_is_named_by_every_request(variables: dict[str, str], said: str, wasmtime: Wasmtime) -> None:
    with wasmtime.serve(**variables) as client:
        for answer in (
            client.post("/v1/query", json={"query": MEM}),
            client.get("/v1/metrics"),
            client.get("/readyz"),
        ):
            assert problem_of(answer, 500, "misconfigured")["detail"].startswith(said), answer.text


def test_the_variables_configure_the_plugin(wasmtime: Wasmtime) -> None:
    variables = {
        "METRIC_ADDRESS": "http://h/prefix",
        "METRIC_SAMPLE_INTERVAL": str(SAMPLE_INTERVAL),
        "METRIC_LABEL_SCHEMA": "agent",
        "METRIC_HOSTS": "metrics.example",
    }
    with wasmtime.serve(**variables) as client:
        query = {**MEM, "metric_name": "net_rx", "step": 30}
        plan = client.post("/v1/explain", json={"query": query}).json()["result"]
        # Four sample intervals of 30 s.
        assert (
            plan["window"],
            "owner" in plan["promql"] or "kernel_id" in plan["promql"],
        ) == ("2m", True)
        assert (
            client.post(
                "/v1/explain",
                json={"query": query},
                headers={"host": "metrics.example"},
            ).status_code
            == 200
        )
        refused = client.post("/v1/explain", json={"query": query}, headers={"host": "evil.example"})
        problem_of(refused, 403, "other-host")


def test_a_body_that_does_not_end_is_given_up(wasmtime: Wasmtime) -> None:
    with wasmtime.serve(METRIC_ADDRESS="h:1") as client:
        address = (client.base_url.host, client.base_url.port)
        with socket.create_connection(address, timeout=60) as connection:  # type: ignore[arg-type]
            head = [
                "POST /v1/query HTTP/1.1",
                "host: localhost",
                "content-type: application/json",
                "content-length: 9",
            ]
            connection.sendall("\r\n".join([*head, "", "{"]).encode())
            began = time.monotonic()
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 408 ")
            assert time.monotonic() - began < 50


def test_in_wasmcloud_the_plugin_reaches_the_hosts_of_its_list_alone(
    service_file: Path, tmp_path: Path, prometheus: Prometheus
) -> None:
    with wash_dev(front_file(), service_file, tmp_path, prometheus.address, allowed="192.0.2.1") as client:
        problem_of(client.post("/v1/query", json={"query": MEM}), 403, "denied")


def test_the_manifest_for_spin_is_of_this_component() -> None:
    """It is not run: there is no Spin in the registries."""
    manifest = tomllib.loads((REPOSITORY / "packaging/spin.toml").read_text("utf-8"))
    (trigger,), (name, spin) = (
        manifest["trigger"]["http"],
        *manifest["component"].items(),
    )
    assert (manifest["spin_manifest_version"], trigger) == (
        2,
        {"route": "/...", "component": name},
    )
    assert spin["source"] == "metric_server.wasm"
    # The plugin is let out to the Prometheus that it is told of, and nowhere else.
    assert spin["allowed_outbound_hosts"] == [f"http://{spin['environment']['METRIC_ADDRESS']}"]
    readme = (REPOSITORY / "guest/http/README.md").read_text("utf-8")
    assert all(f"| `{variable}` |" in readme for variable in spin["environment"])


def test_the_components_import_what_every_platform_has(server_file: Path) -> None:
    engine = Engine()

    def imports(file: Path) -> set[str]:
        return {name.partition("@")[0] for name in Component.from_file(engine, file).type.imports(engine)}

    own = {"wasi:cli/environment", "wasi:http/outgoing-handler", "wasi:http/types"}
    own |= {"wasi:clocks/monotonic-clock", "wasi:clocks/wall-clock"}
    own |= {"wasi:io/error", "wasi:io/poll", "wasi:io/streams"}
    assert imports(server_file) == own
    assert imports(front_file()) == own - {"wasi:http/outgoing-handler"} | {"backendai:metric/json"}


def test_small_queries_take_milliseconds(
    platform: httpx.Client, prometheus: Prometheus, request: pytest.FixtureRequest
) -> None:
    """Prints how long (`./run-tests.sh -s -k milliseconds`)."""
    query = {"query": {**MEM, "labels": {"value_type": "current"}, "group_by": []}}
    promql = platform.post("/v1/explain", json=query).json()["result"]["promql"]
    parameters = {
        "query": promql,
        "start": HOUR["start"],
        "end": HOUR["end"],
        "step": "300",
    }
    with httpx.Client(base_url=f"http://{prometheus.address}", trust_env=False) as direct:
        through = median(lambda: platform.post("/v1/query", json=query))
        itself = median(lambda: direct.get("/api/v1/query_range", params=parameters))
    print(
        f"\n{request.node.callspec.id}: small query, median of 200: {through:.2f} ms; Prometheus itself {itself:.2f} ms"
    )
    # A machine that has other work takes its time; a platform that compiles for each request takes seconds.
    assert through < 1000


def median(ask: Any) -> float:
    took = []
    for _ in range(200):
        began = time.perf_counter()
        assert ask().status_code == 200
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
