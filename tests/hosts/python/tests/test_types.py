"""What does not fit the contract's types is refused before it reaches the plugin, not cut to fit."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from metric_service import Config, InvalidArgument, InvalidTimeRange, MetricQuery
from metric_service.errors import CASES


@pytest.mark.parametrize("step", [-1, 2**32, 1.5, True])
def test_a_number_that_does_not_fit_is_refused(step: int) -> None:
    with pytest.raises(InvalidArgument) as caught:
        MetricQuery("mem", 0, 60, step)
    assert caught.value.field == "step"


def test_fields_of_the_configuration_are_named_as_in_the_contract() -> None:
    with pytest.raises(InvalidArgument) as caught:
        Config("h:1", sample_interval=-5)
    assert caught.value.field == "config.sample-interval"
    assert Config("h:1", max_result_bytes=2**64 - 1).max_result_bytes == 2**64 - 1


def test_a_datetime_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InvalidTimeRange) as caught:
        MetricQuery("mem", datetime(2026, 1, 5), 0)
    assert "tzinfo" in caught.value.accepted


def test_instants_become_texts() -> None:
    query = MetricQuery("mem", datetime(2026, 1, 5, tzinfo=UTC), 1767571200.25)
    assert (query.start, query.end) == ("2026-01-05T00:00:00+00:00", "1767571200.25")
    elsewhere = datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert MetricQuery("mem", elsewhere, "now").start == "2026-01-05T00:00:00+05:30"


def test_each_case_of_the_contract_has_an_exception() -> None:
    from conftest import REPOSITORY

    text = (REPOSITORY / "wit/types.wit").read_text("utf-8")
    variant = text.split("variant error {")[1].split("\n    }")[0]
    names = [line.strip().partition("(")[0] for line in variant.splitlines() if "(" in line and "///" not in line]
    assert names == list(CASES)
    assert {name: error.case for name, error in CASES.items()} == {name: name for name in names}
