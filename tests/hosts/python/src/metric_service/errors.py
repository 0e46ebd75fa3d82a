"""The contract's `variant error` as exceptions, one class a case; and what a plugin itself can do wrong.

Each case is also the built-in exception that a caller would expect (`ValueError`, `TimeoutError`, …).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Span:
    """The instants of a chunk or a range, both ends among them, Unix milliseconds."""

    start: int
    end: int


class MetricServiceError(Exception):
    """Why a call failed, as the contract names it. The caller can mend the first two cases, the operator the rest."""

    case: ClassVar[str]
    """The case's name in the contract."""
    chunk: Span | None = None
    """Of a range: the chunk whose request it was. None: nothing had been sent, or it was no one chunk's fault."""

    _names: ClassVar[tuple[str, ...]] = ("message",)

    @property
    def fields(self) -> dict[str, Any]:
        """The case's payload, by the contract's names with `_` for `-`; a bare text is `message`."""
        return {name: getattr(self, name) for name in self._names}

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is made again from its text alone, unless it says otherwise; that is no payload.
        return _made_again, (type(self), self.fields), self.__dict__


def _made_again(case: type[MetricServiceError], fields: dict[str, Any]) -> MetricServiceError:
    return case(**fields)


class InvalidTimeRange(MetricServiceError, ValueError):
    """The times cannot be read, or end before they start."""

    case = "invalid-time-range"
    _names = ("reason", "accepted")

    def __init__(self, reason: str, accepted: str) -> None:
        super().__init__(f"{reason} (accepted: {accepted})")
        self.reason = reason
        self.accepted = accepted


class InvalidArgument(MetricServiceError, ValueError):
    """Another part of the query, or of the configuration, cannot be used."""

    case = "invalid-argument"
    _names = ("field", "reason")

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class FailedToGetMetric(MetricServiceError):
    """Prometheus answered, and said no."""

    case = "failed-to-get-metric"
    _names = ("status", "error_type", "message")

    def __init__(self, status: int, error_type: str | None, message: str) -> None:
        kind = f" {error_type}" if error_type else ""
        super().__init__(f"Prometheus answered {status}{kind}: {message}")
        self.status = status
        self.error_type = error_type
        self.message = message


class _Told(MetricServiceError):
    """A case whose payload is a bare text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConnectionFailed(_Told, ConnectionError):
    """No answer came: wrong address, nothing listens there, or the connection broke."""

    case = "connection-failed"


class TimedOut(_Told, TimeoutError):
    """The deadline passed, in the plugin or in Prometheus."""

    case = "timed-out"


class MalformedResponse(_Told):
    """Something answered that does not speak Prometheus's protocol, or stopped half-way."""

    case = "malformed-response"


class LimitExceeded(MetricServiceError):
    """The query asks for more than is allowed."""

    case = "limit-exceeded"
    _names = ("limit", "maximum", "requested", "message")

    def __init__(self, limit: str, maximum: int | None, requested: int | None, message: str | None = None) -> None:
        asked = "more" if requested is None else str(requested)
        allowed = " than is allowed" if maximum is None else f", at most {maximum} allowed"
        told = "" if message is None else f": {message}"
        super().__init__(f"{limit}: {asked} asked for{allowed}{told}")
        self.limit = limit
        self.maximum = maximum
        self.requested = requested
        self.message = message


class PartialAnswer(_Told):
    """The server did not see all data, and `Config.partial` does not accept that."""

    case = "partial-answer"


class Denied(_Told, PermissionError):
    """The host's policy does not let this request out."""

    case = "denied"


CASES: Mapping[str, type[MetricServiceError]] = {
    error.case: error
    for error in (
        InvalidTimeRange,
        InvalidArgument,
        FailedToGetMetric,
        ConnectionFailed,
        TimedOut,
        MalformedResponse,
        LimitExceeded,
        PartialAnswer,
        Denied,
    )
}
"""The exception of each case, by the contract's name."""


class PluginError(Exception):
    """The plugin itself cannot be used, or broke. Not a case of the contract: a bug, or the wrong file."""


class PluginRefused(PluginError):
    """The component asks for more than a plugin may, or lacks what it should export. Said when it is loaded."""


class PluginTrapped(PluginError):
    """The plugin trapped, or ran into a limit, in the middle of a call. The next call gets another instance."""
