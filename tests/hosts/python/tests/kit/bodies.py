"""Bodies of a case: text, repeated text, bytes, generated matrices. Knows their format, and nothing of metrics."""

from functools import lru_cache
from typing import Any


def body_bytes(body: Any) -> bytes:
    """The bytes of a body: one part, or a list of them joined."""
    parts = body if isinstance(body, list) else [body]
    return b"".join(map(_part, parts))


def _part(part: Any) -> bytes:
    match part:
        case str():
            return part.encode()
        case {"repeat": text, "times": times}:
            return (text * times).encode()
        case {"hex": digits}:
            return bytes.fromhex(digits)
        case {"matrix": matrix}:
            return _matrix(matrix["series"], matrix["points"], matrix["start"], matrix["step"])
    raise ValueError(f"not a part of a body: {part!r}")


# The largest have nearly 300,000 points, and are sent through each door.
@lru_cache(maxsize=16)
def _matrix(series: int, points: int, start: int, step: int) -> bytes:
    def values(s: int) -> str:
        return ",".join(f'[{start + p * step},"{1000 * s + p}.5"]' for p in range(points))

    rows = ",".join(
        f'{{"metric":{{"kernel_id":"{kernel(s)}","value_type":"current"}},"values":[{values(s)}]}}'
        for s in range(series)
    )
    return f'{{"status":"success","data":{{"resultType":"matrix","result":[{rows}]}}}}'.encode()


def matrix_series(series: int, points: int, start: int, step: int) -> list[dict[str, Any]]:
    """The series that have to come out of a generated matrix."""
    timestamps = [(start + p * step) * 1000 for p in range(points)]
    return [
        {
            "labels": {"kernel_id": kernel(s), "value_type": "current"},
            "timestamps": timestamps,
            "values": [1000.0 * s + p + 0.5 for p in range(points)],
        }
        for s in range(series)
    ]


def kernel(number: int) -> str:
    """The kernel of a generated series."""
    return f"kernel-{number:05}"
