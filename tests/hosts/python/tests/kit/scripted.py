"""A Prometheus that says what a case tells it to say, on a loopback port, and keeps what it was sent.

It can also refuse, hang up, fall silent, and cut its answer off. Knows HTTP/1.1, and nothing of metrics.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus
from itertools import count
from types import TracebackType
from typing import Any, Self

from .bodies import body_bytes
from .sent import request_view

# Before an answer breaks off: time for what was sent so far to arrive.
BEFORE_THE_END_SECONDS = 0.03
# No test lasts as long; a thread that is still there then has been forgotten.
LONGEST_SECONDS = 60.0


class ScriptedPrometheus:
    """The `n`th request gets the `n`th answer, further ones the last; one connection carries one request."""

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        self._answers = answers
        self._numbers = count()
        self._stopped = threading.Event()
        self.sent: list[dict[str, Any]] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._socket.getsockname()[1]}"
        # A socket that is bound and does not listen keeps the port closed, and ours.
        if not (answers and answers[0].get("fault") == "refuse"):
            self._socket.listen()
            threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        # close() alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # What goes wrong here was asked for by the case, or is the client's doing.
        with connection, contextlib.suppress(OSError, EOFError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(LONGEST_SECONDS)
            # A connection that is opened and not used takes no answer.
            if connection.recv(1, socket.MSG_PEEK):
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        number = next(self._numbers)
        # Where nothing was foreseen the case has failed, whatever is answered.
        answer = self._answers[min(number, len(self._answers) - 1)] if self._answers else {"status": 418}
        with connection.makefile("rb") as stream:
            method, path, headers = _read_head(stream)
            if "raw" in answer:
                self.sent.append(request_view(method, path, [], ""))
                connection.sendall(body_bytes(answer["raw"]))
                connection.shutdown(socket.SHUT_WR)
                # Closing with unread bytes would reset the connection, and the answer might be lost with it.
                connection.settimeout(1)
                stream.read()
                return
            body = _read_body(stream, dict(headers)).decode("utf-8", "replace")
            authority = dict(headers).get("host")
            self.sent.append(request_view(method, path, headers, body, authority=authority))
            match answer.get("fault"):
                case "stall":
                    self._stopped.wait(LONGEST_SECONDS)
                case None:
                    self._send(connection, answer)

    def _send(self, connection: socket.socket, answer: dict[str, Any]) -> None:
        body = body_bytes(answer.get("body", []))
        status = answer.get("status", 200)
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        in_pieces = any(name in answer for name in ("split-inside", "chunk-size", "chunked"))
        chunked = in_pieces and "content-length" not in headers
        if chunked:
            headers["transfer-encoding"] = "chunked"
        else:
            # The whole length, also when less is sent: that is what "cut off" means.
            headers.setdefault("content-length", str(len(body)))
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        lines = [f"HTTP/1.1 {status} {phrase}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*lines, "\r\n"]).encode())
        for number, chunk in enumerate(_chunks(body, answer)):
            if number and self._stopped.wait(answer.get("pause-ms", 0) / 1000):
                return
            connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if "cut-after" in answer:
            self._stopped.wait(BEFORE_THE_END_SECONDS)
        elif "stall-after" in answer:
            self._stopped.wait(LONGEST_SECONDS)
        elif chunked:
            connection.sendall(b"0\r\n\r\n")


def _chunks(body: bytes, answer: dict[str, Any]) -> Iterator[bytes]:
    sent = body[: answer.get("cut-after", answer.get("stall-after", len(body)))]
    # One byte into the first occurrence of each text.
    ends = {sent.find(text.encode()) + 1 for text in answer.get("split-inside", []) if text.encode() in sent}
    if size := answer.get("chunk-size"):
        ends.update(range(size, len(sent), size))
    start = 0
    for end in sorted(ends | {len(sent)}):
        if end > start:
            yield sent[start:end]
        start = end


def _read_head(stream: Any) -> tuple[str, str, list[tuple[str, str]]]:
    method, path, _ = _line(stream).split(" ", 2)
    headers = []
    while line := _line(stream):
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    return method.lower(), path, headers


def _read_body(stream: Any, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return bytes(stream.read(int(headers.get("content-length", 0))))
    body = b""
    while size := int(_line(stream).partition(";")[0], 16):
        body += stream.read(size)
        _line(stream)
    while _line(stream):
        pass
    return body


def _line(stream: Any) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError("the client went away")
    return str(line.decode("latin-1")).rstrip("\r\n")
