"""Thresholds: what is counted, and what is made of it."""

import math

import cv2
import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.accuracy.thresholds.report import threshold_plot, threshold_table
from benchmarks.accuracy.thresholds.suite import FAST, FIRST_FRAME, PICTURES, at, measure_thresholds, sure_of
from smile_edge.sources.demo import load_portrait

FACE = np.array([[10, 10, 40, 50]], np.float32)


def test_a_threshold_leaves_fewer_false_faces_and_fewer_faces():
    found = [
        (FACE, np.float32([0.9])),
        (np.float32([[10, 10, 40, 50], [210, 10, 40, 50]]), np.float32([0.3, 0.5])),
    ]
    truth = [(FACE, np.zeros(1, bool))] * 2

    curve = sure_of(found, truth, 20)

    assert at(curve, 0.2) == {"precision": pytest.approx(2 / 3), "recall": 1.0}
    assert at(curve, 0.4) == {"precision": 0.5, "recall": 0.5}
    assert at(curve, 0.6) == {"precision": 1.0, "recall": 0.5}
    assert math.isnan(at(curve, 0.95)["precision"])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A pack of one portrait."""
    pack = tmp_path_factory.mktemp("packs") / "street"
    (pack / "images").mkdir(parents=True)
    portrait, points = load_portrait()
    cv2.imwrite(str(pack / "images" / "one.png"), portrait)
    (left, top), (right, bottom) = points.min(0), points.max(0)
    width = right - left
    box = [left - 0.25 * width, top - 0.6 * width, 1.5 * width, bottom - top + 0.9 * width]
    numbers = " ".join(str(round(float(value))) for value in box)
    (pack / "wider_face_bbx_gt.txt").write_text(f"one.png\n1\n{numbers} 0 0 0 0 0 0\n", "utf-8")
    return {"command": "python -m benchmarks thresholds", **measure_thresholds([pack])}


def test_pictures_are_looked_at_in_three_ways_with_the_thresholds_that_ship(results):
    shipped = {kind: found["shipped"] for kind, found in results["kinds"].items()}

    assert shipped == {PICTURES: [0.55], FAST: [0.5], FIRST_FRAME: [0.8, 0.4]}
    assert all(at(found["curves"]["20"], 0.4)["recall"] == 1 for found in results["kinds"].values())


def test_the_table_has_a_row_for_each_threshold_and_the_plot_a_panel_for_each_share(results):
    rows = threshold_table(results).splitlines()[2:]

    assert [row.split(" | ")[1] for row in rows] == ["0.55", "0.5", "0.8", "0.4"]
    assert len(threshold_plot(results).axes) == 2
