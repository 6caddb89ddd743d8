"""Stages by themselves."""

import pytest
from stand_ins import write_models

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Child
from benchmarks.speed.registry import SUITES


def test_a_quantised_network_that_is_not_there_is_a_gap_and_not_a_failure(tmp_path):
    write_models(tmp_path)
    settings = {"model": "landmarks", "precision": "int8"}
    child = Child(settings, paths={}, models=str(tmp_path), provider="cpu", seconds=0.01, scratch=str(tmp_path))
    row = SUITES["latency"].works["network"](child)
    assert list(row) == ["missing"]
    assert "there is no landmarks-int8.json" in row["missing"]


def test_the_tracker_is_timed_with_the_points_of_the_shipped_model(tmp_path):
    child = Child({"faces": 1}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    assert SUITES["latency"].works["tracker"](child)["tracked"] == 1
