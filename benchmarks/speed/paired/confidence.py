"""How sure a median is."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CONFIDENCE", "MedianInterval", "median_interval"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class MedianInterval:
    """A median and where that of endlessly many values lies."""

    median: float
    low: float
    high: float
    coverage: float
    """Probability that the interval holds the true median, at least the one that was asked for."""


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> MedianInterval:
    """The median and its narrowest symmetric interval between two order statistics.

    The k-th smallest of n independent values lies above the true median with the probability that fewer than k of n
    fair coins show heads, whatever the distribution (David and Nagaraja, Order Statistics, 2003, section 7.1). Only
    some probabilities can be had: 11 values give 98.8 % between the 2nd and the 10th, 15 give 96.5 % between the 4th
    and the 12th.

    Args:
        values: at least 6 for 95 %.
        confidence: probability, 0..1, that the interval has at least.

    Raises:
        ValueError: there are too few values for this confidence.
    """
    ordered, count = sorted(values), len(values)
    outside, cut, heads = 0.0, 0, 0.0
    for rank in range(count // 2):
        heads += math.comb(count, rank) / 2**count
        if 1 - 2 * heads < confidence:
            break
        outside, cut = 2 * heads, rank + 1
    if not cut:
        raise ValueError(f"{count} values are too few for an interval of {confidence:.0%}")
    return MedianInterval(statistics.median(ordered), ordered[cut - 1], ordered[-cut], 1 - outside)
