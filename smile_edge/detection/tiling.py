"""A closer look at parts of a picture: tiles around the signs of small faces that a look at the whole of it saw.

Slicing a picture finds the small faces that shrinking hides (SAHI, Akyon et al., 2022). A cell that answers faintly
for a small face tells where slicing can pay, and most of most pictures is not worth it.
"""

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.detection.decoding import RawDetections
from smile_edge.types import FloatArray, Image, IntArray

__all__ = [
    "INNER_PX",
    "TILE_PX",
    "cut_tiles",
    "from_tiles",
    "place_tiles",
    "side_by_side",
    "small_face_proposals",
    "tile_of",
]


TILE_PX = 160
"""Side of a tile: a multiple of the detector's strides."""

INNER_PX = 80
"""Side of the square in the middle of a tile where a sign has enough around it."""


def small_face_proposals(
    level: FloatArray, stride: int, lowest: float, small_px: float, sure: FloatArray
) -> FloatArray:
    """Where a map's cells answer, faintly, for small faces.

    Args:
        level: `(27, h, w)` raw values of one image, see `decoding.decode_cells`.
        stride: px of the network's input between two cells.
        lowest: lowest score of a sign, 0..1.
        small_px: size (square root of the box area) below which a face is small.
        sure: boxes `(n, 4)` xywh px of faces that need no closer look: what lies in them is a part of them.

    Returns:
        Centres `(k, 2)` px of the network's input.
    """
    rows, columns = np.nonzero(level[0] > np.log(lowest / (1 - lowest)))
    values = level[:5, rows, columns]
    centres = ((np.stack([columns, rows], -1) + 0.5 + values[1:3].T) * stride - 0.5).astype(np.float32)
    small = values[3] + values[4] < 2 * np.log(small_px / stride)
    after, before = centres[:, None] >= sure[:, :2], centres[:, None] <= sure[:, :2] + sure[:, 2:]
    signs: FloatArray = centres[small & ~(after & before).all(-1).any(-1)]
    return signs


def place_tiles(
    signs: FloatArray, width: int, height: int, tile_px: int = TILE_PX, inner_px: int = INNER_PX
) -> IntArray:
    """Tiles of a picture so that every sign lies in the inner square of one, or between it and the picture's edge.

    Args:
        signs: `(k, 2)` px of the picture; from the top down, from the left on, those that fit into one square share it.
        width: px of the picture.
        height: px of the picture.
        tile_px: side of a tile.
        inner_px: side of the inner square.

    Returns:
        Left and top `(t, 2)` px; a picture smaller than a tile is in one from 0 on.
    """
    last = np.maximum(np.array([width, height]) - tile_px, 0)
    margin = (tile_px - inner_px) / 2
    corners: list[npt.NDArray[np.intp]] = []
    while len(signs):
        row = signs[signs[:, 1] <= signs[:, 1].min() + inner_px]
        group = row[row[:, 0] <= row[:, 0].min() + inner_px]
        middle = (group.min(0) + group.max(0)) / 2
        corner = np.clip(np.rint(middle - (tile_px - 1) / 2).astype(np.intp), 0, last)
        low = np.where(corner > 0, corner + margin - 1, -np.inf)  # a pixel less, since the corner was rounded
        high = np.where(corner < last, corner + tile_px - margin, np.inf)
        signs = signs[((signs < low) | (signs > high)).any(1)]
        corners.append(corner)
    return np.array(corners, np.intp).reshape(-1, 2)


def cut_tiles(image: Image, corners: IntArray) -> FloatArray:
    """Tiles `(t, 3, TILE_PX, TILE_PX)` of a picture `(h, w, 3)`, 0..255, black outside it."""
    tiles = np.zeros((len(corners), 3, TILE_PX, TILE_PX), np.float32)
    for slot, (left, top) in zip(tiles, corners, strict=True):
        part = image[top : top + TILE_PX, left : left + TILE_PX]
        for channel, plane in zip(slot, cv2.split(part), strict=True):
            channel[: part.shape[0], : part.shape[1]] = plane
    return tiles


def side_by_side(level: FloatArray) -> FloatArray:
    """The maps `(t, 27, h, w)` of tiles as one `(27, h, 2 t w)` to decode, a blank as wide as a tile after each."""
    count, channels, height, width = level.shape
    row = np.full((channels, height, count, 2, width), -np.inf, np.float32)
    row[:, :, :, 0] = level.transpose(1, 2, 0, 3)
    return row.reshape(channels, height, -1)


def tile_of(boxes: FloatArray, count: int) -> IntArray:
    """Which of `count` tiles `side_by_side` each box `(k, 4)` xywh px lies in: `(k,)`."""
    return np.clip((boxes[:, 0] + boxes[:, 2] / 2) // (2 * TILE_PX), 0, count - 1).astype(np.intp)


def from_tiles(look: RawDetections, corners: IntArray, width: int, height: int) -> RawDetections:
    """Faces found in tiles, moved to the picture; those that a tile cuts are left to the look that saw them whole.

    Args:
        look: boxes, scores and points px of `side_by_side`.
        corners: `(t, 2)` px of the picture, left and top of the tiles.
        width: px of the picture.
        height: px of the picture.
    """
    boxes, scores, points = look
    tile = tile_of(boxes, len(corners))
    shift = corners[tile].astype(np.float32)
    shift[:, 0] -= 2 * TILE_PX * tile
    low = boxes[:, :2] + shift
    high = low + boxes[:, 2:]
    begin, end = corners[tile], corners[tile] + TILE_PX
    whole = (((low >= begin) | (begin == 0)) & ((high <= end) | (end >= [width, height]))).all(1)
    moved = np.concatenate([low, boxes[:, 2:]], 1)
    return moved[whole], scores[whole], (points + shift[:, None])[whole]
