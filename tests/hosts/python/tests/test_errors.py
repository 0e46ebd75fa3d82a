"""Errors go where Python takes them: through pickle, into copies, to other processes."""

import concurrent.futures
import copy
import multiprocessing
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metric_service import (
    Codec,
    Config,
    ConnectionFailed,
    Denied,
    FailedToGetMetric,
    InvalidArgument,
    InvalidTimeRange,
    LimitExceeded,
    MalformedResponse,
    MetricQuery,
    PartialAnswer,
    Plugin,
    PluginRefused,
    PluginTrapped,
    Span,
    TimedOut,
)
from metric_service.errors import CASES

ERRORS: list[Exception] = [
    InvalidTimeRange("r", "a"),
    InvalidArgument("f", "r"),
    FailedToGetMetric(400, "bad_data", "m"),
    FailedToGetMetric(502, None, "m"),
    ConnectionFailed("m"),
    TimedOut("m"),
    MalformedResponse("m"),
    LimitExceeded("l", 1, None),
    LimitExceeded("server", None, None, "too many"),
    PartialAnswer("m"),
    Denied("m"),
    PluginRefused("x"),
    PluginTrapped("y"),
]


def pickled(error: Exception) -> Any:
    return pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_itself_afterwards(error: Exception, again: Callable[[Exception], Exception]) -> None:
    error = copy.deepcopy(error)
    error.add_note("while it was asked")
    if hasattr(error, "chunk"):
        error.chunk = Span(1, 2)
    other = again(error)
    assert type(other) is type(error) and str(other) == str(error) and vars(other) == vars(error)
    assert other.__notes__ == ["while it was asked"]


def test_every_case_was_tried() -> None:
    assert {type(error) for error in ERRORS} >= set(CASES.values())


def test_the_fields_are_the_contracts_alone() -> None:
    error = ConnectionFailed("m")
    error.add_note("a note")
    error.mine = 1  # type: ignore[attr-defined]
    assert error.fields == {"message": "m"}


def ask(file: str) -> str:
    return Codec(Plugin.load(file), Config("h:1")).build_promql(MetricQuery("mem", 60, 0))


def test_an_error_comes_out_of_another_process(service_file: Path) -> None:
    file = os.fspath(service_file)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        with pytest.raises(InvalidTimeRange, match="end"):
            pool.submit(ask, file).result(timeout=60)
        assert pool.submit(len, "ab").result(timeout=60) == 2
    with context.Pool(1) as pool, pytest.raises(InvalidTimeRange, match="end"):
        pool.apply_async(ask, [file]).get(timeout=60)
