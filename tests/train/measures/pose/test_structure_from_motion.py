"""A 3-D face is learnt from the points of many."""

import numpy as np
import pytest

from train.measures.pose.rotations import angle_between
from train.measures.pose.structure_from_motion import learn_face, symmetric
from train.measures.pose.weak_perspective import fit_faces, normalised, point_weights


@pytest.fixture(scope="module")
def learnt(make_faces, face):
    """A face learnt from 200 others, from a start that is half as deep."""
    seen = normalised(make_faces(200).points)
    return learn_face(seen.points, np.full((200, 49), 0.005), face * [1, 1, 0.5], modes=(3, 1), steps=12)


def test_what_was_learnt_fits_faces_that_it_was_not_learnt_from(learnt, make_faces):
    made = make_faces(50, 1)
    seen = normalised(made.points)
    fit = fit_faces(seen.points, point_weights(np.full((50, 49), 0.005), learnt), learnt)
    assert np.sqrt((fit.residual**2).mean()) < 0.02
    # The learnt face has a zero of its own: the turn between any two faces does not depend on it.
    relative, true = (rotation[1:] @ rotation[:-1].transpose(0, 2, 1) for rotation in (fit.rotation, made.rotation))
    assert np.median(angle_between(relative, true)) < 4


def test_the_mean_and_the_modes_are_those_of_a_face_and_its_mirror_image(learnt):
    np.testing.assert_allclose(symmetric(learnt.mean), learnt.mean, atol=1e-9)
    np.testing.assert_allclose(symmetric(learnt.modes[:3]), learnt.modes[:3], atol=1e-9)
    np.testing.assert_allclose(symmetric(learnt.modes[3:], -1), learnt.modes[3:], atol=1e-9)


def test_the_mean_is_centred_and_of_unit_size(learnt):
    np.testing.assert_allclose(learnt.mean.mean(0), 0, atol=1e-9)
    assert (learnt.mean**2).sum(1).mean() == pytest.approx(1)


def test_the_plane_nearest_the_face_looks_ahead(learnt):
    normal = np.linalg.eigh(learnt.mean.T @ learnt.mean)[1][:, 0]
    np.testing.assert_allclose(np.abs(normal), [0, 0, 1], atol=1e-6)
    assert learnt.mean[13, 2] > learnt.mean[:, 2].mean()  # the tip of the nose is towards the camera
