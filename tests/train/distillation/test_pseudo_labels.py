"""A landmarker as a teacher: the mean of its views at stored crops, and how far they agree."""

import numpy as np
import pytest
from fake_world import face_points

import train.distillation.pseudo_labels as module
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.runtime.manifest import find_models
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import STORED_PX
from train.distillation.pseudo_labels import FACE_PX, pseudo_label, taught_points

MIDDLE = (STORED_PX - 1) / 2
TRUTH = face_points(MIDDLE + 3, MIDDLE - 2, FACE_PX)
UNSURE = 7


class Teacher:
    """Sees the same face in every crop, mirrored in one whose light pixel lies right; one point it guesses."""

    def __init__(self, face: float = 0.9, spread_px: float = 0.0, whole: bool = False) -> None:
        self.face, self.spread_px, self.whole = face, spread_px, whole
        self.rng = np.random.default_rng(0)

    def landmarks(self, items, passes=1):
        seen = []
        for crop, _ in items:
            points = TRUTH + self.rng.normal(0, self.spread_px, 2) * (np.arange(49) == UNSURE)[:, None]
            seen.append(points if crop[0, 0, 0] else TOPOLOGY_49.mirrored(points, STORED_PX))
        points = np.array(seen, np.float32)
        if self.whole:
            points = np.nan_to_num(TOPOLOGY_49.embed(points))
        return LandmarkBatch(points, points[..., 0], np.full(len(items), self.face, np.float32), points[:, :4, 0])


def _crops(count: int = 2) -> list[np.ndarray]:
    crop = np.zeros((STORED_PX, STORED_PX, 3), np.uint8)
    crop[0, 0] = 255
    return [crop] * count


@pytest.mark.parametrize("whole", [False, True])
def test_looks_that_agree_are_trusted_in_the_crops_own_pixels(whole):
    taught = pseudo_label(Teacher(whole=whole), _crops(), np.random.default_rng(0))
    np.testing.assert_allclose(taught[..., :2], [TRUTH, TRUTH], atol=1e-3)
    np.testing.assert_allclose(taught[..., 2], 1, atol=1e-3)


def test_a_point_on_which_they_do_not_weighs_less():
    weight = pseudo_label(Teacher(spread_px=0.05 * FACE_PX), _crops(1), np.random.default_rng(0))[0, :, 2]
    assert weight[UNSURE] < 0.3
    assert np.delete(weight, UNSURE).min() > 0.99


def test_what_the_teacher_does_not_take_for_a_face_teaches_nothing():
    assert not pseudo_label(Teacher(face=0.2), _crops(1), np.random.default_rng(0))[..., 2].any()


def test_only_the_chosen_crops_are_shown_and_only_once(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FaceLandmarker", lambda *model: Teacher())
    crops = np.stack(_crops(3))
    chosen = np.array([True, False, True])
    first = taught_points(find_models(), crops, tmp_path, chosen)
    assert first[..., 2].any(1).tolist() == chosen.tolist()

    def again(*model):
        raise AssertionError("the teacher was asked again")

    monkeypatch.setattr(module, "FaceLandmarker", again)
    np.testing.assert_array_equal(taught_points(find_models(), crops, tmp_path, chosen), first)
    with pytest.raises(AssertionError, match="again"):
        taught_points(find_models(), crops, tmp_path, ~chosen)
