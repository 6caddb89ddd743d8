"""Losses of boxes. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


def test_boxes_of_unusual_shapes_count_more_up_to_four_times():
    from train.losses.box import rarity

    usual, narrow, thin, wide = np.asarray(rarity(np.array([[30.0, 39.3], [20.0, 40.0], [5.0, 40.0], [40.0, 30.0]])))
    assert 1 <= usual < 1.01
    assert 2 < narrow < thin
    assert 2 < wide < thin < 4.1


def test_iou_in_the_loss_agrees_with_the_runtime():
    from smile_edge.geometry.boxes import iou_xyxy
    from train.losses.box import box_cost

    rng = np.random.default_rng(0)
    centre, size = rng.uniform(0, 50, (2, 9, 2)), rng.uniform(10, 40, (2, 9, 2))
    corners = np.concatenate([centre - size / 2, centre + size / 2], -1)
    overlap, cost = box_cost(centre[0], size[0], centre[1], size[1])
    expected = np.diag(iou_xyxy(corners[0], corners[1]))
    np.testing.assert_allclose(np.asarray(overlap), expected, atol=1e-5)
    assert (np.asarray(cost) >= 1 - expected - 1e-5).all()
    np.testing.assert_allclose(np.asarray(box_cost(centre[0], size[0], centre[0], size[0])[1]), 0, atol=1e-5)


def test_a_size_below_zero_still_learns_which_way_is_up():
    from train.losses.box import positive

    sizes = np.array([-40.0, 0.0, 7.9, 8.0, 50.0], np.float32)
    bent = np.asarray(positive(sizes))
    assert (bent > 0).all()
    assert (np.diff(bent) > 0).all()
    np.testing.assert_allclose(bent[3:], sizes[3:], rtol=1e-5)
