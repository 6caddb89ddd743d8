"""Generated faces."""

import numpy as np

from train.synthesis.cartoon_faces import cartoon_scene


def test_cartoon_faces_lie_inside_their_image():
    _, points = cartoon_scene(np.random.default_rng(1))
    assert points.shape == (49, 2)
    assert ((points > 0) & (points < 160)).all()
