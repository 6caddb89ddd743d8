"""Training canvases: scenes fill their pieces, and what covers, joins or pixelates a face leaves the labels right."""

import numpy as np
import pytest

import train.augmentation.mosaic
from smile_edge.geometry.affine import apply_affine, similarity_about
from train.augmentation.copy_paste import paste_face
from train.augmentation.mosaic import NATURAL_SCALE, MosaicSource, natural, pixelate
from train.augmentation.occlusion import cover
from train.augmentation.scene_transforms import fitting_shift
from train.data.instances import Instances, hidden_share
from train.data.scenes import Scene

SIDE = 96


def _faces(*boxes: list[float]) -> Instances:
    count = len(boxes)
    none = np.full((count, 5, 2), np.nan, np.float32)
    return Instances(np.array(boxes, np.float32), none, np.zeros(count), np.zeros(count), np.zeros(count, bool))


@pytest.mark.parametrize(("width", "height"), [(300, 200), (60, 40), (300, 40)])
@pytest.mark.parametrize("x", [-50.0, 20.0, 48.0, 150.0])
def test_a_scene_is_moved_to_fill_its_piece_or_to_lie_in_it(width: int, height: int, x: float) -> None:
    middle = np.array([width / 2, height / 2], np.float32)
    matrix = similarity_about(middle, np.array([x, 70], np.float32), 1.0, 0.0)

    matrix[:, 2] += fitting_shift(matrix, width, height, SIDE)

    low, high = apply_affine(matrix, np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]])) + 0.5
    for start, end in zip(low, high, strict=True):
        if end - start >= SIDE:
            assert start <= 1e-3
            assert end >= SIDE - 1e-3
        else:
            assert start >= -1e-3
            assert end <= SIDE + 1e-3


def test_a_scene_that_fits_stays_where_it_is() -> None:
    matrix = similarity_about(np.array([30, 20]), np.array([40, 50]), 1.0, 0.0)

    np.testing.assert_allclose(fitting_shift(matrix, 60, 40, SIDE), 0, atol=1e-4)


def test_a_cover_hides_a_part_of_one_face_and_most_of_none_that_counts() -> None:
    rng = np.random.default_rng(0)
    shares, ignored = [], []
    for _ in range(300):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([30, 20, 32, 40])
        cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), rng)
        shares.append((piece[20:60, 30:62] > 0).mean())
        ignored.append(bool(faces.ignore[0]))

    shares_of_counted = [share for share, lost in zip(shares, ignored, strict=True) if not lost]
    assert max(shares_of_counted) <= 0.5
    assert np.mean(np.array(shares_of_counted) > 0.05) > 0.5
    assert np.mean(ignored) < 0.2


def test_faces_that_are_small_or_ignored_are_not_covered() -> None:
    piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([10, 10, 8, 8], [40, 40, 30, 30])
    faces.ignore[1] = True

    cover(piece, faces, np.full((50, 70, 3), 255, np.uint8), np.random.default_rng(0))

    assert not piece.any()


def test_covers_are_put_before_faces_where_there_are_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[np.ndarray] = []
    monkeypatch.setattr(train.augmentation.mosaic, "cover", lambda piece, faces, other, rng: used.append(other))
    box = np.array([[20, 20, 50, 60]], np.float32)
    scene = Scene(np.zeros((SIDE, SIDE, 3), np.uint8), box, np.zeros((1, 5, 2), np.float32), np.zeros(1, bool), "pack")
    picture = np.zeros((40, 40, 3), np.uint8)

    for covers, expected in (([], False), ([picture], True)):
        source = MosaicSource([[scene]], np.ones(1), SIDE, covers)
        for seed in range(10):
            source(np.random.default_rng(seed))
        assert bool(used) is expected

    assert all(one is picture for one in used)


def _stranger(side: int = SIDE) -> Scene:
    """A white picture with one upright face, and one above it."""
    boxes = np.array([[2, 2, 20, 24], [30, 30, 32, 40]], np.float32)
    five = np.array([[38, 45], [54, 45], [46, 53], [40, 61], [52, 61]], np.float32)
    points = np.stack([np.full((5, 2), np.nan, np.float32), five])
    return Scene(np.full((side, side, 3), 255, np.uint8), boxes, points, np.zeros(2, bool), "pack")


def test_a_strangers_face_is_put_beside_one_as_large_and_with_its_points() -> None:
    rng, joined = np.random.default_rng(0), 0
    for _ in range(100):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([30, 20, 32, 40])
        together = paste_face(piece, faces, _stranger(), rng)
        counted = np.flatnonzero(~together.ignore)
        if len(together.boxes) == 1:
            assert not piece.any()
            continue
        joined += 1
        box = together.boxes[counted[-1]]
        assert 0.5 < np.sqrt(box[2:].prod() / (32 * 40)) < 1.6
        if np.isfinite(together.points[counted[-1]]).all():
            assert np.abs(together.points[counted[-1]].mean(0) - box[:2] - box[2:] / 2).max() < 12
        x, y = np.clip((box[:2] + box[2:] / 2).astype(int), 0, SIDE - 1)
        assert piece[y, x].min() == 255, "the new face is not where its box is"
    assert joined > 50


def test_a_face_behind_a_strangers_counts_unless_more_than_half_is_hidden() -> None:
    rng, ignored = np.random.default_rng(1), []
    for _ in range(100):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([30, 20, 32, 40])
        together = paste_face(piece, faces, _stranger(), rng)
        white = hidden_share(together.boxes[0], piece.min(-1) > 127)
        assert bool(together.ignore[0]) == (white > 0.5) or abs(white - 0.5) < 0.03
        ignored.append(together.ignore[0])
    assert 0 < np.mean(ignored) < 0.5


def test_who_has_no_points_or_would_be_blurred_joins_nobody() -> None:
    faceless, tiny = _stranger(), _stranger()
    faceless.points[1] = np.nan
    tiny.boxes[1] = [40, 45, 8, 10]
    for stranger in (faceless, tiny):
        piece, faces = np.zeros((SIDE, SIDE, 3), np.uint8), _faces([30, 20, 32, 40])

        assert paste_face(piece, faces, stranger, np.random.default_rng(0)) is faces
        assert not piece.any()


def test_a_pixelated_piece_keeps_its_size_and_so_many_pixels_of_a_face() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for _ in range(50):
        faces = _faces([20, 20, 60, 60], [5, 5, 8, 8])
        low = pixelate(noise, faces, rng)

        assert low.shape == noise.shape
        assert low.std() < 0.85 * noise.std(), "no pixels were averaged"
        assert not faces.ignore[0]
        assert faces.ignore[1], "a face of less than seven pixels still counts"


def _scene(width: int, height: int, *boxes: list[float]) -> Scene:
    image = np.random.default_rng(1).integers(1, 255, (height, width, 3), np.uint8)
    faces = _faces(*boxes)
    return Scene(image, faces.boxes, faces.points, faces.ignore, "scenes")


def test_a_scene_as_it_is_fills_the_canvas_and_keeps_its_faces_upright_and_as_large() -> None:
    scene = _scene(300, 260, [140.0, 90.0, 20.0, 28.0])
    scene.image[:] = (7, 99, 201)
    whole = 0
    for seed in range(20):
        canvas, faces = natural(scene, SIDE, np.random.default_rng(seed))

        assert (canvas == (7, 99, 201)).all(-1).mean() > 0.8
        for box in faces.boxes[~faces.ignore]:
            if (box[:2] > 0).all() and (box[:2] + box[2:] < SIDE).all():
                whole += 1
                assert NATURAL_SCALE[0] - 0.01 < np.sqrt(box[2:].prod() / (20 * 28)) < NATURAL_SCALE[1] * 1.05
        assert np.abs(faces.angle).max(initial=0) < np.radians(15)
    assert whole > 10


def test_scenes_too_small_for_a_canvas_are_not_shown_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []

    def told(scene: Scene, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Instances]:
        shown.append(scene.image.shape[1])
        return natural(scene, side, rng)

    monkeypatch.setattr(train.augmentation.mosaic, "natural", told)
    small, large = _scene(60, 40, [10.0, 10.0, 20.0, 20.0]), _scene(200, 100, [10.0, 10.0, 20.0, 20.0])
    for scenes in ([[small]], [[small, large]]):
        canvas, _ = MosaicSource(scenes, np.ones(1), SIDE, natural_share=1.0)(np.random.default_rng(0))
        assert canvas.any()

    assert shown == [200]
