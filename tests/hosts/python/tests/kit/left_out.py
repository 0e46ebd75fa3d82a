"""The cases that a way of sending cannot meet, each with what it lacks.

They are played all the same, and must fail: one that begins to pass has to leave this list.
"""

import json

import pytest

from .cases import Case

DENIES = "denied"
"""What a host may do that only shows in what a case expects: the error `denied`."""

CAPS_ANSWERS = "response-bytes"
"""Likewise the limit `response-bytes`."""
NO_POLICY = "wasmtime's C API has no hook for outgoing requests: it cannot deny one, or cap an answer"

WASI_HTTP = {
    DENIES: NO_POLICY,
    CAPS_ANSWERS: NO_POLICY,
    "a-connection-closed-without-an-answer-is-connection-failed": (
        "wasmtime's own sender reports HTTP-protocol-error for every hyper error without a source "
        "(wasmtime-wasi-http, p2/error.rs, hyper_request_error), which the plugin has to read as malformed-response"
    ),
}
"""Of wasmtime's own `wasi:http`, which the hosts in C and Go have."""

HTTPX = {
    DENIES: "whether a request may go out is for the caller to decide, who makes the client",
    "a-server-of-another-protocol-is-malformed": (
        "httpx says `Server disconnected without sending a response` of this and of a connection that was closed"
    ),
    "a-label-without-end-does-not-fill-the-memory": (
        "the codec is given the body whole, by a client that has bounded it, so its memory is not the bound"
    ),
}


SENT_AGAIN = "more than one request"
HTTPX[SENT_AGAIN] = "one request a call: what is sent again, or as GET, is for the caller to decide"


def playable(cases: list[Case], left_out: dict[str, str]) -> pytest.MarkDecorator:
    """The cases as parameters, those that are left out marked as failures that have to be."""

    def marks(case: Case) -> list[pytest.MarkDecorator]:
        again = [SENT_AGAIN] if len(case.get("exchanges", [])) > 1 else []
        named = [
            case["name"],
            *again,
            *(does for does in (DENIES, CAPS_ANSWERS) if f'"{does}"' in json.dumps(case["expect"])),
        ]
        return [pytest.mark.xfail(strict=True, reason=left_out[name]) for name in named if name in left_out]

    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=f"{case['topic']}/{case['name']}", marks=marks(case)) for case in cases]
    )
