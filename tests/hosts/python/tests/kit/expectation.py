"""What a case expects, held against an answer: named fields, whole lists, numbers bit for bit, and rules.

Knows JSON, not metrics.
"""

import struct
from typing import Any

from .bodies import matrix_series


def differences(expected: Any, came: Any, at: str = "") -> list[str]:
    """Where an answer is not what was expected; empty if it is."""
    match expected:
        case list():
            if not isinstance(came, list) or len(came) != len(expected):
                return [_difference(at, f"a list of {len(expected)}: {expected!r}", came)]
            return [
                difference
                for index, (one, other) in enumerate(zip(expected, came, strict=True))
                for difference in differences(one, other, f"{at}[{index}]")
            ]
        case dict() if not expected:
            raise ValueError("`{}` accepts anything")
        case dict() if any(name.startswith("$") for name in expected):
            return [difference for rule, argument in expected.items() for difference in _rule(rule, argument, came, at)]
        case dict():
            if not isinstance(came, dict):
                return [_difference(at, repr(expected), came)]
            return [
                difference
                for name, one in expected.items()
                for difference in _field(name, one, came, f"{at}.{name}" if at else name)
            ]
    return [] if same(expected, came) else [_difference(at, repr(expected), came)]


def _field(name: str, expected: Any, came: dict[str, Any], at: str) -> list[str]:
    if name not in came:
        return [_difference(at, repr(expected), came)]
    if name == "labels":
        # All labels are kept and none is added, so they are compared whole.
        return [] if same(expected, came[name]) else [_difference(at, repr(expected), came[name])]
    return differences(expected, came[name], at)


def _rule(rule: str, argument: Any, came: Any, at: str) -> list[str]:
    texts = argument if isinstance(argument, list) else [argument]
    match rule:
        case "$contains":
            holds = isinstance(came, str) and all(text in came for text in texts)
        case "$lacks":
            holds = isinstance(came, str) and not any(text in came for text in texts)
        case "$not-empty":
            holds = isinstance(came, str | list) and len(came) > 0
        case "$shorter-than":
            holds = isinstance(came, str | list) and len(came) < argument
        case "$length":
            holds = isinstance(came, str | list) and len(came) == argument
        case "$at-least":
            holds = _is_number(came) and came >= argument
        case "$at-most":
            holds = _is_number(came) and came <= argument
        case "$any-of":
            holds = any(not differences(choice, came) for choice in argument)
        case "$has":
            holds = isinstance(came, list) and all(
                any(not differences(wanted, element) for element in came) for wanted in argument
            )
        case "$generated":
            return _generated(matrix_series(**argument), came, at)
        case _:
            raise ValueError(f"not a rule: {rule}")
    return [] if holds else [_difference(at, f"{rule} {argument!r}", came)]


def _generated(expected: list[dict[str, Any]], came: Any, at: str) -> list[str]:
    """Points at the first wrong series, not at thousands of values."""
    if not isinstance(came, list) or len(came) != len(expected):
        return [_difference(at, f"{len(expected)} series", came)]
    for index, (one, other) in enumerate(zip(expected, came, strict=True)):
        if not same(one, other):
            return [_difference(f"{at}[{index}]", repr(one), other)]
    return []


def same(expected: Any, came: Any) -> bool:
    """Equality where numbers count bit for bit, and a text may stand for the double that it writes."""
    if _is_number(came):
        if isinstance(expected, str):
            try:
                return bits(float(expected)) == bits(came)
            except ValueError:
                return False
        if not _is_number(expected):
            return False
        if type(expected) is int and type(came) is int:
            return expected == came
        return bits(expected) == bits(came)
    if isinstance(expected, list) and isinstance(came, list):
        return len(expected) == len(came) and all(map(same, expected, came))
    if isinstance(expected, dict) and isinstance(came, dict):
        return expected.keys() == came.keys() and all(same(expected[name], came[name]) for name in expected)
    return type(expected) is type(came) and bool(expected == came)


def bits(number: float) -> bytes:
    """The sixty-four bits of a double."""
    return struct.pack("<d", number)


def _is_number(value: Any) -> bool:
    # Python's truth values are integers; JSON's are not.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _difference(at: str, expected: str, came: Any) -> str:
    shown = repr(came)
    return f"{at or 'the answer'}\n  expected {expected[:600]}\n  came     {shown[:600]}"
