"""The benchmark runs, and prints a table whose numbers are numbers."""

import re

import pytest

from metric_service import Codec, MetricResult, Plugin, bench


def test_the_table_is_printed(
    codec_plugin: Plugin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from conftest import wasm_file

    monkeypatch.setattr(bench, "SECONDS_EACH", 0)
    monkeypatch.setattr("sys.argv", ["bench", str(wasm_file("METRIC_CODEC", "metric_codec.wasm"))])
    bench.main()
    head, rule, *rows = capsys.readouterr().out.splitlines()
    assert head.count("|") == rule.count("|") == 4
    assert len(rows) == 9
    handed_over = [int(number.replace(",", "")) for number in re.findall(r"(?<=\| )[\d,]+(?= \|)", rows[-1])]
    # A list of numbers costs some hundred times what a text costs; the margin is for a busy machine.
    assert len(handed_over) == 2 and handed_over[1] > 5 * handed_over[0] > 0


def test_the_measured_answer_has_as_many_points_as_it_says(codec_plugin: Plugin) -> None:
    result: MetricResult = Codec(codec_plugin, bench.CONFIG).metric_response(
        bench.QUERY, 200, bench.body(10, bench.POINTS // 10)
    )
    assert sum(len(series.values) for series in result.series) == bench.POINTS
