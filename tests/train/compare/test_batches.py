"""Augmentation of images and points. Needs TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest
from keypoint_dots import dots

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare.batches import PointBatches, disturbed, parse_augmentation  # noqa: E402


@pytest.mark.parametrize("augmentation", ["none", "rotation", "shift", "rotation+shift+light"])
def test_points_follow_the_image_through_augmentation(augmentation):
    images, labels = PointBatches(dots(), parse_augmentation(augmentation), 16)(np.random.default_rng(3))
    for image, point, weight in zip(images[..., 0].astype(float), labels["points"], labels["weights"], strict=True):
        bright = image - image.mean() > 0.5 * (image.max() - image.mean())
        np.testing.assert_allclose(np.argwhere(bright).mean(0)[::-1], point[0], atol=0.7)
        assert weight.tolist() == [1, 0, 0, 0]


def test_without_augmentation_images_stay_as_they_are():
    data = dots(1)
    images, labels = PointBatches(data, parse_augmentation("none"), 2)(np.random.default_rng(0))
    np.testing.assert_array_equal(images[0, ..., 0], data.images[0])
    np.testing.assert_array_equal(labels["points"][1], data.points[0])


def test_a_point_that_leaves_the_image_loses_its_weight():
    data = dots(40)
    corner = replace(data, points=np.full((40, 4, 2), 94, np.float32))
    moved = disturbed(corner)
    kept = moved.weights[:, 0] > 0
    assert 0 < kept.sum() < 40
    assert (moved.points[kept, 0] <= 95.5).all()
    assert (moved.points[~kept] == 0).all()
