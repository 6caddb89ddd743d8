"""A face: its 70 points, what is known of them, and how it is written."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

FACE = face_of(face_points(), 0.125)


def test_points_carry_their_sigma_and_are_null_where_the_model_does_not_give_them() -> None:
    points = FACE.to_dict()["points"]

    assert len(points) == 70
    known = [index for index, point in enumerate(points) if point is not None]
    assert tuple(known) == TOPOLOGY_49.indices
    assert points[17] == [*np.round(face_points()[0].astype(float), 2).tolist(), 0.12]


def test_the_inner_points_are_those_of_the_model() -> None:
    np.testing.assert_array_equal(FACE.inner_points(), face_points())
    np.testing.assert_array_equal(FACE.five_points(), TOPOLOGY_49.five_points(face_points()))
    assert FACE.inner_sigma().tolist() == [0.125] * 49


def test_places_are_the_means_of_their_points() -> None:
    face = face_of(face_points(x=100, y=200, size=40))

    assert face.right_eye == pytest.approx((80, 180), abs=1e-3)
    assert face.left_eye == pytest.approx((120, 180), abs=1e-3)
    assert face.nose == pytest.approx((100, 204), abs=1e-3)
    assert face.mouth == pytest.approx((100, 220), abs=1e-3)


def test_what_is_not_known_is_null() -> None:
    record = replace(FACE, given=FaceMeasures(blink=(0.25, float("nan")))).to_dict()

    assert record["blink"] == [0.25, None]
    for name in ("pose", "translation", "mouth_open", "smile", "gaze", "visible"):
        assert record[name] is None
    assert "expression" not in record


def test_what_is_known_is_written() -> None:
    measures = FaceMeasures(
        pose=Pose(11.004, -4.5, 170),
        translation=(0.1, -0.4, 9.6),
        gaze=((0.1, 0.2), (float("nan"), 0.3)),
        expression={"jawOpen": 0.12345},
    )
    record = replace(FACE, given=measures, visible=np.linspace(0, 1, 70, dtype=np.float32)).to_dict()

    assert record["pose"] == {"yaw": 11.0, "pitch": -4.5, "roll": 170}
    assert record["translation"] == [0.1, -0.4, 9.6]
    assert record["gaze"] == [[0.1, 0.2], None]
    assert record["expression"] == {"jawOpen": 0.123}
    assert record["visible"][-1] == 1


def test_a_face_of_which_no_point_is_known_can_be_written() -> None:
    record = replace(FACE, points=np.full((70, 2), np.nan, np.float32), given=None).to_dict()

    assert record["points"] == [None] * 70
    assert record["nose"] is record["left_eye"] is record["pose"] is None


def test_swapping_the_sides_twice_gives_the_face_back() -> None:
    measures = FaceMeasures(blink=(0.1, 0.9), expression={"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.1, "jawOpen": 0.3})
    face = replace(FACE, given=measures)
    swapped = face.with_sides_swapped()

    assert swapped.mirrored
    assert swapped.blink == (0.9, 0.1)
    assert swapped.measures.expression == {"eyeBlinkRight": 0.9, "eyeBlinkLeft": 0.1, "jawOpen": 0.3}
    assert swapped.right_eye == face.left_eye
    back = swapped.with_sides_swapped()
    np.testing.assert_array_equal(back.points, face.points)
    assert back.measures == measures


def test_a_pickled_face_has_its_measures() -> None:
    face = replace(FACE, given=lambda: FaceMeasures(smile=0.5))

    assert pickle.loads(pickle.dumps(face)).to_dict() == face.to_dict()
    assert face.smile == 0.5


def test_a_face_made_by_hand_measures_itself() -> None:
    rng = np.random.default_rng(0)
    face = Face(
        rng.normal(size=(70, 2)).astype(np.float32) * 30 + 100, np.ones(70, np.float32), 1.0, np.zeros(4, np.float32)
    )

    assert np.isfinite(face.pose).all()
    assert face.measures is face.measures
    assert TOPOLOGY_70.count == len(face.points)
