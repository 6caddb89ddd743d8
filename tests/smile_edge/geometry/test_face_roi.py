"""Centre, size and angle of a face from five points; its average box; distances of faces."""

import numpy as np
import pytest
from fake_world import face_points
from five_points import UPRIGHT, turned

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box, face_distances, face_roi
from smile_edge.topology import TOPOLOGY_49
from train.synthesis.cartoon_faces import TEMPLATE


@pytest.mark.parametrize("degrees", [0, 30, 90, -120, 179])
def test_face_frame_tells_centre_size_and_angle(degrees: float) -> None:
    centre, size, angle = face_roi(turned(degrees))

    np.testing.assert_allclose(centre, [100, 80], atol=1e-3)
    assert size == pytest.approx(50, abs=1e-3)  # eyes to mouth, longer than 40 between the eyes
    assert np.degrees(angle) == pytest.approx(degrees, abs=1e-3)


def test_face_frame_of_a_profile_keeps_its_size() -> None:
    profile = UPRIGHT * np.float32([0.1, 1])

    assert face_roi(profile)[1] == pytest.approx(50)


def test_box_surrounds_the_points_at_any_turn() -> None:
    for degrees in (0, 45, 90, 200):
        points = face_points(degrees=degrees)
        left, top, width, height = average_box(TOPOLOGY_49.five_points(points))

        assert (points >= [left, top]).all()
        assert (points <= [left + width, top + height]).all()


def test_boxes_keep_the_shape_of_the_batch() -> None:
    five = TOPOLOGY_49.five_points(np.stack([face_points(), face_points(degrees=90)]))

    boxes = average_box(five)

    assert boxes.shape == (2, 4)
    assert boxes[0, 3] > boxes[0, 2]  # taller than wide
    assert boxes[1, 3] < boxes[1, 2]  # and lying on its side


def test_the_box_is_the_upright_one_turned_with_the_face() -> None:
    five = TOPOLOGY_49.five_points(face_points(300, 200, 80, degrees=30))
    centre, size, angle = face_roi(five)
    cos, sin = size * np.cos(angle), size * np.sin(angle)
    upright = [-1.03, -1.41 - 0.17, 2.06, 2.82]  # in face sizes, around the middle of the face

    turned = rotated_box_xywh(upright, [[cos, -sin, centre[0]], [sin, cos, centre[1]]])

    np.testing.assert_allclose(average_box(five), turned[0], atol=1e-3)


def test_no_face_has_no_box() -> None:
    assert average_box(np.zeros((0, 5, 2), np.float32)).shape == (0, 4)


def test_distances_are_in_sizes_of_the_larger_face_at_any_turn() -> None:
    faces = [face_points(x=0, size=80), face_points(x=40, size=10, degrees=90), face_points(x=0, size=80, degrees=180)]
    five = TOPOLOGY_49.five_points(np.stack(faces))

    np.testing.assert_allclose(face_distances(five[:1], five), [[0, 0.5, 0]], atol=1e-5)


def test_a_box_around_a_turned_face_holds_its_points():
    turn = np.radians(130)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 200], [np.sin(turn), np.cos(turn), 200]]) * [[50, 50, 1]]
    points = apply_affine(matrix, TEMPLATE)
    x, y, w, h = average_box(TOPOLOGY_49.five_points(points), LABELLED_BOX)
    assert (points > [x, y]).all()
    assert (points < [x + w, y + h]).all()
