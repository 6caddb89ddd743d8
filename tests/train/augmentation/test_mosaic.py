"""Training canvases: which pieces of a scene are shown, and what is done to them."""

import numpy as np
import pytest
from canvas_faces import SIDE, faces_at

import train.augmentation.mosaic
from train.augmentation.mosaic import NATURAL_SCALE, MosaicSource, natural, pixelate, tile
from train.data.instances import Instances
from train.data.scenes import Scene


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


def test_a_pixelated_piece_keeps_its_size_and_so_many_pixels_of_a_face() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for _ in range(50):
        faces = faces_at([20, 20, 60, 60], [5, 5, 8, 8])
        low = pixelate(noise, faces, rng)

        assert low.shape == noise.shape
        assert low.std() < 0.85 * noise.std(), "no pixels were averaged"
        assert not faces.ignore[0]
        assert faces.ignore[1], "a face of less than seven pixels still counts"


def _scene(width: int, height: int, *boxes: list[float]) -> Scene:
    image = np.random.default_rng(1).integers(1, 255, (height, width, 3), np.uint8)
    faces = faces_at(*boxes)
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


def test_canvas_pieces_show_the_impostors_of_a_faceless_scene():
    image = np.zeros((400, 400, 3), np.uint8)
    image[300:340, 60:100] = 255  # what the detector took for a face
    none = np.zeros((0, 4), np.float32)
    rng = np.random.default_rng(0)

    def seen(hard_negatives):
        scene = Scene(image, none, np.zeros((0, 5, 2), np.float32), np.zeros(0, bool), "scenes", hard_negatives)
        return sum(tile(scene, 96, rng)[0].max() > 200 for _ in range(60))

    assert seen(np.float32([[60, 300, 40, 40]])) > 50 > seen(none)


def test_a_face_the_detector_missed_is_looked_at_more_often_than_one_it_was_sure_of():
    image = np.zeros((1200, 3000, 3), np.uint8)  # so far apart, and from the border, that no piece shows more than one
    image[600:640, 700:740], image[600:640, 2300:2340] = 100, 200
    boxes = np.float32([[700, 600, 40, 40], [2300, 600, 40, 40]])
    scene = Scene(
        image, boxes, np.full((2, 5, 2), np.nan), np.zeros(2, bool), "scenes", detector_scores=np.float32([0, 1])
    )
    rng = np.random.default_rng(0)
    pieces = [tile(scene, 96, rng)[0].max() for _ in range(150)]
    assert sum(50 < seen < 150 for seen in pieces) > 1.5 * sum(seen > 150 for seen in pieces)
