"""Percentiles."""

from smile_edge.streaming.statistics import percentile


def test_a_percentile_is_the_nearest_rank() -> None:
    assert [percentile([4, 1, 3, 2], percent) for percent in (0, 25, 50, 51, 100)] == [1, 1, 2, 3, 4]
    assert percentile([], 50) == 0
