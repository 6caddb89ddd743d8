"""Batches of landmarks: joined, cut, mended; with and without what some models give."""

import numpy as np
import pytest

from smile_edge.landmarks.result import LandmarkBatch


def batch(count, value, shares=True):
    """A batch whose every number is `value`."""
    shapes = [(49, 2), (49,), (), (4,), (49,), (51,)]
    arrays = [np.full((count, *shape), value, np.float32) for shape in shapes]
    return LandmarkBatch(*(arrays if shares else arrays[:4]))


def test_batches_are_joined_and_cut_with_all_that_they_hold():
    joined = LandmarkBatch.concatenate([batch(2, 1.0), batch(1, 2.0)])
    assert (len(joined), joined.visible.shape, joined.expression.shape) == (3, (3, 49), (3, 51))
    last = joined.rows(slice(2, 3))
    assert (last.points == 2).all()
    assert (last.visible == 2).all()
    assert (last.expression == 2).all()


@pytest.mark.parametrize("order", [1, -1])
def test_what_one_part_does_not_know_the_whole_does_not_know(order):
    joined = LandmarkBatch.concatenate([batch(2, 1.0), batch(1, 2.0, shares=False)][::order])
    assert joined.visible is joined.expression is None
    assert joined.rows(np.array([0])).visible is None


def test_a_better_look_takes_the_place_of_a_row_with_all_that_it_says():
    before = batch(3, 0.5)
    after = before.with_better([2, 0], LandmarkBatch.concatenate([batch(1, 0.9), batch(1, 0.1)]))
    for column in (after.points, after.presence, after.visible, after.expression):
        np.testing.assert_allclose(column.reshape(3, -1)[:, 0], [0.5, 0.5, 0.9])
    assert (before.visible == 0.5).all()
