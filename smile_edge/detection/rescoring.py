"""A face by itself, upright and of one size: how a doubtful one is shown to the detector once more.

A detector is surest of faces of the size and the turn that it was trained on most. What scores little where it stands
in a picture, because it is large, small or turned, is judged anew where neither can be the reason.
"""

from collections.abc import Sequence

import numpy as np

from smile_edge.detection.decoding import RawDetections
from smile_edge.detection.tiling import TILE_PX, tile_of
from smile_edge.geometry.affine import invert_similarity
from smile_edge.geometry.boxes import iou_xyxy, rotated_box_xywh, xywh_to_xyxy
from smile_edge.geometry.face_roi import LABELLED_BOX, roi_box
from smile_edge.geometry.scalar import FaceRoi
from smile_edge.imaging.crops import Item, cut_crops
from smile_edge.types import FloatArray

__all__ = ["MIN_RESCORE", "MOST_TILES", "centre_faces", "cut_upright"]


MIN_RESCORE = 0.1
"""What scores less is not seen, and counts as this."""
MOST_TILES = 32
"""Tiles in one model call."""
SCALE = 5.9
"""Side of a tile in face sizes (see `geometry.face_roi`): the face's box is then some 64 px large."""
LEAST_OVERLAP = 0.25
"""A face in a tile overlaps the box of an average face in its middle by more than this."""
_FACE_PX = TILE_PX / SCALE
_MIDDLE_PX = (TILE_PX - 1) / 2
_AVERAGE_BOX = roi_box(FaceRoi(_MIDDLE_PX, _MIDDLE_PX, _FACE_PX, 0.0), LABELLED_BOX)
"""The box that an average face has in a tile."""


def cut_upright(items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
    """Tiles `(k, 3, TILE_PX, TILE_PX)` BGR 0..255 of `k` faces, and matrices `(k, 2, 3)` from their images' px."""
    tiles = np.empty((len(items), 3, TILE_PX, TILE_PX), np.float32)
    return tiles, cut_crops(items, TILE_PX, SCALE, tiles)


def centre_faces(look: RawDetections, matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The best face in the middle of each tile.

    Args:
        look: boxes, scores and points px of the tiles `tiling.side_by_side`.
        matrices: `(k, 2, 3)` from `cut_upright`.

    Returns:
        Scores `(k,)`, 0 where a tile shows none, and boxes `(k, 4)` xywh px of the images, NaN there.
    """
    boxes, scores, _ = look
    count = len(matrices)
    tile = tile_of(boxes, count)
    boxes = boxes - np.outer(2 * TILE_PX * tile, [1, 0, 0, 0]).astype(np.float32)
    there = iou_xyxy(xywh_to_xyxy(boxes), xywh_to_xyxy(_AVERAGE_BOX))[:, 0] > LEAST_OVERLAP
    best, found = np.zeros(count, np.float32), np.full((count, 4), np.nan, np.float32)
    for row in np.flatnonzero(there)[::-1]:  # best last: it stays
        best[tile[row]], found[tile[row]] = scores[row], boxes[row]
    return best, rotated_box_xywh(found, invert_similarity(matrices))
