"""Writes `insight.json`: samples, and what numpy makes of them, by the definitions in `wit/insight.wit`.

Run it where numpy is: `python3 insight.py` writes the table, `python3 insight.py --check` holds the committed one to it
(1e-12 relative). The unit tests of `guest/src/domain/insight` read the table; they need no Python.
"""

import json
import math
import pathlib
import sys

import numpy as np

TABLE = pathlib.Path(__file__).with_name("insight.json")
QUANTILES = [0.0, 0.05, 0.3, 0.5, 0.95, 0.99, 1.0]
NORMAL = 1.482602218505602
STEP, DAY, HOUR = 900, 86400, 3600


def plain(value):
    """A number, or null where there is none."""
    if isinstance(value, (list, np.ndarray)):
        return [plain(each) for each in value]
    return None if math.isnan(value) else float(value)


def summary(name, values):
    numbers = np.array([value for value in values if not math.isnan(value)])
    none = len(numbers) == 0
    quantiles = [math.nan] * len(QUANTILES) if none else np.quantile(numbers, QUANTILES, method="linear")
    statistics = [math.nan] * 5 if none else [
        numbers[0], numbers[-1], numbers.min(), numbers.max(), math.fsum(numbers) / len(numbers)]
    return {"name": name, "values": plain(values), "not_numbers": len(values) - len(numbers),
            "statistics": plain(statistics), "quantiles": plain(quantiles)}


def moving(name, values, window):
    """Over windows of so many values, as `pointwise` with a window has it."""
    rows = np.lib.stride_tricks.sliding_window_view(np.array(values), window)
    return {"name": name, "values": plain(values), "window": window,
            "avg": plain(rows.mean(axis=1)), "max": plain(rows.max(axis=1)), "min": plain(rows.min(axis=1)),
            "p95": plain(np.quantile(rows, 0.95, axis=1, method="linear"))}


def around(values, sensitivity=3.0):
    """The band around the median of what was learnt."""
    middle = np.median(values)
    half = max(sensitivity * NORMAL * np.median(np.abs(values - middle)), 0.1 * abs(middle), 1e-9, 1e-12 * abs(middle))
    return [middle, middle - half, middle + half]


NONE = [math.nan] * 3


def robust(times, values, at, lookback=DAY):
    learnt = values[(times >= at - lookback) & (times < at)]
    learnt = learnt[np.isfinite(learnt)]
    return around(learnt) if len(learnt) >= 12 else NONE


def seasonal(times, values, at, lookback=7 * DAY, season=DAY):
    learnt, seasons = [], 0
    for number in range(1, lookback // season + 1):
        near = values[(np.abs(times - (at - number * season)) <= 1800) & (times >= at - lookback)]
        near = near[np.isfinite(near)]
        seasons += len(near) > 0
        learnt.extend(near)
    return around(np.array(learnt)) if seasons >= 2 else NONE


def adaptive(times, values, at, lookback):
    def hour(end):
        within = values[(times > end - HOUR) & (times <= end)]
        within = within[np.isfinite(within) & (within > 0)]
        return (within.mean(), within.std()) if len(within) else None

    known = values[(times >= at - lookback) & (times < at)]
    now = hour(at)
    if now is None or (np.isfinite(known) & (known > 0)).sum() < 12:
        return NONE
    smoothed = min(26 * HOUR, lookback - HOUR)
    hours = [hour(end) for end in times[(times > at - smoothed) & (times <= at)]]
    restless = [deviation for mean, deviation in filter(None, hours) if deviation > 0.5 * mean]
    halves = [0.5 * now[0]] + ([2 * np.mean(restless)] if restless else [])
    lower, upper = now[0] - max(halves), now[0] + max(halves)
    for ago in (84600, 603000):
        then = hour(at - ago) if ago <= lookback and at - ago >= times[0] else None
        if then:
            lower, upper = min(lower, then[0] - 2 * then[1]), max(upper, then[0] + 2 * then[1])
    least = max(1e-9, 1e-12 * abs(now[0]))
    return [now[0], min(max(lower, 0.0), now[0] - least), max(upper, now[0] + least)]


def bands(name, values):
    times = np.arange(len(values)) * STEP
    values = np.array(values)
    first = 7 * DAY // STEP
    watched = times[first:]
    return {"name": name, "step": STEP, "values": plain(values), "from": first,
            "seasonal": plain([seasonal(times, values, at) for at in watched]),
            "robust": plain([robust(times, values, at) for at in watched]),
            "adaptive": plain([adaptive(times, values, at, 27 * HOUR) for at in watched]),
            "adaptive_week": plain([adaptive(times, values, at, 7 * DAY) for at in watched])}


def table():
    random = np.random.Generator(np.random.PCG64(13))
    noise = random.normal(0, 1, 40)
    gaps = np.where(random.random(40) < 0.3, math.nan, noise)
    points = 7 * DAY // STEP + 48
    clock = np.arange(points) * STEP
    season = 100 + 60 * np.sin(2 * np.pi * clock / DAY) + random.normal(0, 4, points)
    young = np.where(clock < 6 * DAY, math.nan, season)
    holes = np.where(random.random(points) < 0.1, math.nan, season)
    holes[100:180] = math.nan
    bursts = np.where(random.random(points) < 0.1, 900.0, 3.0) + random.random(points)
    idle = np.where(clock % DAY < DAY / 2, 0.0, 5.0)
    rounded = lambda values: [round(float(value), 3) for value in values]
    return {
        "quantile_parts": QUANTILES,
        "summaries": [
            summary("noise", list(noise)),
            summary("gaps", list(gaps)),
            summary("large and close", list(8.0 * 1024**3 + 1024 * noise)),
            summary("many decades", list(10.0 ** random.uniform(-12, 12, 40))),
            summary("flat", [0.1] * 10),
            summary("one", [7.25]),
            summary("two", [1.0, 2.0]),
            summary("none", [math.nan, math.nan]),
        ],
        "moving": [moving("noise", list(noise), 7), moving("large and close", list(8.0 * 1024**3 + 1024 * noise), 12)],
        "bands": [bands(name, rounded(values)) for name, values in [
            ("season", season), ("young", young), ("holes", holes), ("bursts", bursts), ("idle", idle),
            ("flat", [42.0] * points)]],
    }


def same(found, committed):
    if isinstance(found, dict):
        return found.keys() == committed.keys() and all(same(found[key], committed[key]) for key in found)
    if isinstance(found, list):
        return len(found) == len(committed) and all(map(same, found, committed))
    if isinstance(found, float) and isinstance(committed, (int, float)):
        return math.isclose(found, committed, rel_tol=1e-12, abs_tol=1e-12)
    return found == committed


if __name__ == "__main__":
    made = table()
    if sys.argv[1:] == ["--check"]:
        sys.exit(None if same(made, json.loads(TABLE.read_text())) else "insight.json is not what numpy makes")
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in made.items())
    TABLE.write_text("{" + rows + "}\n")
