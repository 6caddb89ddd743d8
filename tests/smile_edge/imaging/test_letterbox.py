"""Images of a batch keep their scale and order."""

import numpy as np

from smile_edge.imaging.letterbox import preprocess


def test_small_images_are_not_enlarged_and_large_ones_fit():
    images = [np.zeros((50, 40, 3), np.uint8), np.zeros((400, 800, 3), np.uint8)]
    batch, scales = preprocess(images, 320, 32)
    assert batch.shape == (2, 3, 160, 320)
    assert scales == [1.0, 0.4]
