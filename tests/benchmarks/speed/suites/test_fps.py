"""Frames a second over a scene."""

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.harness.suite import Child
from benchmarks.speed.registry import SUITES


def test_the_pipeline_finds_the_faces_of_a_scene():
    row = SUITES["fps"].works["stream"](
        Child({"size": "480p", "faces": 4, "tracking": True}, paths={}, models=None, provider="cpu", seconds=0.01,
              scratch=".")
    )  # fmt: skip
    assert row["faces_found"] == 4
    assert row["unit"] == "fps"
    assert row["value"] == pytest.approx(row["fps"])
