"""A folder of images against the bare loop."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Child, Plan
from benchmarks.speed.registry import SUITES


def test_image_batch_and_the_bare_loop_go_over_the_same_files(tmp_path):
    batch = SUITES["batch"]
    batch.prepare(Plan(tmp_path, quick=True))
    child = Child({"workers": 1}, paths={}, models=None, provider="cpu", seconds=0.01, scratch=str(tmp_path))
    rows = [batch.works[work](child) for work in ("bare imread loop", "image batch", "image batch --fast")]
    assert [row["images"] for row in rows] == [16, 16, 16]
    assert [row["faces_found"] for row in rows[1:]] == [4, 4]
    assert {model["obtained"] for model in child.used} == {"cpu"}
