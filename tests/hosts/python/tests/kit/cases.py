"""The case files: found, read, and turned into the package's records, with the defaults of their README."""

import json
from pathlib import Path
from typing import Any

from metric_service import (
    Config,
    Dimension,
    LabelFilter,
    LabelSchema,
    MetricQuery,
    MetricType,
    ValueType,
)

FOLDER = Path(__file__).parents[4] / "conformance"

# Where calls without I/O are told that Prometheus is: they must not go there.
NOWHERE = "127.0.0.1:9090"
PROMETHEUS = "{prometheus}"

Case = dict[str, Any]


def load_cases() -> list[Case]:
    """Every case, in the order of folders, files, and within the files; `topic` is `folder/file`."""
    cases = []
    for file in sorted(FOLDER.glob("*/*.json")):
        topic = f"{file.parent.name}/{file.stem}"
        cases += [{**case, "topic": topic} for case in json.loads(file.read_text("utf-8"))]
    return cases


def config_of(case: Case, authority: str | None = None) -> Config:
    """The configuration of a case; `authority` is the scripted Prometheus's, if there is one."""
    given = _snake(case.get("config", {}))
    address = given.pop("address", None)
    if address is None:
        address = NOWHERE if authority is None else PROMETHEUS
    given["label_schema"] = LabelSchema(given.get("label_schema") or "documented")
    return Config(address=address.replace(PROMETHEUS, authority or NOWHERE), **given)


def query_of(case: Case) -> MetricQuery:
    """The query of a case: unless given, `mem` in the first hour of 2026."""
    given = {
        "metric_name": "mem",
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z",
        **_snake(case.get("query", {})),
    }
    labels = _snake(given.pop("labels", {}))
    metric_type = given.pop("metric_type", None)
    return MetricQuery(
        labels=LabelFilter(value_type=value_type_of(labels.pop("value_type", None)), **labels),
        group_by=[Dimension(name) for name in given.pop("group_by", [])],
        metric_type=None if metric_type is None else MetricType(metric_type),
        **given,
    )


def value_type_of(name: str | None) -> ValueType | None:
    """A value type by its name."""
    return None if name is None else ValueType(name)


def _snake(record: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in record.items()}
