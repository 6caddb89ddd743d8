"""The interval of a median."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.paired.confidence import median_interval


@pytest.mark.parametrize(
    ("values", "ranks", "coverage"), [(6, (1, 6), 0.96875), (11, (2, 10), 0.98828), (15, (4, 12), 0.96484),
                                      (25, (8, 18), 0.95671), (100, (40, 61), 0.96480)]
)  # fmt: skip
def test_the_interval_of_a_median_lies_between_the_ranks_of_the_tables(values, ranks, coverage):
    found = median_interval(list(range(values, 0, -1)))
    assert (found.low, found.high) == ranks
    assert found.coverage == pytest.approx(coverage, abs=1e-5)
    assert found.median == (values + 1) / 2


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [median_interval(list(rng.lognormal(size=15))) for _ in range(2000)]
    share = np.mean([one.low <= 1 <= one.high for one in found])
    assert share == pytest.approx(found[0].coverage, abs=0.015)


def test_too_few_values_have_no_interval():
    with pytest.raises(ValueError, match="5 values are too few"):
        median_interval([1.0] * 5)
