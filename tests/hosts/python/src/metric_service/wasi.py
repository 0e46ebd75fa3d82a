"""What a plugin may import, in Python: the clock, waiting, streams, and HTTP requests sent by a `Sender`.

The `wasmtime` package has its own `wasi:http`, and no means to say where requests may go, to add credentials, or to
give a call up; its threads do not survive a fork; and while it waits, a plugin's time to compute runs out. Here a
plugin waits in Python. Knows WASI's interfaces, as much of them as `wit/world.wit` allows, and no metrics.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from wasmtime.component import Linker, ResourceType

from .sender import Failed, Receiver, Request, Sender, shut_down
from .values import NONE, Case, Err, Functions, Number, Ok, Own, Resource, Some
from .waiting import Cancellation, Cancelled, current_cancellation

ALLOWED_IMPORTS = frozenset(
    {
        "wasi:clocks/monotonic-clock",
        "wasi:http/outgoing-handler",
        "wasi:http/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
    }
)
"""What a plugin may import (`wit/world.wit`)."""

REQUEST_BYTES = 4 << 20
"""The longest body of a request. The longest query that Prometheus reads is some 64 kB."""
QUEUED_BYTES = 1 << 20
"""What may wait to be read by the plugin. The rest waits in the network."""
READ_BYTES = 8 << 10
"""What a read gives at most. For wasmtime's API each byte is a value of 32 bytes: the values of more at once no longer
fit into a processor's cache, and cost half as much again."""
REQUESTS = 64
"""Requests of a call under way at once, each with its thread. A range has 8 by default."""
RESOURCES = 10_000
"""Resources of a call. A query has some ten at once, a batch ten for each request under way."""
HEADER_BYTES = 64 << 10
"""The largest head of a request: more than servers take."""
NEVER_SENT = frozenset({"connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
"""Headers that are the sender's."""
CACHE_HINT = "x-metric-cache"
"""For caches of the host; not for the server (`wit/range-service.wit`)."""


class Pollable(Protocol):
    """Something that can be waited for."""

    def is_ready(self) -> bool:
        """Whether there is nothing to wait for any more."""


class Timer:
    """An instant on the monotonic clock, in nanoseconds."""

    def __init__(self, end: int) -> None:
        self.end = end

    def is_ready(self) -> bool:
        return time.monotonic_ns() >= self.end


class Fields:
    """The headers of a request or an answer, names in lower case."""

    def __init__(self, entries: list[tuple[str, bytes]]) -> None:
        self.entries = entries


class OutgoingRequest:
    """A request that is being put together, and its body."""

    def __init__(self, headers: Fields) -> None:
        self.headers = headers
        self.method = "GET"
        self.scheme = "https"
        self.authority = ""
        self.path_with_query = "/"
        self.body: bytearray | None = None
        self.response: Response | None = None
        """Where the answer goes, once it has been handed over."""

    def is_ready(self) -> bool:
        return True


class Response(Receiver):
    """An answer on its way: from a sender's thread, to the plugin."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._pieces: deque[bytes] = deque()
        self._queued = 0
        self._connection: Any = None
        self.status: int | None = None
        self.headers = Fields([])
        self.is_over = False
        self.failure: Failed | None = None
        self.is_closed = False

    def opened(self, connection: Any) -> None:
        with self._changed:
            self._connection = connection
            if self.is_closed:
                raise Failed("connection-terminated")

    def head(self, status: int, headers: list[tuple[str, bytes]]) -> None:
        with self._changed:
            self.status = status
            self.headers = Fields([(name.lower(), value) for name, value in headers])
            self._changed.notify_all()

    def piece(self, data: bytes) -> None:
        with self._changed:
            while self._queued > QUEUED_BYTES and not self.is_closed:
                self._changed.wait()
            if self.is_closed:
                raise Failed("connection-terminated")
            self._pieces.append(data)
            self._queued += len(data)
            self._changed.notify_all()

    def end(self, failure: Failed | None) -> None:
        with self._changed:
            self.is_over = True
            self.failure = failure
            self._connection = None
            self._changed.notify_all()

    def read(self, most: int) -> bytes | None:
        """What has arrived; None: there is nothing more."""
        with self._changed:
            if not self._pieces:
                return None if self.is_over else b""
            data = self._pieces.popleft()
            if len(data) > most:
                self._pieces.appendleft(data[most:])
                data = data[:most]
            self._queued -= len(data)
            self._changed.notify_all()
            return data

    def close(self) -> None:
        """Ends the request: nobody reads on."""
        with self._changed:
            self.is_closed = True
            if self._connection is not None:
                shut_down(self._connection)
            self._changed.notify_all()


class Head:
    """Ready when the head of an answer is there, or never comes."""

    def __init__(self, response: Response) -> None:
        self.response = response

    def is_ready(self) -> bool:
        return self.response.status is not None or self.response.is_over


class Body:
    """Ready when there is something to read, or nothing more to come."""

    def __init__(self, response: Response) -> None:
        self.response = response

    def is_ready(self) -> bool:
        return bool(self.response._pieces) or self.response.is_over


Waited = Callable[[Any, float], None]


class Exchange:
    """What one call of a plugin has: its resources, its requests, and the time that it has waited."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.failure: BaseException | None = None
        """What a function raised: why the call trapped."""
        self.cancellation = Cancellation()
        self._changed = threading.Condition()
        """Notified by whatever is waited for. Its lock guards the answers. One for all calls: an answer may be read by
        a later call than the one that has sent the request."""
        self._waited: Waited = lambda _context, _seconds: None
        self._resources: dict[int, Any] = {}
        self._responses: list[Response] = []
        self._next = 0

    def begin(self, waited: Waited) -> None:
        """For a call that begins in this thread. `waited` is told of each wait, in seconds: no time to compute."""
        self.cancellation = current_cancellation()
        self.cancellation.wakes(self._changed)
        self._waited = waited

    def keep(self, resource: Any) -> int:
        if len(self._resources) >= RESOURCES:
            raise MemoryError(f"the plugin keeps more than {RESOURCES} resources")
        self._next += 1
        self._resources[self._next] = resource
        return self._next

    def get(self, resource: Resource) -> Any:
        return self._resources.pop(resource.rep) if resource.owned else self._resources[resource.rep]

    def drop(self, rep: int) -> None:
        gone = self._resources.pop(rep, None)
        # An answer goes by several names, one after the other; with the last of them nobody reads on.
        if isinstance(gone, Response) and all(kept is not gone for kept in self._resources.values()):
            gone.close()

    def send(self, request: OutgoingRequest) -> None:
        assert request.response is not None
        head = [(name, value) for name, value in request.headers.entries if name != CACHE_HINT]
        sent = Request(
            request.method,
            request.scheme,
            request.authority,
            request.path_with_query,
            head,
            bytes(request.body or b""),
        )
        self.sender.start(sent, request.response)

    def respond(self) -> Response:
        self._responses = [response for response in self._responses if not response.is_over]
        if len(self._responses) >= REQUESTS:
            raise Failed("connection-limit-reached")
        response = Response(self._changed)
        self._responses.append(response)
        return response

    def wait(self, context: Any, pollables: list[Pollable]) -> list[int]:
        """Waits until some are ready, and says which."""
        begin = time.monotonic()
        with self._changed:
            while True:
                if self.cancellation.is_cancelled:
                    raise Cancelled
                ready = [place for place, pollable in enumerate(pollables) if pollable.is_ready()]
                if ready:
                    break
                ends = [pollable.end for pollable in pollables if isinstance(pollable, Timer)]
                self._changed.wait(max(0, min(ends) - time.monotonic_ns()) / 1e9 if ends else None)
        self._waited(context, time.monotonic() - begin)
        return ready

    def close(self) -> None:
        """Ends every request that is still under way."""
        for response in self._responses:
            response.close()
        self._resources.clear()


class Wasi:
    """The interfaces, linked once for a component; which call a function belongs to is what runs in the thread."""

    def __init__(self, linker: Linker, imports: list[str]) -> None:
        self._here = threading.local()
        self._functions = Functions(self._failed)
        self._types: dict[str, int] = {}
        root = linker.root()
        for name in imports:
            with root.add_instance(name) as instance:
                interface = INTERFACES[name.partition("@")[0]]
                for resource in interface.resources:
                    self._types[resource] = len(self._types)
                    instance.add_resource(resource, ResourceType.host(self._types[resource]), self._drop)
                for function, python in interface.functions.items():
                    self._functions.add_function(instance, function, self._bound(python))
        root.close()

    @contextmanager
    def exchange(self, exchange: Exchange) -> Iterator[None]:
        """For as long as a call of a plugin runs in this thread."""
        self._here.exchange = exchange
        try:
            yield
        finally:
            self._here.exchange = None

    def _bound(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(context: Any, *arguments: Any) -> Any:
            exchange: Exchange = self._here.exchange
            if exchange.cancellation.is_cancelled:
                raise Cancelled
            return function(Call(exchange, context, self._types), *arguments)

        return called

    def _drop(self, _store: Any, rep: int) -> None:
        exchange = self._here.exchange
        # None: the store is being taken down, and everything with it.
        if exchange is not None:
            exchange.drop(rep)

    def _failed(self, error: BaseException) -> None:
        if self._here.exchange is not None:
            self._here.exchange.failure = error


class Call:
    """A call of one of the functions below: what the plugin's call has, and where in wasmtime it runs."""

    def __init__(self, exchange: Exchange, context: Any, types: dict[str, int]) -> None:
        self.exchange = exchange
        self._context = context
        self._types = types

    def own(self, resource: Any, name: str) -> Own:
        """A resource for the plugin."""
        return Own(self.exchange.keep(resource), self._types[name])

    def get(self, resource: Resource) -> Any:
        """A resource that the plugin has."""
        return self.exchange.get(resource)

    def wait(self, pollables: list[Pollable]) -> list[int]:
        return self.exchange.wait(self._context, pollables)


def _fields_from_list(call: Call, entries: list[tuple[str, bytes]]) -> Ok | Err:
    kept = [(name.lower(), bytes(value)) for name, value in entries]
    if (
        any(name in NEVER_SENT for name, _ in kept)
        or sum(len(name) + len(value) for name, value in kept) > HEADER_BYTES
    ):
        return Err(Case("forbidden"))
    return Ok(call.own(Fields(kept), "fields"))


def _fields_get(call: Call, fields: Resource, name: str) -> list[bytes]:
    return [value for own, value in call.get(fields).entries if own == name.lower()]


def _setter(attribute: str) -> Callable[[Call, Resource, Any], Ok]:
    def set_attribute(call: Call, request: Resource, value: Any) -> Ok:
        value = value.value if isinstance(value, Some) else value
        # A method or scheme: `get`, `HTTP`; or one of another name.
        if isinstance(value, Case):
            value = value.payload or value.tag
            value = value.lower() if attribute == "scheme" else value.upper()
        if value is not None:
            setattr(call.get(request), attribute, value)
        return Ok()

    return set_attribute


def _request_body(call: Call, request: Resource) -> Ok | Err:
    outgoing = call.get(request)
    if outgoing.body is not None:
        return Err()
    outgoing.body = bytearray()
    return Ok(call.own(outgoing, "outgoing-body"))


def _body_write(call: Call, body: Resource) -> Ok:
    return Ok(call.own(call.get(body), "output-stream"))


def _body_finish(call: Call, body: Resource, _trailers: Some) -> Ok | Err:
    return _sent(call, call.get(body))


def _check_write(call: Call, stream: Resource) -> Ok:
    return Ok(Number("u64", REQUEST_BYTES - len(call.get(stream).body)))


def _write(call: Call, stream: Resource, data: bytes) -> Ok | Err:
    body = call.get(stream).body
    if len(body) + len(data) > REQUEST_BYTES:
        return Err(Case("closed"))
    body += bytes(data)
    return Ok()


def _handle(call: Call, request: Resource, options: Some) -> Ok | Err:
    outgoing = call.get(request)
    if options.value is not None:
        call.get(options.value)
    try:
        outgoing.response = call.exchange.respond()
    except Failed as failure:
        return Err(_error_code(failure))
    # A request with a body leaves when its body is whole.
    if outgoing.body is None and isinstance(refused := _sent(call, outgoing), Err):
        return refused
    return Ok(call.own(outgoing.response, "future-incoming-response"))


def _sent(call: Call, outgoing: OutgoingRequest) -> Ok | Err:
    try:
        call.exchange.send(outgoing)
    except Failed as failure:
        assert outgoing.response is not None
        outgoing.response.end(failure)
        return Err(_error_code(failure))
    return Ok()


def _future_get(call: Call, future: Resource) -> Some:
    response = call.get(future)
    if response.status is not None:
        return Some(Ok(Ok(call.own(response, "incoming-response"))))
    if response.is_over:
        return Some(Ok(Err(_error_code(response.failure or Failed("connection-terminated")))))
    return NONE


def _read(call: Call, stream: Resource, most: int) -> Ok | Err:
    response = call.get(stream)
    data = response.read(min(most, READ_BYTES))
    if data is not None:
        return Ok(data)
    if response.failure is None:
        return Err(Case("closed"))
    return Err(Case("last-operation-failed", call.own(response.failure, "error")))


def _blocking_read(call: Call, stream: Resource, most: int) -> Ok | Err:
    call.wait([Body(call.get(stream))])
    return _read(call, stream, most)


def _error_code(failure: Failed) -> Case:
    match failure.code:
        case "internal-error":
            return Case(failure.code, Some(str(failure.detail)))
        case "HTTP-response-body-size":
            return Case(failure.code, Some(Number("u64", int(failure.detail or 0))))
        case "HTTP-response-header-section-size":
            return Case(failure.code, NONE)
        case code:
            return Case(code)


class Interface:
    """The resources of an interface, and its functions."""

    def __init__(self, resources: list[str], functions: dict[str, Callable[..., Any]]) -> None:
        self.resources = resources
        self.functions = functions


INTERFACES = {
    "wasi:clocks/monotonic-clock": Interface(
        [],
        {
            "now": lambda call: Number("u64", time.monotonic_ns()),
            "resolution": lambda call: Number("u64", 1),
            "subscribe-instant": lambda call, end: call.own(Timer(end), "pollable"),
            "subscribe-duration": lambda call, nanos: call.own(Timer(time.monotonic_ns() + nanos), "pollable"),
        },
    ),
    "wasi:io/error": Interface(
        ["error"],
        {"[method]error.to-debug-string": lambda call, error: call.get(error).code},
    ),
    "wasi:io/poll": Interface(
        ["pollable"],
        {
            "poll": lambda call, all: [Number("u32", n) for n in call.wait([call.get(each) for each in all])],
            "[method]pollable.block": lambda call, one: call.wait([call.get(one)]) and None,
            "[method]pollable.ready": lambda call, one: call.get(one).is_ready(),
        },
    ),
    "wasi:io/streams": Interface(
        ["input-stream", "output-stream"],
        {
            "[method]input-stream.read": _read,
            "[method]input-stream.blocking-read": _blocking_read,
            "[method]input-stream.subscribe": lambda call, stream: call.own(Body(call.get(stream)), "pollable"),
            "[method]output-stream.check-write": _check_write,
            "[method]output-stream.write": _write,
            "[method]output-stream.flush": lambda call, stream: Ok(),
            "[method]output-stream.blocking-flush": lambda call, stream: Ok(),
            "[method]output-stream.blocking-write-and-flush": _write,
            "[method]output-stream.subscribe": lambda call, stream: call.own(call.get(stream), "pollable"),
        },
    ),
    "wasi:http/types": Interface(
        [
            "fields",
            "outgoing-request",
            "outgoing-body",
            "request-options",
            "future-incoming-response",
            "incoming-response",
            "incoming-body",
        ],
        {
            "[static]fields.from-list": _fields_from_list,
            "[method]fields.get": _fields_get,
            "[method]fields.entries": lambda call, fields: list(call.get(fields).entries),
            "[constructor]outgoing-request": lambda call, fields: call.own(
                OutgoingRequest(call.get(fields)), "outgoing-request"
            ),
            "[method]outgoing-request.set-method": _setter("method"),
            "[method]outgoing-request.set-scheme": _setter("scheme"),
            "[method]outgoing-request.set-authority": _setter("authority"),
            "[method]outgoing-request.set-path-with-query": _setter("path_with_query"),
            "[method]outgoing-request.body": _request_body,
            "[method]outgoing-body.write": _body_write,
            "[static]outgoing-body.finish": _body_finish,
            "[method]future-incoming-response.subscribe": lambda call, future: call.own(
                Head(call.get(future)), "pollable"
            ),
            "[method]future-incoming-response.get": _future_get,
            "[method]incoming-response.status": lambda call, response: Number("u16", call.get(response).status),
            "[method]incoming-response.headers": lambda call, response: call.own(call.get(response).headers, "fields"),
            "[method]incoming-response.consume": lambda call, response: Ok(
                call.own(call.get(response), "incoming-body")
            ),
            "[method]incoming-body.stream": lambda call, body: Ok(call.own(call.get(body), "input-stream")),
            "http-error-code": lambda call, error: Some(_error_code(call.get(error))),
        },
    ),
    "wasi:http/outgoing-handler": Interface([], {"handle": _handle}),
}
"""What is linked. Of the rest of WASI's functions each ends the call that comes to it."""
