"""The age of a frame when its result is there, with slow outputs, and when it has arrived."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.speed.harness.suite import Child
from benchmarks.speed.registry import SUITES


def test_a_slow_output_is_compared_with_none_in_the_same_run():
    row = SUITES["age"].works["sleeping"](
        Child({"seconds": 1.4}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=".")
    )
    assert row["frames"] == 20  # of the first second's thirty, a third of them to warm up
    assert 0 < row["without_p50_ms"] <= row["without_p99_ms"]
    changes = [row["value"] for row in results_of("age")["rows"] if "over without" in row["name"]]
    assert changes == [0.5, 1]


def test_every_record_arrives_by_udp_and_is_as_old_as_its_result_at_least():
    child = Child({"seconds": 1.0}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=".")
    row = SUITES["age"].works["sending"](child)
    assert row["frames"] > 0
    assert row["lost"] == row["left_out"] == 0
    assert 0 < row["p50_ms"] <= row["p99_ms"]
