"""The runner of the cases is held to the rules of `tests/conformance/README.md`: it accepts, and it refuses."""

import socket
import time
from typing import Any

import pytest
from kit.bodies import body_bytes, matrix_series
from kit.expectation import differences
from kit.play import play_pure
from kit.scripted import ScriptedPrometheus


@pytest.mark.parametrize(
    ("expected", "good", "bad"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {"b": 2}),
        ([1, 2], [1, 2], [2, 1]),
        ([1, 2], [1, 2], [1, 2, 3]),
        ({"labels": {"a": "1"}}, {"labels": {"a": "1"}}, {"labels": {"a": "1", "b": "2"}}),
        (5, 5.0, 5.000000000000001),
        (0.3, 0.3, 0.1 + 0.2),
        (-0.0, -0.0, 0.0),
        ("5e-324", 5e-324, 0.0),
        ("NaN", "NaN", 0.0),
        (1, 1, True),
        (True, True, 1),
        (None, None, 0),
        (1767225600781, 1767225600781, 1767225600780),
        ({"$contains": ["a", "b"]}, "xaxb", "xa"),
        ({"$lacks": "a"}, "b", None),
        ({"$not-empty": True}, "b", ""),
        ({"$shorter-than": 3}, "éé", "ééé"),
        ({"$length": 1, "$has": [2]}, [2], [1]),
        ({"$at-least": 2}, 2, 1),
        ({"$at-most": 2}, 2, 3),
        ({"$any-of": [1, 2]}, 2, 3),
    ],
)
def test_an_expectation_accepts_and_refuses(expected: Any, good: Any, bad: Any) -> None:
    assert not differences(expected, good)
    assert differences(expected, bad)


def test_a_generated_matrix_is_known_to_the_last_value() -> None:
    rule = {"$generated": {"series": 2, "points": 3, "start": 0, "step": 60}}
    came = matrix_series(2, 3, 0, 60)
    assert not differences(rule, came)
    came[1]["values"][2] = 7.0
    assert differences(rule, came) and differences(rule, came[:1])


@pytest.mark.parametrize("expected", [{}, {"$contain": "x"}, {"result": {}}])
def test_an_expectation_that_means_nothing_is_refused(expected: Any) -> None:
    with pytest.raises(ValueError):
        differences(expected, {"result": 1})


def test_a_wrong_answer_fails_its_case() -> None:
    class Parrot:
        def build_promql(self, query: object) -> str:
            return "up"

    case = {"name": "n", "call": "build-promql", "expect": {"result": "up"}}
    assert not play_pure(case, Parrot())  # type: ignore[arg-type]
    assert play_pure({**case, "expect": {"result": "down"}}, Parrot())  # type: ignore[arg-type]
    assert play_pure({**case, "expect": {"error": {"denied": {"$not-empty": True}}}}, Parrot())  # type: ignore[arg-type]


def ask(prometheus: ScriptedPrometheus, request: bytes, seconds: float = 5) -> bytes:
    """Sends a request, and reads what comes for at most so long."""
    host, _, port = prometheus.authority.partition(":")
    came = b""
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(request)
        try:
            while piece := connection.recv(65536):
                came += piece
        except TimeoutError:
            pass
    return came


GET = b"GET /api?x=1 HTTP/1.1\r\nhost: test\r\n\r\n"


def test_answers_come_in_order_and_the_last_again() -> None:
    with ScriptedPrometheus([{"body": "one"}, {"body": "two", "status": 503}]) as prometheus:
        answers = [ask(prometheus, GET) for _ in range(3)]
        assert [answer.rpartition(b"\r\n\r\n")[2] for answer in answers] == [b"one", b"two", b"two"]
        assert answers[1].startswith(b"HTTP/1.1 503 ")
        assert [(sent["method"], sent["path"], sent["authority"]) for sent in prometheus.sent] == [
            ("get", "/api", "test")
        ] * 3


@pytest.mark.parametrize(
    "body",
    [b"content-length: 9\r\n\r\nquery=a%2", b"transfer-encoding: chunked\r\n\r\n4\r\nquer\r\n5\r\ny=a%2\r\n0\r\n\r\n"],
)
def test_a_form_is_read_however_it_is_sent(body: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with ScriptedPrometheus([{}]) as prometheus:
        ask(prometheus, head + body)
        assert prometheus.sent[0]["form"] == [["query", "a%2"]]


def test_a_body_breaks_off_stalls_and_comes_in_pieces() -> None:
    with ScriptedPrometheus([{"body": "abcdef", "cut-after": 2}]) as prometheus:
        answer = ask(prometheus, GET)
        assert b"content-length: 6\r\n" in answer and answer.endswith(b"\r\n\r\nab")
    with ScriptedPrometheus([{"body": "abcdef", "stall-after": 3}]) as prometheus:
        start = time.monotonic()
        assert ask(prometheus, GET, 0.3).endswith(b"\r\n\r\nabc")
        assert time.monotonic() - start >= 0.3
    with ScriptedPrometheus([{"body": "abcdef", "split-inside": ["cd"], "chunk-size": 5}]) as prometheus:
        assert ask(prometheus, GET).endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n")


def test_faults_are_as_they_are_named() -> None:
    with ScriptedPrometheus([{"fault": "close"}]) as prometheus:
        assert ask(prometheus, GET) == b""
    with ScriptedPrometheus([{"fault": "stall"}]) as prometheus:
        assert ask(prometheus, GET, 0.2) == b""
        assert len(prometheus.sent) == 1
    with ScriptedPrometheus([{"raw": "SSH-2.0\r\n"}]) as prometheus:
        assert ask(prometheus, GET) == b"SSH-2.0\r\n"
    with ScriptedPrometheus([{"fault": "refuse"}]) as prometheus, pytest.raises(ConnectionRefusedError):
        ask(prometheus, GET)


def test_parts_of_a_body_are_joined() -> None:
    assert body_bytes(["<", {"repeat": "ab", "times": 2}, {"hex": "ff00"}, ">"]) == b"<abab\xff\x00>"
