"""A request as the cases speak of it: decoded where encodings may differ, raw where the text itself counts.

The same view serves the codec's requests and those that reached the scripted Prometheus.
"""

from typing import Any
from urllib.parse import parse_qsl


def request_view(
    method: str,
    path_with_query: str,
    headers: list[tuple[str, str]],
    body: str,
    scheme: str | None = None,
    authority: str | None = None,
) -> dict[str, Any]:
    """The object of the chapter "Requests" of `tests/conformance/README.md`."""
    path, _, query = path_with_query.partition("?")
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    content_type = joined.get("content-type", "").lstrip().lower()
    is_form = content_type.startswith("application/x-www-form-urlencoded")
    return {
        "method": method,
        "scheme": scheme,
        "authority": authority,
        "path": path,
        "path-with-query": path_with_query,
        "query-params": _pairs(query),
        "headers": joined,
        "form": _pairs(body) if is_form else [],
        "body": body,
    }


def _pairs(encoded: str) -> list[list[str]]:
    return [[name, value] for name, value in parse_qsl(encoded, keep_blank_values=True)]
