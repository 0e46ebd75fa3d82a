"""The other competitor: the same query in a Python service, with aiohttp and pydantic, one object a point.

Asks the Prometheus at the address that is its argument. Each line on stdin is a job, a JSON object: the `form` of a
range query, how many `times` to ask, and how many `at_once`. The answer to a line is a line: how many points were
read in all.
"""

import asyncio
import json
import sys

import aiohttp
from pydantic import BaseModel


class Point(BaseModel):
    """A sample, as users of such services are given it."""

    timestamp: float
    value: float


class Series(BaseModel):
    """A series: its labels and its samples."""

    metric: dict[str, str]
    values: list[Point]


class Result(BaseModel):
    """The answer to a query."""

    series: list[Series]


async def ask(session: aiohttp.ClientSession, form: dict[str, str]) -> Result:
    """One query."""
    async with session.post("/api/v1/query_range", data=form) as response:
        response.raise_for_status()
        answer = await response.json()
    return Result(
        series=[
            Series(
                metric=series["metric"],
                values=[Point(timestamp=time, value=value) for time, value in series["values"]],
            )
            for series in answer["data"]["result"]
        ]
    )


async def work(session: aiohttp.ClientSession, form: dict[str, str], times: int, at_once: int) -> int:
    """All queries of a job, by so many askers side by side."""
    left = iter(range(times))

    async def asker() -> int:
        points = 0
        for _ in left:
            result = await ask(session, form)
            points += sum(len(series.values) for series in result.series)
        return points

    return sum(await asyncio.gather(*(asker() for _ in range(at_once))))


async def main(address: str) -> None:
    """Job after job, until stdin ends."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(f"http://{address}") as session:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            job = json.loads(line)
            print(await work(session, job["form"], job["times"], job["at_once"]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
