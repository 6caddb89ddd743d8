"""Where people mark eyes is read from all points."""

import numpy as np
import pytest

from train.data.own_frame import inputs, mirrored
from train.measures.eye_readout import eye_constants, ridge
from train.measures.pose.weak_perspective import FaceModel
from train.measures.predictions import LabelledFaces


def test_ridge_finds_a_linear_map_and_shrinks_it():
    rng = np.random.default_rng(0)
    rows, matrix = rng.normal(size=(200, 4)), rng.normal(size=(4, 3))
    weights, bias = ridge(rows, rows @ matrix + 5, 1e-6)
    np.testing.assert_allclose(weights, matrix, atol=1e-4)
    np.testing.assert_allclose(bias, 5, atol=1e-4)
    assert np.abs(ridge(rows, rows @ matrix, 1e6)[0]).max() < 0.01


@pytest.fixture(scope="module")
def found(make_faces, face):
    """Constants from faces whose upper lids people mark higher than the landmarker, by a tenth of the eye's width."""
    made = make_faces(200).labelled()
    width = np.linalg.norm(made.points[:, 19] - made.points[:, 22], axis=1)
    labels = made.labels.copy()
    labels[:, [20, 21, 26, 27], 1] -= 0.1 * width[:, None]
    faces = LabelledFaces(made.points, made.sigma, labels, made.names, made.groups, made.packs, made.five)
    return eye_constants(faces, FaceModel(face, np.zeros((1, 49, 3)), np.full(49, 0.01))), faces


def test_the_readout_moves_lids_to_where_people_mark_them(found):
    constants, faces = found
    read = inputs(faces.points) @ constants["blink_eye"].astype(float) + constants["blink_eye_bias"]
    moved = read.reshape(-1, 6, 2)[:, 1:3, 1] - inputs(faces.points).reshape(-1, 49, 2)[:, 20:22, 1]
    assert moved.mean() < -0.01


def test_the_left_eye_is_the_right_one_of_the_mirror_image(found):
    constants, faces = found
    weights, bias = constants["blink_eye"].astype(float), constants["blink_eye_bias"]
    left = (inputs(mirrored(faces.points)) @ weights + bias).reshape(-1, 6, 2) * [-1, 1]
    drawn = inputs(faces.points).reshape(-1, 49, 2)[:, [28, 27, 26, 25, 30, 29]]
    np.testing.assert_allclose(left[..., 0], drawn[..., 0], atol=0.05)


def test_what_the_other_eye_does_does_not_count(found):
    weights = found[0]["blink_eye"].reshape(49, 2, 12)
    assert (weights[25:31] == 0).all()
    assert (weights[19:25] != 0).any()


def test_the_axes_of_the_eyes_are_mirror_images(found):
    vectors = found[0]["blink_vectors"].T
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.abs(vectors[0]), np.abs(vectors[2]), atol=1e-6)
    np.testing.assert_allclose(vectors[1] * [-1, 1, 1], vectors[3], atol=1e-6)
