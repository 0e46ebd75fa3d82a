"""A server on a loopback port that does with each connection what a test says. Knows as much of HTTP as it has to."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

EMPTY = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'


@contextlib.contextmanager
def serving(connection_made: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that gives each connection to a thread of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(60)
            connection_made(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def read_request(connection: socket.socket) -> bytes:
    """One request with its body; empty when the client has gone."""
    came = b""
    while b"\r\n\r\n" not in came:
        piece = connection.recv(65536)
        if not piece:
            return b""
        came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(missing))
    return head


def answer(connection: socket.socket, body: bytes = EMPTY) -> None:
    """A whole answer, on a connection that is kept."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))


def answer_in_chunks(connection: socket.socket, chunks: Iterator[bytes]) -> None:
    """An answer of any length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    for chunk in chunks:
        connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    connection.sendall(b"0\r\n\r\n")


def long_answer(mebibytes: int) -> Iterator[bytes]:
    """An answer with one series of so many bytes of samples."""
    yield b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"value_type":"current"},"values":['
    sent, second = 0, 1_767_571_200
    while sent < mebibytes << 20:
        rows = b",".join(b'[%d,"1234.5678901"]' % (second + row) for row in range(20_000))
        second += 20_000
        yield rows if sent == 0 else b"," + rows
        sent += len(rows)
    yield b"]}]}}"
