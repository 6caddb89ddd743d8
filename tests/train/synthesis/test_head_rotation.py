"""Heads turned aside and bent: marks, points and outline."""

import cv2
import numpy as np
import pytest
from made_heads import MIDDLE, SIDE, WIDTH, bulging_mesh

from train.synthesis.head_rotation import bent_head, bent_points, head_yaw, turned_head, turned_points

NOSE, LEFT_CHEEK, RIGHT_CHEEK = (100, 110), (84, 120), (116, 120)


def marked_face() -> np.ndarray:
    """Grey, the nose green, the cheek on the image's left blue and that on its right red."""
    image = np.full((SIDE, SIDE, 3), 128, np.uint8)
    for place, colour in ((NOSE, (0, 255, 0)), (LEFT_CHEEK, (255, 0, 0)), (RIGHT_CHEEK, (0, 0, 255))):
        cv2.circle(image, place, 5, colour, -1)
    return image


def place_of(image: np.ndarray, channel: int, axis: int) -> float | None:
    """The mean row (axis 0) or column (1) of what is purely of one colour, None where nothing is."""
    others = np.delete(image[..., :3], channel, 2).max(2)
    places = np.nonzero((image[..., channel] > 200) & (others < 60) & (image[..., 3] > 200))[axis]
    return float(places.mean()) if len(places) else None


def column_of(image: np.ndarray, channel: int) -> float | None:
    """The mean column of a colour."""
    return place_of(image, channel, 1)


def test_turned_points_have_the_yaw_that_was_asked_for():
    mesh = bulging_mesh()
    assert head_yaw(mesh) == pytest.approx(0, abs=1e-6)
    assert head_yaw(turned_points(mesh, np.radians(70))) == pytest.approx(np.radians(70), abs=1e-4)


@pytest.mark.parametrize("side", [1, -1])
def test_a_head_that_turns_shows_one_cheek_and_hides_the_other(side):
    cut = turned_head(marked_face(), bulging_mesh(), side * np.radians(75))
    near, far = (0, 2) if side > 0 else (2, 0)
    assert column_of(cut, far) is None
    nose, cheek = column_of(cut, 1), column_of(cut, near)
    assert nose is not None
    assert cheek is not None
    assert side * (nose - MIDDLE[0]) > 0.25 * WIDTH
    assert side * (nose - cheek) > 0.1 * WIDTH


def test_marks_of_a_turned_head_lie_where_its_points_do():
    mesh = bulging_mesh()
    mesh[4] = [*NOSE, WIDTH / 2]
    cut = turned_head(marked_face(), mesh, np.radians(50))
    assert column_of(cut, 1) == pytest.approx(turned_points(mesh, np.radians(50))[4, 0], abs=3)


@pytest.mark.parametrize("degrees", [-35, 20, 35])
def test_marks_of_a_bent_head_lie_where_its_points_do(degrees):
    mesh = bulging_mesh()
    mesh[4] = [*NOSE, WIDTH / 2]
    moved = bent_points(mesh, np.radians(degrees))[4]
    assert np.sign(moved[1] - NOSE[1]) == np.sign(degrees)
    assert moved[0] == NOSE[0]
    assert place_of(bent_head(marked_face(), mesh, np.radians(degrees)), 1, 0) == pytest.approx(moved[1], abs=3)


def test_a_head_that_is_bent_down_has_its_crown():
    alpha = bent_head(marked_face(), bulging_mesh(), np.radians(40))[: int(MIDDLE[1]), :, 3] > 127
    (outline,), _ = cv2.findContours(alpha.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    assert cv2.contourArea(outline) > 0.97 * cv2.contourArea(cv2.convexHull(outline))
    top = np.nonzero(alpha.any(1))[0][0]
    assert alpha[top + 3].sum() < 0.8 * alpha[top + 20].sum()


@pytest.mark.parametrize("cut", [turned_head, bent_head])
def test_what_is_far_from_the_head_is_not_cut_out(cut):
    alpha = cut(marked_face(), bulging_mesh(), np.radians(45))[..., 3]
    assert max(alpha[5].max(), alpha[:, 5].max(), alpha[:, -5].max()) == 0
    assert alpha[110, 100] == 255
