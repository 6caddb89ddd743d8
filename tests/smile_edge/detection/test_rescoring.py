"""A doubtful face by itself: the tile that is cut for the detector, and what is read from it."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.detection.rescoring import centre_faces, cut_upright
from smile_edge.detection.tiling import TILE_PX
from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import average_box, face_roi
from smile_edge.topology import TOPOLOGY_49

IMAGE = np.zeros((480, 640, 3), np.uint8)


def _five(x: float = 300, y: float = 200, size: float = 40, degrees: float = 0) -> np.ndarray:
    return TOPOLOGY_49.five_points(face_points(x, y, size, degrees))


def _seen(five: np.ndarray, tile: int, score: float, shift: float = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a perfect detector finds of a face in a tile, the tiles side by side."""
    matrix = cut_upright([(IMAGE, five)])[1][0]
    moved = five @ matrix[:, :2].T + matrix[:, 2]
    box = average_box(moved)[None] + np.float32([2 * TILE_PX * tile + shift, 0, 0, 0])
    return box, np.float32([score]), moved[None]


def test_a_face_fills_the_middle_of_its_tile_whatever_its_size_and_turn() -> None:
    for five in (_five(), _five(size=15, degrees=130), _five(size=120, degrees=-60)):
        matrix = cut_upright([(IMAGE, five)])[1][0]
        centre, size, angle = face_roi(five @ matrix[:, :2].T + matrix[:, 2])
        np.testing.assert_allclose(centre, (TILE_PX - 1) / 2, atol=0.01)
        assert size == pytest.approx(TILE_PX / 5.9, rel=1e-3)
        assert angle == pytest.approx(0, abs=1e-3)


def test_what_is_found_there_comes_back_to_where_the_face_lies() -> None:
    faces = [_five(), _five(x=400, size=20), _five(x=120, y=330, size=60)]
    matrices = cut_upright([(IMAGE, five) for five in faces])[1]
    parts = [_seen(five, tile, 0.5 + tile / 10) for tile, five in enumerate(faces)]
    look = tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    scores, boxes = centre_faces(look, matrices)  # type: ignore[arg-type]

    np.testing.assert_allclose(scores, [0.5, 0.6, 0.7])
    overlaps = iou_xyxy(xywh_to_xyxy(boxes), xywh_to_xyxy(average_box(np.array(faces))))
    assert overlaps.diagonal().min() > 0.98


def test_the_best_face_in_the_middle_counts_and_a_neighbour_does_not() -> None:
    five = _five()
    matrices = cut_upright([(IMAGE, five)])[1]
    parts = [_seen(five, 0, 0.9, shift=60), _seen(five, 0, 0.4), _seen(five, 0, 0.3, shift=5)]
    look = tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    scores, boxes = centre_faces(look, matrices)  # type: ignore[arg-type]

    assert scores[0] == pytest.approx(0.4)
    np.testing.assert_allclose(boxes[0], average_box(five), rtol=0.02)


def test_an_empty_tile_gives_no_score_and_no_box() -> None:
    matrices = cut_upright([(IMAGE, _five())])[1]
    nothing = np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)

    scores, boxes = centre_faces(nothing, matrices)

    assert scores.tolist() == [0]
    assert np.isnan(boxes).all()
