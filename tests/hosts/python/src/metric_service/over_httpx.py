"""The verbs with `httpx` as the sender: the codec makes the request and reads the answer, the client does the rest.

For hosts that need what wasmtime's own `wasi:http` does not offer: credentials, a connection pool, a CA of one's
own, asyncio. Knows httpx and the codec, and nothing of metrics.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from . import asked
from .accept import Identifier, Moment
from .asked import Answer, Asked
from .decisions import (
    InstantAnswer,
    Judgement,
    LiveAnswer,
    LiveOptions,
    MetricQuestion,
    Preset,
    PresetArguments,
    PresetRange,
    Question,
    Run,
)
from .errors import (
    ConnectionFailed,
    FailedToGetMetric,
    LimitExceeded,
    MalformedResponse,
    MetricServiceError,
    TimedOut,
)
from .families import FamilyQuery
from .sender import RESPONSE_BYTES
from .types import Dimension, HttpRequest, MetadataResult, MetricQuery, MetricResult, RangeAnswer, RangeOptions
from .verbs import Codec
from .waiting import awaited

DEFAULT_TIMEOUT_MS = 30_000
"""The contract's, for `Config.timeout` of None."""


CONCURRENCY = 8
"""Requests of one call under way at once, as a range has them unless it says otherwise."""


class HttpxService:
    """The codec's verbs over an `httpx.Client`, which the caller makes, and closes.

    A request is sent once more where the server had closed the kept connection that it went out on.
    `httpx.HTTPTransport(retries=…)` repeats failed connections.
    """

    def __init__(self, codec: Codec, client: httpx.Client, *, response_bytes: int = RESPONSE_BYTES) -> None:
        self.codec = codec
        self.client = client
        self.response_bytes = response_bytes

    def query_metadata(self) -> MetadataResult:
        """The metrics that Prometheus holds."""
        codec = self.codec.at_this_time()
        return codec.metadata_response(*self._send(codec.metadata_request(), self._deadline()))

    def query_metric(self, query: MetricQuery) -> MetricResult:
        """Builds the query, asks Prometheus, and returns the series."""
        # One instant for both halves, so that they lay the same points.
        codec = self.codec.at_this_time()
        return codec.metric_response(query, *self._send(codec.metric_request(query), self._deadline()))

    def query_live_stats(
        self, by: Dimension | str, ids: Iterable[Identifier] | Identifier, options: LiveOptions | None = None
    ) -> LiveAnswer:
        """What subjects use at the moment, and used within a short window; a request for each 100."""
        return self._ask(asked.query_live_stats(by, ids, options))

    def execute_preset(
        self,
        preset: Preset | str,
        arguments: PresetArguments | None = None,
        when: Moment | PresetRange | None = None,
    ) -> InstantAnswer:
        """Asks a preset at an instant, or over a range, in one request. None: the present."""
        return self._ask(asked.execute_preset(preset, arguments, when))

    def evaluate(self, preset: Preset | str, question: Question) -> list[Judgement]:
        """A verdict on each of many subjects, and a decision where it bears one; a request for each 100."""
        return self._ask(asked.evaluate(preset, question))

    def execute_preset_batch(
        self, runs: Iterable[Run], *, partial: bool = False
    ) -> list[InstantAnswer | RangeAnswer | MetricServiceError]:
        """Many presets side by side, each in one request, over a range as well; the answers in their order, an
        exception in the place of one that failed. `partial`: whether an answer of them may be.
        """
        return self._ask(asked.execute_preset_batch(runs, RangeOptions(partial=partial)))

    def evaluate_metric(self, question: MetricQuestion) -> list[Judgement]:
        """As `evaluate`, by a metric of the containers instead of a preset."""
        return self._ask(asked.evaluate_metric(question))

    def query_family(self, query: FamilyQuery) -> MetricResult:
        """Asks for a range of a family, in one request."""
        codec = self.codec.at_this_time()
        return codec.family_response(query, *self._send(codec.family_request(query), self._deadline()))

    def _ask(self, call: Asked[Answer]) -> Answer:
        codec = self.codec.at_this_time()
        requests = codec.requests(call)
        deadline = self._deadline()
        if len(requests) == 1:
            return codec.response(call, [self._send(requests[0], deadline)])
        with ThreadPoolExecutor(CONCURRENCY, "metric-service-httpx") as threads:
            sending = [threads.submit(self._send, request, deadline) for request in requests]
            try:
                responses = [sent.result() for sent in sending]
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise
        return codec.response(call, responses)

    def _deadline(self) -> float:
        return time.monotonic() + _seconds(self.codec)

    def _send(self, request: HttpRequest, deadline: float) -> tuple[int, str]:
        kept = _Connection()
        try:
            return self._sent(request, deadline, kept.opened)
        except ConnectionFailed:
            if not kept.is_stale:
                raise
        return self._sent(request, deadline, kept.opened)

    def _sent(self, request: HttpRequest, deadline: float, trace: Any) -> tuple[int, str]:
        body = bytearray()
        left = max(0.001, deadline - time.monotonic())
        with _httpx_errors(), self.client.stream(**_arguments(request, left, trace)) as response:
            for piece in response.iter_bytes():
                _append(body, piece, self.response_bytes)
                # httpx limits each read. An answer that trickles meets every one of those limits.
                if time.monotonic() > deadline:
                    raise TimedOut(f"the answer was not complete after {_seconds(self.codec)} s")
        return response.status_code, _text(response, body)


class AsyncHttpxService:
    """`HttpxService` for asyncio, over an `httpx.AsyncClient`. Requests are built and answers read beside the loop."""

    def __init__(self, codec: Codec, client: httpx.AsyncClient, *, response_bytes: int = RESPONSE_BYTES) -> None:
        self.codec = codec
        self.client = client
        self.response_bytes = response_bytes

    async def query_metadata(self) -> MetadataResult:
        """The metrics that Prometheus holds."""
        codec = self.codec.at_this_time()
        status, body = await self.send(await awaited(codec.metadata_request))
        return await awaited(lambda: codec.metadata_response(status, body))

    async def query_metric(self, query: MetricQuery) -> MetricResult:
        """Builds the query, asks Prometheus, and returns the series."""
        codec = self.codec.at_this_time()
        status, body = await self.send(await awaited(lambda: codec.metric_request(query)))
        return await awaited(lambda: codec.metric_response(query, status, body))

    async def query_live_stats(
        self, by: Dimension | str, ids: Iterable[Identifier] | Identifier, options: LiveOptions | None = None
    ) -> LiveAnswer:
        """What subjects use at the moment, and used within a short window; a request for each 100."""
        return await self._ask(asked.query_live_stats(by, ids, options))

    async def execute_preset(
        self,
        preset: Preset | str,
        arguments: PresetArguments | None = None,
        when: Moment | PresetRange | None = None,
    ) -> InstantAnswer:
        """Asks a preset at an instant, or over a range, in one request. None: the present."""
        return await self._ask(asked.execute_preset(preset, arguments, when))

    async def evaluate(self, preset: Preset | str, question: Question) -> list[Judgement]:
        """A verdict on each of many subjects, and a decision where it bears one; a request for each 100."""
        return await self._ask(asked.evaluate(preset, question))

    async def execute_preset_batch(
        self, runs: Iterable[Run], *, partial: bool = False
    ) -> list[InstantAnswer | RangeAnswer | MetricServiceError]:
        """Many presets side by side, each in one request, over a range as well; the answers in their order, an
        exception in the place of one that failed. `partial`: whether an answer of them may be.
        """
        return await self._ask(asked.execute_preset_batch(runs, RangeOptions(partial=partial)))

    async def evaluate_metric(self, question: MetricQuestion) -> list[Judgement]:
        """As `evaluate`, by a metric of the containers instead of a preset."""
        return await self._ask(asked.evaluate_metric(question))

    async def query_family(self, query: FamilyQuery) -> MetricResult:
        """Asks for a range of a family, in one request."""
        codec = self.codec.at_this_time()
        status, body = await self.send(await awaited(lambda: codec.family_request(query)))
        return await awaited(lambda: codec.family_response(query, status, body))

    async def _ask(self, call: Asked[Answer]) -> Answer:
        codec = self.codec.at_this_time()
        requests = await awaited(lambda: codec.requests(call))
        places = asyncio.Semaphore(CONCURRENCY)

        async def sent(request: HttpRequest) -> tuple[int, str]:
            async with places:
                return await self.send(request)

        sending = [asyncio.ensure_future(sent(request)) for request in requests]
        try:
            async with self._in_time():
                responses = await asyncio.gather(*sending)
        finally:
            # The first that fails ends the others.
            for each in sending:
                each.cancel()
        return await awaited(lambda: codec.response(call, responses))

    async def send(self, request: HttpRequest) -> tuple[int, str]:
        """Sends a request of the codec's; gives the status and the whole body."""
        seconds = _seconds(self.codec)
        kept = _Connection()
        async with self._in_time():
            try:
                return await self._sent(request, seconds, kept)
            except ConnectionFailed:
                if not kept.is_stale:
                    raise
            return await self._sent(request, seconds, kept)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        seconds = _seconds(self.codec)
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimedOut:
            raise
        except TimeoutError as error:
            raise TimedOut(f"the answer was not complete after {seconds} s") from error

    async def _sent(self, request: HttpRequest, seconds: float, kept: _Connection) -> tuple[int, str]:
        async def opened(event: str, info: Any) -> None:
            kept.opened(event, info)

        body = bytearray()
        with _httpx_errors():
            async with self.client.stream(**_arguments(request, seconds, opened)) as response:
                async for piece in response.aiter_bytes():
                    _append(body, piece, self.response_bytes)
        return response.status_code, _text(response, body)


class _Connection:
    """What becomes of the connection of a request. A kept one may have been closed by the server meanwhile."""

    def __init__(self) -> None:
        self.is_stale = True
        """Whether it was kept from an earlier request, and no answer has come on it."""

    def opened(self, event: str, _info: Any) -> None:
        if event == "connection.connect_tcp.started" or event.endswith("receive_response_headers.complete"):
            self.is_stale = False


def _seconds(codec: Codec) -> float:
    milliseconds = codec.config.timeout
    # A duration has become a number when the configuration was made.
    return (milliseconds if isinstance(milliseconds, int) else DEFAULT_TIMEOUT_MS) / 1000


def _arguments(request: HttpRequest, seconds: float, trace: Any) -> dict[str, Any]:
    # `raw_path` goes out as it stands: httpx must not encode a second time what is encoded already.
    url = httpx.URL(f"{request.scheme}://{request.authority}").copy_with(
        raw_path=request.path_with_query.encode("ascii")
    )
    return {
        "method": request.method.upper(),
        "url": url,
        "headers": request.headers,
        "content": request.body.encode() or None,
        "timeout": seconds,
        "extensions": {"trace": trace},
        # Credentials would go along to wherever the redirection points.
        "follow_redirects": False,
    }


def _append(body: bytearray, piece: bytes, most: int) -> None:
    if len(body) + len(piece) > most:
        raise LimitExceeded(limit="response-bytes", maximum=most, requested=None)
    body += piece


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """httpx's failures as the contract's."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise TimedOut(f"{type(error).__name__}: {error}") from error
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        # One class for who hangs up without a word, and for who speaks something else; only the text differs.
        if str(error).startswith("Server disconnected"):
            raise ConnectionFailed(str(error)) from error
        raise MalformedResponse(str(error)) from error
    except httpx.RequestError as error:
        raise ConnectionFailed(f"{type(error).__name__}: {error}") from error


def _text(response: httpx.Response, body: bytearray) -> str:
    """The body, unless it is elsewhere.

    Prometheus writes UTF-8; of a refusal in another encoding the message is kept as far as it can be.
    """
    if response.is_redirect:
        # Only who sends knows where to: the codec is not told of headers.
        to = response.headers.get("location", "elsewhere")
        said = f"redirected: {to}; redirects are not followed: configure the address that answers"
        raise FailedToGetMetric(response.status_code, None, said)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if response.is_success:
            raise MalformedResponse(f"the answer is not UTF-8: {error}") from error
        return body.decode("utf-8", "replace")
