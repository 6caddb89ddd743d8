"""Similarities onto the layouts of crops."""

import math

import numpy as np
import pytest

from smile_edge.geometry.affine import apply_affine, invert_affine
from smile_edge.geometry.alignment import (
    ARCFACE,
    OWN_SCALE,
    OWN_SHIFT,
    arcface_matrix,
    ffhq_matrix,
    own_matrix,
    similarity_onto,
)
from smile_edge.geometry.face_roi import face_roi

TURNS = [0.0, 0.7, math.pi / 2, math.pi, -2.5]


def _placed(points: np.ndarray, turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return np.asarray(points) @ np.array([[cos, sin], [-sin, cos]]) + shift


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("size", [56, 112, 224, 250])
def test_points_of_the_template_itself_land_on_it(turn: float, size: int) -> None:
    five = _placed(ARCFACE, turn, 7.3, (4100, 900))

    landed = apply_affine(arcface_matrix(five, size), five)

    np.testing.assert_allclose(landed, ARCFACE * size / 112, atol=0.02)


def test_no_other_similarity_brings_points_nearer() -> None:
    rng = np.random.default_rng(0)
    points, target = rng.normal(0, 20, (5, 2)), ARCFACE
    best = similarity_onto(points, target)

    def error(matrix: np.ndarray) -> float:
        return float(((apply_affine(matrix, points) - target) ** 2).sum())

    for change in rng.normal(0, 0.01, (200, 4)):
        (a, b), (x, y) = best[:, 0] + change[:2], best[:, 2] + 30 * change[2:]
        assert error(best) <= error(np.array([[a, -b, x], [b, a, y]])) + 1e-6


def test_a_mirrored_face_is_not_turned_over() -> None:
    matrix = similarity_onto(ARCFACE * [-1, 1], ARCFACE)

    assert np.linalg.det(matrix[:, :2]) > 0


def _ffhq_quad(eyes_and_mouth: np.ndarray) -> np.ndarray:
    """The corners of the square as `download_ffhq.py` of NVlabs/ffhq-dataset finds them, from the top left on."""
    eye_left, eye_right, mouth_left, mouth_right = eyes_and_mouth
    eye_to_eye, eye_avg = eye_right - eye_left, (eye_left + eye_right) * 0.5
    eye_to_mouth = (mouth_left + mouth_right) * 0.5 - eye_avg
    x = eye_to_eye - np.flipud(eye_to_mouth) * [-1, 1]
    x /= np.hypot(*x)
    x *= max(np.hypot(*eye_to_eye) * 2.0, np.hypot(*eye_to_mouth) * 1.8)
    y = np.flipud(x) * [-1, 1]
    c = eye_avg + eye_to_mouth * 0.1
    return np.stack([c - x - y, c - x + y, c + x + y, c + x - y])


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("mouth_y", [60.0, 130.0])
def test_the_square_is_that_of_ffhq(turn: float, mouth_y: float) -> None:
    upright = np.array([[30.0, 50], [72, 47], [36, mouth_y], [69, mouth_y + 3]])
    eyes_and_mouth = _placed(upright, turn, 3.1, (1200, 700))

    back = invert_affine(ffhq_matrix(eyes_and_mouth, 256))

    edge = np.array([[0, 0], [0, 256], [256, 256], [256, 0]]) - 0.5  # from pixels' centres to their edges
    np.testing.assert_allclose(apply_affine(back, edge), _ffhq_quad(eyes_and_mouth) - 0.5 + 0.5, atol=0.05)


def test_what_the_landmark_model_sees_has_the_face_upright_above_its_middle() -> None:
    five = _placed(ARCFACE, 2.1, 2, (300, 300))

    centre, size, angle = face_roi(apply_affine(own_matrix(five, 96), five))

    np.testing.assert_allclose(centre, (47.5, 47.5 - OWN_SHIFT * float(size)), atol=1e-3)
    assert (float(size), float(angle)) == pytest.approx((96 / OWN_SCALE, 0), abs=1e-3)
