"""The lines of a face: few on a small one, one for closed lips."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.imaging.face_lines import SMALL_SIZE_PX, face_lines
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray


def face(size: float, gap: float = 0.0) -> FloatArray:
    """Points `(70, 2)` px, those of the 49 that are known, lips `gap` face sizes apart."""
    inner = face_points(size=size)
    middle = inner[43:49].mean(0)
    inner[43:46, 1], inner[46:49, 1] = middle[1] - gap * size / 2, middle[1] + gap * size / 2
    return TOPOLOGY_49.embed(inner[None])[0]


@pytest.mark.parametrize("size", [8.0, 30.0, 200.0])
def test_closed_lips_are_one_line_and_open_ones_two(size: float) -> None:
    assert len(face_lines(face(size, gap=0.02), size)["inner_lip"]) == 1
    assert len(face_lines(face(size, gap=0.2), size)["inner_lip"]) == 2


def test_the_inner_lip_reaches_from_corner_to_corner() -> None:
    points = face(100.0, gap=0.2)
    (upper, lower), right, left = face_lines(points, 100.0)["inner_lip"], points[48, 0], points[54, 0]
    assert np.array_equal(upper[[0, -1]], lower[[0, -1]])
    assert right < upper[0, 0] < points[61, 0] < points[63, 0] < upper[-1, 0] < left


def test_inner_corners_that_the_model_gives_are_used() -> None:
    points = face(100.0, gap=0.2)
    points[[60, 64]] = points[[48, 54]] + [[7, 1], [-7, 1]]
    assert np.allclose(face_lines(points, 100.0)["inner_lip"][0][[0, -1]], points[[60, 64]])


def test_a_small_face_has_few_lines_and_one_for_each_eye() -> None:
    few, many = face_lines(face(SMALL_SIZE_PX - 1), SMALL_SIZE_PX - 1), face_lines(face(40.0), 40.0)
    assert {group for group, lines in few.items() if lines} == {"nostrils", "right_eye", "left_eye", "inner_lip"}
    assert len(few["right_eye"]) == 1
    assert len(many["right_eye"]) == 2
    assert many["right_brow"]


def test_what_is_not_known_is_no_line() -> None:
    points = face(100.0)
    points[[38, 62]] = np.nan
    lines = face_lines(points, 100.0)
    assert len(lines["right_eye"]) == 1
    assert len(lines["inner_lip"]) == 1
    assert lines["jaw"] == []
