"""Figures of several rounds, and ratios between cases."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import figure, missing, of_rows, ratio


def test_the_median_round_counts_and_all_rounds_are_kept():
    rounds = [[{"name": "a", **figure(value, "ms"), "p95_ms": 10 * value}] for value in (3.0, 1.0, 2.0)]
    (row,) = of_rows(rounds)
    assert (row["value"], row["p95_ms"], row["rounds"]) == (2.0, 20.0, [3.0, 1.0, 2.0])


def test_a_ratio_needs_both_figures():
    rows = {"a": figure(6, "ms"), "b": figure(2, "ms"), "gone": missing("gone", "why")}
    assert ratio("r", rows, "a", "b")[0]["value"] == 3
    assert ratio("r", rows, "a", "gone") == ratio("r", rows, "never", "b") == []
