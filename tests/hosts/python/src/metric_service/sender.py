"""Requests of a plugin, sent with Python's own `http.client`: where they may go, what is added, how much comes back.

One request runs in one thread, and hands on what arrives to a `Receiver`. Connections are kept. Knows HTTP, and
nothing of wasm or metrics.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import selectors
import socket
import ssl
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

RESPONSE_BYTES = 256 << 20
"""The largest answer that is read. The largest default result, 100 MB, comes from about that much JSON."""

PIECE_BYTES = 64 << 10
IDLE_CONNECTIONS = 8
"""As many as the requests of one range that are under way at once, by default."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class Failed(Exception):
    """Why there is no answer: a case of `wasi:http`'s `error-code`, and what belongs to it."""

    def __init__(self, code: str, detail: str | int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class _Stale(Exception):
    """The server had closed a kept connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, its head checked by nobody yet."""

    method: str
    scheme: str
    authority: str
    path_with_query: str
    headers: list[tuple[str, bytes]]
    body: bytes


class Receiver(Protocol):
    """What an answer goes to. Each call may come from another thread."""

    def opened(self, connection: socket.socket) -> None:
        """The connection is there; shutting it down ends the request. Raises where nobody waits any more."""

    def head(self, status: int, headers: list[tuple[str, bytes]]) -> None:
        """The head is there."""

    def piece(self, data: bytes) -> None:
        """The next piece of the body. Waits until there is room for it."""

    def end(self, failure: Failed | None) -> None:
        """There is nothing more."""


class Sender:
    """How the requests of a plugin are sent. May be shared between threads, services and forked processes."""

    def __init__(
        self,
        *,
        allow: Iterable[str] | None = None,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        response_bytes: int = RESPONSE_BYTES,
        read_seconds: float = 600.0,
    ) -> None:
        """`allow`: the addresses that requests may go to, as in `Config.address`; None: to that one alone. `headers`
        are added to each request, after it has left the plugin: credentials belong here. `read_seconds`: how long the
        server may say nothing; `Config.timeout` ends a call sooner.
        """
        self._allowed = None if allow is None else frozenset(_origin(address) for address in allow)
        self._headers = dict(headers or {})
        self._tls = tls
        self._response_bytes = response_bytes
        self._read_seconds = read_seconds
        self._pool = _Pool()

    def for_address(self, address: str) -> Sender:
        """The same, for requests to that address where no others are allowed."""
        if self._allowed is not None:
            return self
        other = object.__new__(Sender)
        other.__dict__.update(self.__dict__, _allowed=frozenset({_origin(address)}))
        return other

    def start(self, request: Request, receiver: Receiver) -> None:
        """Sends a request in a thread of its own. Raises what is refused before anything is sent."""
        origin = _origin(f"{request.scheme}://{request.authority}")
        if request.method not in ("GET", "POST") or origin not in (self._allowed or ()):
            raise Failed("HTTP-request-denied")
        thread = threading.Thread(
            target=self._run, args=[request, origin, receiver], name="metric-service-request", daemon=True
        )
        thread.start()

    def _run(self, request: Request, origin: Origin, receiver: Receiver) -> None:
        try:
            self._exchange(request, origin, receiver)
        except Exception as error:
            receiver.end(error if isinstance(error, Failed) else _failed(error))
        else:
            receiver.end(None)

    def _exchange(self, request: Request, origin: Origin, receiver: Receiver) -> None:
        kept = self._pool.take(origin)
        if kept is not None:
            try:
                return self._exchange_on(kept, request, origin, receiver)
            except _Stale:
                pass
        self._exchange_on(self._connection(origin), request, origin, receiver)

    def _exchange_on(
        self, connection: http.client.HTTPConnection, request: Request, origin: Origin, receiver: Receiver
    ) -> None:
        is_kept = connection.sock is not None
        is_reusable = False
        try:
            try:
                response = self._sent(connection, request, receiver)
            except ConnectionError as error:
                # The server has closed a connection that waited. Nothing came of it, and a query changes nothing.
                if is_kept:
                    raise _Stale from error
                raise
            with response:
                head = [(name, value.encode("latin-1")) for name, value in response.getheaders()]
                receiver.head(response.status, head)
                self._read_body(response, receiver)
                is_reusable = not response.will_close
        finally:
            if is_reusable:
                self._pool.give(origin, connection)
            else:
                connection.close()

    def _connection(self, origin: Origin) -> http.client.HTTPConnection:
        scheme, host, port = origin
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._read_seconds)
        tls = self._tls or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._read_seconds, context=tls)

    def _sent(
        self, connection: http.client.HTTPConnection, request: Request, receiver: Receiver
    ) -> http.client.HTTPResponse:
        if connection.sock is None:
            connection.connect()
        receiver.opened(connection.sock)
        connection.putrequest(request.method, request.path_with_query, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", request.authority)
        for name, value in [*request.headers, *((name, value.encode()) for name, value in self._headers.items())]:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        return connection.getresponse()

    def _read_body(self, response: http.client.HTTPResponse, receiver: Receiver) -> None:
        came = 0
        while data := response.read1(PIECE_BYTES):
            came += len(data)
            if came > self._response_bytes:
                raise Failed("HTTP-response-body-size", self._response_bytes)
            receiver.piece(data)
        if response.length:
            raise Failed("HTTP-response-incomplete")


Origin = tuple[str, str, int]
"""Scheme, host in lower case, and port."""


def _origin(address: str) -> Origin:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return parts.scheme.lower(), parts.hostname or "", port


class _Pool:
    """Connections that wait for their next request."""

    def __init__(self) -> None:
        self._idle: list[tuple[Origin, http.client.HTTPConnection]] = []
        self.forget()
        _pools.add(self)

    def forget(self) -> None:
        """Lets go of all: in a forked process they are the parent's, and so may the lock be."""
        self._lock = threading.Lock()
        for _, connection in self._idle:
            connection.close()
        self._idle = []

    def __del__(self) -> None:
        self.forget()

    def take(self, origin: Origin) -> http.client.HTTPConnection | None:
        while (connection := self._popped(origin)) is not None:
            if _is_quiet(connection.sock):
                return connection
            connection.close()
        return None

    def _popped(self, origin: Origin) -> http.client.HTTPConnection | None:
        with self._lock:
            for place in reversed(range(len(self._idle))):
                if self._idle[place][0] == origin:
                    return self._idle.pop(place)[1]
        return None

    def give(self, origin: Origin, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._idle.append((origin, connection))
            over = self._idle.pop(0)[1] if len(self._idle) > IDLE_CONNECTIONS else None
        if over is not None:
            over.close()


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come that was not asked for: its end, or what would pass for the next answer."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return not selector.select(0)


_pools: weakref.WeakSet[_Pool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _failed(error: Exception) -> Failed:
    """What went wrong, in the words of `wasi:http`."""
    match error:
        case ssl.SSLCertVerificationError():
            return Failed("TLS-certificate-error")
        case ssl.SSLError():
            return Failed("TLS-protocol-error")
        case socket.gaierror():
            return Failed("destination-not-found")
        case TimeoutError():
            return Failed("HTTP-response-timeout")
        case ConnectionRefusedError():
            return Failed("connection-refused")
        # Before `BadStatusLine` and `ConnectionResetError`, which it is as well.
        case http.client.RemoteDisconnected() | ConnectionError():
            return Failed("connection-terminated")
        case http.client.IncompleteRead():
            return Failed("HTTP-response-incomplete")
        case http.client.LineTooLong():
            return Failed("HTTP-response-header-section-size")
        case http.client.InvalidURL():
            return Failed("HTTP-request-URI-invalid")
        case http.client.HTTPException() | ValueError():
            return Failed("HTTP-protocol-error")
        case OSError(errno=errno.EHOSTUNREACH | errno.ENETUNREACH):
            return Failed("destination-unavailable")
        case OSError(errno=errno.EADDRNOTAVAIL):
            return Failed("internal-error", "no local port is free for a connection")
        case _:
            return Failed("internal-error", f"{type(error).__name__}: {error}")


def shut_down(connection: socket.socket) -> None:
    """Ends whatever waits for the connection, in whichever thread."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
