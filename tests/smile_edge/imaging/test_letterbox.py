"""Images of a batch keep their scale and order."""

import numpy as np

from smile_edge.imaging.letterbox import batch_images, preprocess


def test_small_images_are_not_enlarged_and_large_ones_fit():
    images = [np.zeros((50, 40, 3), np.uint8), np.zeros((400, 800, 3), np.uint8)]
    batch, scales = preprocess(images, 320, 32)
    assert batch.shape == (2, 3, 160, 320)
    assert scales == [1.0, 0.4]


def test_images_lie_in_the_top_left_and_the_rest_is_black():
    images = [np.full((height, width, 3), (1, 2, 3), np.uint8) for height, width in ((20, 50), (33, 40))]
    batch = batch_images(images, 32)
    assert batch.shape == (2, 3, 64, 64)
    for slot, image in zip(batch, images, strict=True):
        height, width = image.shape[:2]
        assert [np.unique(plane).tolist() for plane in slot[:, :height, :width]] == [[1], [2], [3]]
        assert not slot[:, height:].any()
        assert not slot[:, :, width:].any()
