"""Batches for 70 points: what moves with the face, and what is hidden. Needs TensorFlow."""

import numpy as np
import pytest

from train.augmentation.occluders import Occluders
from train.data.crop_cache import WIDE_CROP

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


@pytest.fixture
def part():
    """Stored crops with a white square around the only labelled point, above the face's centre."""
    from train.landmarks.dense_batches import FacePart

    x, y = WIDE_CROP.anchor_px
    crops = np.zeros((2, WIDE_CROP.stored_px, WIDE_CROP.stored_px, 3), np.uint8)
    crops[:, int(y) - 44 : int(y) - 36, int(x) - 4 : int(x) + 4] = 255
    targets = np.zeros((2, 75, 3), np.float32)
    targets[:, 27] = x, y - 40, 1
    known = np.zeros((2, 51), np.float32)
    known[:, 0] = 1
    return FacePart(crops, targets, np.full((2, 4), 60, np.float32), known, np.ones((2, 70)), np.array([0.5, 1]), 1)


@pytest.fixture
def plain(monkeypatch):
    """The module without what changes pixels."""
    import train.landmarks.dense_batches as module

    monkeypatch.setattr(module, "COVERED_SHARE", 0)
    monkeypatch.setattr(module, "INVERTED_SHARE", 0)
    monkeypatch.setattr(module, "spoiled", lambda image, negatives, rng, covered=False: image)
    return module


def _batch(module, part, **options):
    source = module.DenseBatches([part], (), Occluders([], []), batch=32, negative_share=0, **options)
    return source(np.random.default_rng(0))


def test_points_move_with_the_picture(part, plain):
    images, labels = _batch(plain, part)
    for image, target in zip(images, labels["targets"], strict=True):
        x, y = np.rint(target[27, :2]).astype(int)
        if 1 < x < 94 and 1 < y < 94:
            assert image[y, x].max() > 100
    assert labels["boxed"].all()
    np.testing.assert_allclose(labels["expressed"], (labels["visible"][:, 17:] != 0).mean(1), atol=1e-6)


def test_a_mirrored_face_smiles_on_the_other_side(part, plain):
    from train.data.formats.teacher_labels import EXPRESSION

    _, labels = _batch(plain, part)
    sides = labels["expression"][:, [EXPRESSION.index("browDownLeft"), EXPRESSION.index("browDownRight")]]
    assert (sides.sum(1) == 1).all()
    assert 0 < sides[:, 0].mean() < 1


def test_what_lies_outside_the_crop_is_not_visible(part, plain):
    part.targets[:, 27, 1] = -60
    _, labels = _batch(plain, part)
    assert (labels["visible"][:, 27] == 0).all()
    assert (labels["visible"][:, 0] == 1).all()


def test_what_an_occluder_hides_counts_less_and_is_not_visible(part, plain, monkeypatch):
    monkeypatch.setattr(plain, "COVERED_SHARE", 1)
    monkeypatch.setattr(Occluders, "cover", lambda self, image, points, rng: np.ones(image.shape[:2], bool))
    _, labels = _batch(plain, part)
    inside = (np.abs(labels["targets"][:, 27, :2] - 47.5) < 47).all(1)
    assert (labels["visible"][inside, 27] == 0).all()
    np.testing.assert_allclose(labels["targets"][inside, 27, 2], plain.COVERED_WEIGHT)


def test_a_face_upside_down_is_none_and_lies_where_such_a_crop_shows_it(part, plain, monkeypatch):
    monkeypatch.setattr(plain, "INVERTED_SHARE", 1)
    images, labels = _batch(plain, part)
    assert not any(labels[name].any() for name in ("face", "boxed", "targets", "expressed"))
    assert (labels["visible"] == -1).all()
    rows = np.arange(96)[:, None]
    light = images.max(-1).astype(float)
    below = [(image * rows).sum() / image.sum() for image in light if image.sum() > 0]
    middle = 47.5 + (40 / WIDE_CROP.stored_face_px - WIDE_CROP.shift) * WIDE_CROP.face_px
    assert abs(np.mean(below) - middle) < 6
