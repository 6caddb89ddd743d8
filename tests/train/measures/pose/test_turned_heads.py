"""Heads turned by known angles: where their points go, and what is refused."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from smile_edge.geometry.affine import apply_affine
from smile_edge.topology import TOPOLOGY_49
from train.data.samples import FaceSample
from train.errors import DataError
from train.external.face_mesh import MESH_OF_49
from train.measures.pose import turned_heads
from train.measures.pose.turned_heads import turn_and_predict

SIDE, SIZE_PX = 120, 20.0
SIDES, FOREHEAD, BROWS, CHIN = (234, 454), 10, 9, 152
"""Vertices of the mesh that the synthesis measures a head by."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory, face):
    """A face that looks ahead in the middle of a picture."""
    folder = tmp_path_factory.mktemp("pack")
    pixels = np.random.default_rng(0).integers(60, 200, (SIDE, SIDE, 3), np.uint8)
    cv2.imwrite(str(folder / "a.png"), cv2.GaussianBlur(pixels, (0, 0), 3))
    targets = np.ones((51, 3), np.float32)
    targets[:49, :2] = SIZE_PX * face[:, :2] * [1, -1] + SIDE / 2
    targets[49:] = 0
    return FaceSample(folder / "a.png", targets, "a", "w300")


@pytest.fixture(scope="module")
def patched():
    """Patches that last as long as this file."""
    with pytest.MonkeyPatch.context() as patches:
        yield patches


@pytest.fixture(autouse=True, scope="module")
def _meshes(patched, face):
    """Instead of MediaPipe: half an ellipsoid around the labels, with the face's own depth at its 49 points."""
    cuts, cut_upright = [], turned_heads.cut_upright

    def cut(sample, rng):
        cuts.append(cut_upright(sample, rng))
        return cuts[-1]

    def mesh_of(cut):
        labels = apply_affine(cut.matrix, cut.sample.targets[:49, :2])
        scale = SIZE_PX * np.linalg.norm(cut.matrix[0, :2])
        rng = np.random.default_rng(0)
        x, y = rng.uniform(-0.6, 0.6, (2, 468))
        x[list(SIDES)], y[list(SIDES)] = (-1.2, 1.2), 0
        x[[FOREHEAD, BROWS, CHIN]], y[[FOREHEAD, BROWS, CHIN]] = 0, (-1.5, -0.7, 1.6)
        depth = 0.8 * np.sqrt(np.clip(1 - (x / 1.2) ** 2 - (y / 1.6) ** 2, 0, None))
        mesh = np.stack([x, y, depth], 1) * scale + [*labels.mean(0), 0]
        mesh[MESH_OF_49] = np.column_stack([labels, scale * face[:, 2]])
        return mesh

    patched.setattr(turned_heads, "cut_upright", cut)
    patched.setattr(turned_heads, "face_meshes", lambda python, crops: np.stack([mesh_of(cuts[-1])]))
    patched.setattr(turned_heads, "nearest_face", lambda faces, five: faces[0] if faces else None)
    patched.setattr(turned_heads, "COPIES", 6)


class Models:
    """Stands in for the shipped models: sees what it was told, as sure as can be."""

    identity = ("made",)

    def __init__(self, seen: bool) -> None:
        face = SimpleNamespace(points=np.zeros((70, 2), np.float32), sigma=np.ones(70, np.float32))
        self.pipeline = SimpleNamespace(
            process_batch=lambda images: [SimpleNamespace(faces=[face] if seen else []) for _ in images]
        )


@pytest.fixture(scope="module")
def heads(sample, tmp_path_factory):
    """The heads of the sample; the landmarker finds a face wherever one is."""
    cache = tmp_path_factory.mktemp("cache")
    made = turn_and_predict([sample], [], Path("python"), Models(True), cache)
    again = turn_and_predict([sample], [], Path("python"), Models(False), cache)
    return made, again


def test_points_go_where_the_known_turn_takes_them(heads):
    heads, _ = heads
    assert len(heads) == 6
    before = (heads.before - heads.before.mean(1, keepdims=True)) * [1, -1, 1]
    expected = np.einsum("nab,nib->nia", heads.rotation(), before)[..., :2] * [1, -1]
    np.testing.assert_allclose(heads.after - heads.after.mean(1, keepdims=True), expected, atol=0.02)


def test_heads_are_turned_and_bent_within_bounds(heads):
    heads, _ = heads
    assert np.degrees(np.abs(heads.yaw)).max() < 92
    assert np.degrees(np.abs(heads.pitch)).max() <= 40
    assert ((heads.yaw != 0) | (heads.pitch != 0)).all()
    assert (heads.yaw != 0).any()
    assert (heads.pitch != 0).any()


def test_the_landmarkers_points_are_kept(heads):
    heads, _ = heads
    assert heads.points.shape == (6, TOPOLOGY_49.count, 2)
    np.testing.assert_array_equal(heads.sigma, 1)


def test_a_second_run_reads_what_the_first_one_kept(heads):
    made, again = heads
    np.testing.assert_array_equal(made.after, again.after)


def test_heads_that_nobody_sees_are_one_line(sample):
    with pytest.raises(DataError, match="no head could be turned"):
        turn_and_predict([sample], [], Path("python"), Models(False), None)
