"""Large pictures in overlapping tiles: a pyramid of halved pictures, so that a face is whole in a tile of one of them.

Slicing finds the small faces that shrinking hides (SAHI, Akyon et al., 2022). A tile finds faces of up to `WHOLE_PX`;
larger ones are found in the next level, where they are half as large, and the largest in the picture as a whole. Around
signs of the smallest faces the finest level is looked at once more, enlarged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.detection.decoding import RawDetections
from smile_edge.detection.tiling import INNER_PX, TILE_PX, place_tiles
from smile_edge.errors import UsageError
from smile_edge.types import FloatArray, Image, IntArray
from smile_edge.validation import check_counts, shown

__all__ = [
    "SIGN_PX",
    "SIGN_SCORE",
    "ZOOM",
    "ZOOM_TILES",
    "TileGrid",
    "Tiling",
    "cut_enlarged",
    "halvings",
    "outside_of",
    "place_enlarged",
    "whole_faces",
    "without_parts",
]

WHOLE_PX = 96
"""Longest side of a face's box that a tile finds whole wherever it lies: twice the 48 px from which on the detector
finds nearly all faces, so that each is of a good size in one level."""
EDGE_PX = 8
"""A box nearer to an edge of its tile may be cut there: it is left to the tile beside, or to the next level."""
OVERLAP_PX = WHOLE_PX + 2 * EDGE_PX
"""Overlap of neighbouring tiles."""
SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 256, 2048
"""Bounds of a tile's side: below, most of a tile is overlap; above, the network takes more than 800 MB."""
CALL_PX = 500_000
"""Pixels of tiles in one model call, unless one tile alone has more: the network takes 200 MB for each million."""
ZOOM = 2
"""How much the finest level is enlarged around signs of small faces: one of 24 px has the 48 px of `WHOLE_PX` then."""
ZOOM_TILES = 16
"""Enlarged tiles in one model call."""
SIGN_SCORE, SIGN_PX = 0.06, 48.0
"""Score and size of a sign of a small face, around which a picture is enlarged. Of the scores 0.05, 0.06 and 0.08 the
highest at which 96 % of faces of 24 px were found among any clutter; a lower one enlarges more."""
BLOCK_PX = 320
"""Side of the squares whose signs are seen to together: the time for all signs of a picture at once would grow with
the square of their number."""
LAST_LEVEL = 2**0.5
"""How much longer than the largest look at the whole a further level is at least: one of its size adds nothing."""
PART_RATIO = 2.5
"""How many times larger than a face a sure one must be for the smaller to be taken for a part of it."""
INNER_SHARE = 0.8
"""Of the half sizes of a sure face's box: the ellipse in which lie its parts."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """Which pictures are looked at in tiles.

    Example:
        >>> Tiling.parse("auto").applies(cv2.imread("panorama.jpg"))
        True
    """

    side_px: int = 640
    """Side of a tile, px."""
    from_px: int = 640
    """Longer side of a picture above which it is looked at in tiles: what the ordinary looks need not shrink."""
    min_score: float = 0.58
    """Score from which a face in such a picture counts, where none was asked for: of so many places more look like a
    face. It halves the false alarms of 0.55 and costs none of 750 faces of 24 px; 0.6 costs six in a thousand."""

    @classmethod
    def parse(cls, given: str | int | None) -> "Tiling | None":
        """From an option: `auto`, the side of a tile in px, or `off` (None).

        Raises:
            UsageError: it is none of these.
        """
        if given is None or given == "off":
            return None
        if given == "auto":
            return cls()
        if isinstance(given, str):
            if not (given.isascii() and given.isdigit() and len(given) < 10):
                raise UsageError(f"tiles must be auto, off or the side of a tile in px. Received: tiles={shown(given)}")
            given = int(given)
        check_counts(SMALLEST_SIDE_PX, tiles=given)
        if given > LARGEST_SIDE_PX:
            raise UsageError(f"tiles must be at most {LARGEST_SIDE_PX} px. Received: tiles={shown(given)}")
        return cls(int(given))

    def applies(self, image: Image) -> bool:
        """Whether a picture `(h, w, 3)` is looked at in tiles."""
        return bool(max(image.shape[:2]) > self.from_px)


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Tiles of one size that cover a picture."""

    corners: IntArray
    """`(t, 2)` px, left and top of each, row by row."""
    width: int
    height: int

    @classmethod
    def over(cls, width: int, height: int, side_px: int, multiple: int) -> "TileGrid":
        """Tiles of at most `side_px` that overlap by `OVERLAP_PX` and more, no larger than they must be.

        Args:
            width, height: px of the picture.
            side_px: largest side of a tile.
            multiple: of which the network rounds sides up.
        """
        (lefts, tile_width), (tops, tile_height) = (_cuts(extent, side_px, multiple) for extent in (width, height))
        corners = np.stack(np.meshgrid(lefts, tops), -1).reshape(-1, 2)
        return cls(corners, tile_width, tile_height)

    def batches(self) -> Iterator[IntArray]:
        """Corners of the tiles that go together."""
        count = max(1, CALL_PX // (self.width * self.height))
        for start in range(0, len(self.corners), count):
            yield self.corners[start : start + count]

    def cut(self, image: Image, corners: IntArray) -> list[Image]:
        """The tiles of a picture at some corners."""
        return [image[top : top + self.height, left : left + self.width] for left, top in corners.tolist()]


def _cuts(extent: int, side_px: int, multiple: int) -> tuple[IntArray, int]:
    """Where tiles begin along one axis, and how long they are."""
    if extent <= side_px:
        return np.zeros(1, np.intp), extent
    count = -(-(extent - OVERLAP_PX) // (side_px - OVERLAP_PX))
    length = -(-(extent - OVERLAP_PX) // count) + OVERLAP_PX
    length = min(-(-length // multiple) * multiple, side_px)
    return np.rint(np.linspace(0, extent - length, count)).astype(np.intp), length


def halvings(image: Image, longest_px: int) -> list[Image]:
    """A picture longer than `longest_px`, its half, its quarter, ... while they are clearly longer; coarsest first."""
    levels: list[Image] = []
    while max(image.shape[:2]) > longest_px * (LAST_LEVEL if levels else 1):
        levels.append(image)
        height, width = image.shape[:2]
        size = max(width // 2, 1), max(height // 2, 1)
        even = image[: height - height % 2 or 1, : width - width % 2 or 1]  # else pixels would not be whole blocks
        image = np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.uint8)
    return levels[::-1]


def whole_faces(look: RawDetections, corner: IntArray, grid: TileGrid, width: int, height: int) -> RawDetections:
    """What was found in a tile, moved to its picture; what may be cut by an edge of the tile is left out.

    Args:
        look: boxes, scores and points px of the tile.
        corner: `(2,)` px of the picture.
        grid: of the tile.
        width, height: px of the picture.
    """
    boxes, scores, points = look
    shift = corner.astype(np.float32)
    low = boxes[:, :2] + shift
    high = low + boxes[:, 2:]
    end = corner + np.array([grid.width, grid.height])
    whole = ((low >= corner + EDGE_PX) | (corner == 0)) & ((high <= end - EDGE_PX) | (end >= [width, height]))
    kept = whole.all(1)
    return np.concatenate([low, boxes[:, 2:]], 1)[kept], scores[kept], (points + shift)[kept]


def outside_of(sure: FloatArray, boxes: FloatArray) -> npt.NDArray[np.bool_]:
    """Which faces are no parts of others: not much smaller than a sure one and in the middle of it.

    Args:
        sure: boxes `(s, 4)` xywh px.
        boxes: `(k, 4)` xywh px.

    Returns:
        `(k,)`.
    """
    half, other = sure[:, 2:] / 2, boxes[:, 2:] / 2
    apart = (boxes[:, None, :2] + other[:, None] - sure[:, :2] - half) / (INNER_SHARE * half)
    part = ((apart**2).sum(-1) < 1) & (half.max(-1) > PART_RATIO * other.max(-1)[:, None])
    return np.asarray(~part.any(1), np.bool_)


def without_parts(look: RawDetections, sure: FloatArray) -> RawDetections:
    """What was found without the parts of sure faces, boxes `(s, 4)` xywh px."""
    boxes, scores, points = look
    kept = outside_of(sure, boxes)
    return boxes[kept], scores[kept], points[kept]


def place_enlarged(signs: FloatArray, image: Image) -> IntArray:
    """Corners `(t, 2)` px of what is enlarged of a picture: as `tiling.place_tiles`, of tiles of `TILE_PX / ZOOM`."""
    height, width = image.shape[:2]
    blocks: dict[tuple[int, int], list[int]] = {}
    for index, (column, row) in enumerate((signs // BLOCK_PX).astype(np.intp).tolist()):
        blocks.setdefault((row, column), []).append(index)
    side_px, inner_px = TILE_PX // ZOOM, INNER_PX // ZOOM
    placed = [place_tiles(signs[blocks[key]], width, height, side_px, inner_px) for key in sorted(blocks)]
    return np.concatenate([np.zeros((0, 2), np.intp), *placed])


def cut_enlarged(image: Image, corners: IntArray) -> FloatArray:
    """Tiles `(t, 3, TILE_PX, TILE_PX)` that show a picture `(h, w, 3)` enlarged, 0..255, black outside it."""
    side_px = TILE_PX // ZOOM
    tiles = np.zeros((len(corners), 3, TILE_PX, TILE_PX), np.float32)
    for slot, (left, top) in zip(tiles, corners.tolist(), strict=True):
        part = image[top : top + side_px, left : left + side_px]
        large = cv2.resize(part, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_LINEAR)
        for channel, plane in zip(slot, cv2.split(large), strict=True):
            channel[: large.shape[0], : large.shape[1]] = plane
    return tiles
