"""What points say about a face."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.geometry.face_roi import face_roi
from smile_edge.measures.measure import measure
from smile_edge.topology import TOPOLOGY_49


@pytest.mark.parametrize("degrees", [0, 25, -90, 170])
def test_roll_is_positive_clockwise_on_the_screen(degrees: float) -> None:
    assert measure(face_points(degrees=degrees))["roll"] == pytest.approx(degrees, abs=1e-2)


def test_places_are_the_readouts() -> None:
    measures = measure(face_points(x=100, y=200, size=40))

    assert measures["right_eye"] == pytest.approx((80, 180), abs=1e-3)
    assert measures["left_eye"] == pytest.approx((120, 180), abs=1e-3)
    assert measures["nose"] == pytest.approx((100, 204), abs=1e-3)
    assert measures["mouth"] == pytest.approx((100, 220), abs=1e-3)


@pytest.mark.parametrize("degrees", [0, 60, 180])
def test_openness_does_not_depend_on_turn_or_size(degrees: float) -> None:
    measures = measure(face_points(size=90, degrees=degrees))

    assert measures["eye_open"] == pytest.approx((0.35, 0.35), abs=1e-4)
    assert measures["mouth_open"] == pytest.approx(0.1, abs=1e-4)


def test_one_shut_eye_is_the_subjects_own() -> None:
    points = face_points()
    points[25:31, 1] = points[25:31, 1].mean()

    right, left = measure(points)["eye_open"]

    assert right > 0.3
    assert left == pytest.approx(0, abs=1e-5)


def test_lips_that_cross_count_as_shut() -> None:
    points = face_points()
    points[43:46, 1] += 6

    assert measure(points)["mouth_open"] == 0


def test_points_without_extent_give_zeros_not_nan() -> None:
    measures = measure(np.zeros((49, 2), np.float32))

    assert (measures["roll"], measures["eye_open"], measures["mouth_open"]) == (0, (0, 0), 0)


def test_measures_are_what_plain_geometry_gives() -> None:
    rng = np.random.default_rng(0)
    faces = [face_points(1800 * x, 1000 * y, 10 + 90 * x, 360 * y) for x, y in rng.uniform(0, 1, (20, 2))]
    points = np.stack(faces) + rng.normal(scale=0.7, size=(20, 49, 2)).astype(np.float32)

    for one in points.astype(float):
        found = measure(one)
        eyes, mouth = [one[19:25], one[25:31]], one[43:49]
        five = TOPOLOGY_49.five_points(one)
        axis = (one[31] + one[37] - eyes[0].mean(0) - eyes[1].mean(0)) / 2
        gap = (mouth[[5, 4, 3]] - mouth[[0, 1, 2]]).mean(0)
        assert found["eye_open"] == pytest.approx([_height(eye) / np.linalg.norm(eye[0] - eye[3]) for eye in eyes])
        assert found["mouth_open"] == pytest.approx(max(gap @ axis / (axis @ axis), 0), abs=1e-5)
        assert found["roll"] == pytest.approx(np.degrees(face_roi(five)[2]), abs=1e-3)
        places = (eyes[0].mean(0), eyes[1].mean(0), one[13], one[[31, 34, 37, 40]].mean(0))
        for name, place in zip(("right_eye", "left_eye", "nose", "mouth"), places, strict=True):
            assert found[name] == pytest.approx(place, abs=1e-3)


def _height(eye: np.ndarray) -> float:
    return (np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])) / 2
