"""What clients of the server change, measured within one run."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from speed_results import results_of

from benchmarks.speed.harness.suite import Child
from benchmarks.speed.registry import SUITES


def test_clients_come_and_go_within_one_run(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.suites.serve.READING", 3)
    monkeypatch.setattr("benchmarks.speed.suites.serve.STUCK", 2)
    settings = {"rounds": 1, "round_s": 3.0}

    row = SUITES["serve"].works["crowd"](
        Child(settings, paths={}, models=None, provider="cpu", seconds=0.01, scratch=".")
    )

    assert row["frames"] > 0
    assert row["received_mb"] > 0
    assert 0 < row["without_p50_ms"] <= row["without_p99_ms"]
    assert row["peak_mb"] > 0


def test_what_they_add_is_said():
    rows = {row["name"]: row["value"] for row in results_of("serve", 2.0)["rows"]}
    assert rows["p50, with clients less without, the same run"] == 0
    assert rows["memory, with clients less before"] == 2
