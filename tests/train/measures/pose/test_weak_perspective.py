"""A 3-D face is fitted to points."""

import numpy as np
import pytest

from train.data.own_frame import mirrored
from train.measures.pose.rotations import angle_between, mirror_rotation
from train.measures.pose.weak_perspective import FaceModel, fit_faces, normalised, point_weights


@pytest.fixture
def model(face, modes):
    return FaceModel(face, modes, np.full(49, 0.005))


def test_pose_and_modes_of_a_known_face_are_found(model, make_faces):
    made = make_faces(60)
    seen = normalised(made.points)
    fit = fit_faces(seen.points, np.full((60, 49), 1e6), model, steps=20)
    assert angle_between(fit.rotation, made.rotation).max() < 0.1
    np.testing.assert_allclose(fit.codes, made.codes, atol=0.02)
    assert np.abs(fit.residual).max() < 1e-3


def test_scale_and_shift_lead_back_to_the_image(model, make_faces):
    made = make_faces(10)
    seen = normalised(made.points)
    fit = fit_faces(seen.points, np.full((10, 49), 1e6), model, steps=20)
    shapes = model.mean + np.einsum("nk,kij->nij", fit.codes, model.modes)
    turned = np.einsum("nab,nib->nia", fit.rotation, shapes)[..., :2]
    points = fit.scale[:, None, None] * turned + fit.shift[:, None]
    points = points * [1, -1] * seen.radius[:, None, None] + seen.centre[:, None]
    np.testing.assert_allclose(points, made.points, atol=0.1)


def test_a_mirrored_face_has_the_mirrored_pose(model, make_faces):
    made = make_faces(10)
    weights = point_weights(np.full((10, 49), 0.01), model)
    first = fit_faces(normalised(made.points).points, weights, model, steps=20)
    second = fit_faces(normalised(mirrored(made.points)).points, weights, model, steps=20)
    np.testing.assert_allclose(second.rotation, mirror_rotation(first.rotation), atol=1e-4)


def test_an_outlier_hardly_turns_the_face(model, make_faces):
    made = make_faces(20)
    wrong = made.points.copy()
    wrong[:, 0] += 40
    seen = normalised(wrong)
    weights = point_weights(np.full((20, 49), 0.01), model)
    plain, robust = (
        angle_between(fit_faces(seen.points, weights, model, steps=10, outlier=outlier).rotation, made.rotation).mean()
        for outlier in (None, 2.0)
    )
    assert robust < 0.5 * plain
