"""Batches of crops: what moves with the face. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")


@pytest.fixture
def stored_faces():
    """Stored crops, light above and dark below, with one labelled and one taught point, and a box."""
    from train.data.crop_cache import STORED_PX

    crops = np.zeros((4, STORED_PX, STORED_PX, 3), np.uint8)
    crops[:, : STORED_PX // 2] = 200
    targets, taught = np.zeros((4, 51, 3), np.float32), np.zeros((4, 49, 3), np.float32)
    targets[:, 13] = taught[:, 13] = 90, 70, 1
    return {"crops": crops, "targets": targets, "taught": taught, "boxes": np.full((4, 4), 50, np.float32)}


def _upper_lighter(images):
    half = images.shape[1] // 2
    return images[:, :half].mean((1, 2, 3)) > images[:, half:].mean((1, 2, 3))


def test_what_a_teacher_says_moves_with_the_face(stored_faces, monkeypatch):
    import train.landmarks.batches

    monkeypatch.setattr(train.landmarks.batches, "INVERTED_SHARE", 0)
    images, labels = train.landmarks.batches.FaceBatches(negatives=(), batch=16, **stored_faces)(
        np.random.default_rng(0)
    )
    np.testing.assert_array_equal(labels["taught"][:, 13], labels["targets"][:, 13])
    assert labels["face"].all()
    assert labels["boxed"].all()
    assert _upper_lighter(images).all()


def test_a_face_upside_down_is_none_and_teaches_no_points(stored_faces, monkeypatch):
    import train.landmarks.batches

    monkeypatch.setattr(train.landmarks.batches, "INVERTED_SHARE", 1)
    images, labels = train.landmarks.batches.FaceBatches(negatives=(), batch=16, **stored_faces)(
        np.random.default_rng(0)
    )
    assert not any(labels[name].any() for name in ("face", "boxed", "targets", "taught"))
    assert not _upper_lighter(images).any()
