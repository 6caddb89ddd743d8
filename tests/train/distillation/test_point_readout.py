"""Readouts of people's points: what they recover, and that a mirror changes nothing."""

import numpy as np
import pytest
from taught_faces import MadeFaces, made_faces

from smile_edge.topology import TOPOLOGY_49
from train.data.own_frame import FLIP
from train.distillation.point_readout import (
    FLIP_68,
    FOLDS,
    Opinion,
    Opinions,
    _folds,
    _Ridge,
    fit_point_readout,
    join_opinions,
)


def opinions(made: MadeFaces, mirror: bool = False) -> Opinions:
    """Of the shipped and the second landmarker."""
    joined = []
    for points in (made.views.shipped, made.views.second):
        points = points[:, FLIP] * (-1, 1) if mirror else points
        joined.append(Opinion(points, TOPOLOGY_49.five_points(points), FLIP))
    return join_opinions(joined)


@pytest.fixture(scope="module")
def readout():
    made = made_faces(80, noise=0.001)
    return fit_point_readout(opinions(made), made.truth[:, :68], made.faces.groups)


def test_a_readout_gives_peoples_points_of_faces_it_was_not_fitted_to(readout):
    made = made_faces(20, seed=1, noise=0.001)
    apart = np.linalg.norm(readout(opinions(made)) - made.truth[:, :68], axis=-1) / made.size[:, None]
    spread = np.linalg.norm(made.truth[:, :68] - made.truth[:, :68].mean(0), axis=-1) / made.size[:, None]
    assert apart.mean() < 0.01
    assert spread.mean() > 0.5


def test_a_mirrored_face_is_read_as_the_mirror_image(readout):
    made = made_faces(5, seed=2)
    mirrored = readout(opinions(made, mirror=True))
    np.testing.assert_allclose(mirrored[:, FLIP_68] * (-1, 1), readout(opinions(made)), atol=1e-3)


def test_predictors_that_err_more_are_trusted_less(readout):
    made = made_faces(80, noise=0.2)
    assert fit_point_readout(opinions(made), made.truth[:, :68], made.faces.groups).penalty > readout.penalty


def test_few_faces_and_many_are_fitted_by_the_same_formula():
    """Of 40 faces and their mirror images, 196 inputs: copies of all of them say the same, with a larger lambda."""
    made = made_faces(40, noise=0.05)
    few, human = opinions(made), made.truth[:, :68]
    rows = np.tile(np.arange(40), 3)
    many = _Ridge(few.rows(rows), human[rows]).readout(30.0)
    np.testing.assert_allclose(many.weights, _Ridge(few, human).readout(10.0).weights, atol=1e-9)


def test_lambda_is_chosen_by_folds_of_whole_groups():
    groups = np.repeat([f"person {number}" for number in range(23)], 3)
    folds = _folds(groups).reshape(23, 3)
    assert (folds == folds[:, :1]).all()
    assert set(folds[:, 0]) == set(range(FOLDS))
