"""Calls a second, the memory of the process over 10,000 calls of each way to ask, and how fast an answer comes in.

`.venv/bin/python bench/calls.py FOLDER_OF_THE_WASM_FILES`. The server is a process of its own, and answers two points
at once, or 3 MB.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from metric_service import Codec, Config, MetricQuery, MetricService, Plugin
from metric_service.bench import body
from metric_service.over_httpx import HttpxService

CALLS = 10_000
ANSWERS = {"small": body(1, 2), "large": body(50, 2_000)}
SMALL = MetricQuery("mem", 0, 60, 30)
LARGE = MetricQuery("mem", 0, 1_999 * 30, 30, group_by=["kernel_id"])


def serve(port: Connection) -> None:
    """A server that answers by the first part of the path, until its process is ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Until the client closes the connection.
        while head := await reader.readline():
            while (line := await reader.readline()).strip():
                head += line
            lines = head.decode().lower().split("\r\n")
            length = next((line.split(":")[1] for line in lines if line.startswith("content-length:")), "0")
            await reader.readexactly(int(length))
            answer = ANSWERS["large" if "/large/" in lines[0] else "small"]
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer)}\r\n\r\n{answer}".encode())
            await writer.drain()

    async def run() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def mebibytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") >> 20


def measure(name: str, ask: Callable[[], object]) -> None:
    ask()
    print(f"\n{name}, Python {sys.version.split()[0]}: {CALLS} calls")
    for at_once in (1, 8):
        memory = [mebibytes()]
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            for _ in range(4):
                for asked in [threads.submit(ask) for _ in range(CALLS // 4)]:
                    asked.result()
                memory.append(mebibytes())
        seconds = time.perf_counter() - started
        print(f"{at_once} at once: {CALLS / seconds:.0f} calls/s; {' → '.join(f'{size} MiB' for size in memory)}")


def main() -> None:
    folder = Path(sys.argv[1])
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=[sender], daemon=True)
    server.start()
    address = f"http://127.0.0.1:{receiver.recv()}"
    plugin, codec = (Plugin.load(folder / f"{name}.wasm") for name in ("metric_service", "metric_codec"))
    service = MetricService(plugin, Config(f"{address}/small"))
    measure("MetricService", lambda: service.query_metric(SMALL))
    with httpx.Client(trust_env=False) as client:
        over_httpx = HttpxService(Codec(codec, Config(f"{address}/small")), client)
        measure("HttpxService", lambda: over_httpx.query_metric(SMALL))

    # What it takes to bring an answer in is what the plugin takes longer than the codec, which gets the text whole.
    large, megabytes = ANSWERS["large"], len(ANSWERS["large"]) / 1e6
    decodes = Codec(codec, Config("h:1"))
    asks = MetricService(plugin, Config(f"{address}/large"))
    whole, inside = [], []
    for _ in range(20):
        started = time.perf_counter()
        asks.query_metric(LARGE)
        whole.append(time.perf_counter() - started)
        started = time.perf_counter()
        decodes.metric_response(LARGE, 200, large)
        inside.append(time.perf_counter() - started)
    reading, rate = min(inside) * 1e3, megabytes / (min(whole) - min(inside))
    print(f"\nan answer of {megabytes:.1f} MB: {min(whole) * 1e3:.0f} ms, of which its reading is {reading:.0f} ms;")
    print(f"it comes in at {rate:.0f} MB/s")
    server.terminate()


if __name__ == "__main__":
    main()
