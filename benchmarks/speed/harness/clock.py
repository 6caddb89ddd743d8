"""Timing loops: warm up first, then measure for a while."""

import time
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["pace_of", "seconds_of", "seconds_of_each"]

FEWEST, MOST = 20, 5000
"""Calls that are timed, whatever the time given."""


def seconds_of(work: Callable[[], Any], seconds: float) -> list[float]:
    """The time of each call, after a tenth of the time (and three calls at least) for warming up.

    Args:
        work: called over and over.
        seconds: how long to measure; fewer calls than `FEWEST` are never enough, more than `MOST` never needed.
    """
    _repeat(work, seconds / 10, 3)
    return _repeat(work, seconds, FEWEST)


def seconds_of_each(items: Iterator[Any]) -> list[float]:
    """The time until each item of what ends by itself, the first three left out."""
    taken = []
    start = time.perf_counter()
    for _ in items:
        now = time.perf_counter()
        taken.append(now - start)
        start = now
    return taken[3:]


def pace_of(work: Callable[[], Any], seconds: float) -> float:
    """Calls a second of `work`, called for `seconds` without being timed one by one."""
    start = time.perf_counter()
    calls = 0
    while True:
        work()
        calls += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            return calls / spent


def _repeat(work: Callable[[], Any], seconds: float, fewest: int) -> list[float]:
    end = time.perf_counter() + seconds
    taken: list[float] = []
    while len(taken) < fewest or (time.perf_counter() < end and len(taken) < MOST):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken
