"""Figures of a run, without numpy: the command line starts before it is loaded."""

import math
from collections.abc import Sequence

__all__ = ["clock_text", "percentile"]


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of values in any order; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


def clock_text(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
