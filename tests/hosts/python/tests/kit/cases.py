"""The case files: found, read, and turned into the package's records, with the defaults of their README."""

import json
from pathlib import Path
from typing import Any

from metric_service import (
    Backend,
    Config,
    Dimension,
    LabelFilter,
    LabelSchema,
    MetricQuery,
    MetricType,
    Over,
    Pointwise,
    RequestMethod,
    Statistic,
    ValueType,
)

FOLDER = Path(__file__).parents[4] / "conformance"

# Where calls without I/O are told that Prometheus is: they must not go there.
NOWHERE = "127.0.0.1:9090"
PROMETHEUS = "{prometheus}"

Case = dict[str, Any]


def sends(case: Case) -> bool:
    """Whether a case asks a Prometheus."""
    return "exchanges" in case


def has_records(case: Case) -> bool:
    """Whether a case writes records; the others have JSON texts."""
    return not case["call"].startswith("json")


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
    given["method"] = RequestMethod(given.get("method") or "auto")
    given["backend"] = Backend(given.get("backend") or "auto")
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
    pointwise = given.pop("pointwise", None)
    return MetricQuery(
        labels=LabelFilter(value_type=value_type_of(labels.pop("value_type", None)), **labels),
        group_by=[Dimension(name) for name in given.pop("group_by", [])],
        metric_type=None if metric_type is None else MetricType(metric_type),
        pointwise=None if pointwise is None else _pointwise(pointwise),
        **given,
    )


def _pointwise(given: dict[str, Any]) -> Pointwise:
    """`{"statistic": "max"|{"quantile": …}, "over": "time"|{"members": …}|{"both": …}, "window": …}`."""
    statistic, over = _tag(given["statistic"]), _tag(given["over"])
    dimension = None if over[1] is None else Dimension(over[1])
    return Pointwise(Statistic(*statistic), Over(over[0], dimension), given.get("window"))


def _tag(variant: Any) -> tuple[str, Any]:
    if isinstance(variant, str):
        return variant, None
    ((tag, payload),) = variant.items()
    return tag, payload


def value_type_of(name: str | None) -> ValueType | None:
    """A value type by its name."""
    return None if name is None else ValueType(name)


def _snake(record: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in record.items()}
