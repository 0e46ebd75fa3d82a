"""JSON texts of any length, read without stopping other threads for long.

`json.loads` holds Python's lock from the first to the last character: seconds, for the largest answers. What makes
them large is columns of numbers, and those are read in pieces. Knows JSON, and that such columns are flat.
"""

from __future__ import annotations

import json
import re
from typing import Any

SHORT = 1 << 20
"""What is read at once: some ten milliseconds."""

NAMES = ("timestamps", "values", "expected", "lower", "upper")
"""The columns."""

COLUMN = re.compile(rf'(?<!{{"result":{{)"(?:{"|".join(NAMES)})":\[')
"""The beginning of a column. Within a JSON string the quotes would have a backslash before them. A result that begins
with its values is a list of texts, which are no column."""


def loads(text: str) -> Any:
    """As `json.loads`."""
    if len(text) <= SHORT:
        return json.loads(text)
    columns: list[list[Any]] = []
    rest: list[str] = []
    end = 0
    while found := COLUMN.search(text, end):
        rest.append(text[end : found.end()])
        end = text.index("]", found.end())
        column = _column(text, found.end(), end)
        # A column stands for itself by its number, which is not a list, as all columns are.
        rest[-1] = f"{rest[-1][:-1]}{len(columns)}"
        columns.append(column)
        end += 1
    rest.append(text[end:])
    return json.loads("".join(rest), object_hook=lambda record: _filled(record, columns))


def _column(text: str, begin: int, end: int) -> list[Any]:
    column: list[Any] = []
    while begin < end:
        piece_end = text.find(",", min(begin + SHORT, end), end)
        piece_end = end if piece_end < 0 else piece_end
        column += json.loads(f"[{text[begin:piece_end]}]")
        begin = piece_end + 1
    return column


def _filled(record: dict[str, Any], columns: list[list[Any]]) -> dict[str, Any]:
    for name in NAMES:
        if type(record.get(name)) is int:
            record[name] = columns[record[name]]
    return record
