"""The frame and its shrunken copies in one picture, and sampling from it: crops and letterbox of a fused graph.

`crops.cut_crop` averages a large face down by a whole factor before it samples. In a graph the frame averaged down
by every factor (levels 1..12) is made once and packed into one atlas, and one GridSample cuts each crop from the level
that its face wants:

    +-------------------------+
    | 1                       |
    +-------------+--------+--+
    | 1/2         | 1/3    |0 |
    +------+----+-+-+---+--+--+
    | 1/4  |1/5 |1/6|1/7|  0  |
    +------+----+---+---+-----+      zeros between all of them: what lies outside a picture is black
"""

from dataclasses import dataclass

import numpy as np

from export.fusion.graph_builder import Tensor, concat

__all__ = ["LEVELS", "SMALLEST_FRAME_PX", "Atlas"]

LEVELS = 12
"""Factors by which faces are averaged down: enough for one as high as a 1080p frame."""

SMALLEST_FRAME_PX = 32
"""Sides of a frame: below this a level has no pixels."""

_OUTSIDE = -2.0
"""An atlas coordinate beyond any pixel: GridSample gives zero there."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """All levels of one frame."""

    picture: Tensor
    """`(1, 3, H, W)` float32."""
    size: Tensor
    """`(2,)` float32: W, H."""
    sizes: Tensor
    """`(levels, 2)` int64: width and height of each level, from level 1 on."""
    corners: Tensor
    """`(levels, 2)` int64: left and top of each."""

    @classmethod
    def of(cls, frame: Tensor) -> "Atlas":
        """Makes the levels of a frame `(h, w, 3)` uint8."""
        nodes = frame.nodes
        pictures = _pictures(frame)
        shape = frame.op("Shape", dtype=np.int64)
        frame_size = shape.take(np.array([1, 0]))  # (2,) w, h
        factors = np.arange(1, LEVELS + 1, dtype=np.int64)[:, None]
        sizes = frame_size.reshape(1, 2) / nodes.constant(factors)  # (levels, 2)
        width, one = frame_size.cut(0, 1, 0) + 1, nodes.constant(np.ones(1, np.int64))
        zero = nodes.constant(np.zeros(1, np.int64))
        rows, corners, top = [], [], zero
        for row in _rows():
            row_height = sizes.take(np.array(row[0] - 1)).cut(1, 2, 0) + 1
            left, padded = zero, []
            for level in row:
                size = sizes.take(np.array(level - 1))
                corners.append(concat([left, top], 0))
                below = row_height - size.cut(1, 2, 0)
                right = width - left - size.cut(0, 1, 0) if level == row[-1] else one
                pads = concat([nodes.constant(np.zeros(6, np.int64)), below, right], 0)
                padded.append(pictures[level].op("Pad", pads, mode="constant"))
                left = left + size.cut(0, 1, 0) + 1
            rows.append(concat(padded, 3))
            top = top + row_height
        size = concat([width, top], 0).cast(np.float32)
        return cls(concat(rows, 2), size, sizes, concat([corner.reshape(1, 2) for corner in corners], 0))

    def sample(self, where: Tensor) -> Tensor:
        """Bilinear samples at `(1, m, n, 2)` px of the atlas: `(1, 3, m, n)`, zero outside."""
        grid = where * (where.nodes.constant(np.array(2, np.float32)) / (self.size - 1)) - 1
        return self.picture.op("GridSample", grid, mode="bilinear", padding_mode="zeros", align_corners=1)

    def crops(self, matrices: Tensor, scale: Tensor, crop_px: int) -> Tensor:
        """Crops `(k, 3, crop_px, crop_px)`, as `crops.cut_crop` makes them.

        Args:
            matrices: `(k, 3, 2)` from `[x - middle, y - middle, 1]` in crop px to frame px, for row vectors.
            scale: `(k, 1)` frame px per crop px.
            crop_px: side of a crop.
        """
        nodes = matrices.nodes
        factor = scale.op("Floor").op("Max", 1.0).op("Min", float(LEVELS))  # (k, 1)
        index = factor.cast(np.int64).reshape(-1) - 1  # (k,)
        shift = nodes.constant(np.array([[0, 0], [0, 0], [1, 1]], np.float32))
        factor = factor.reshape(-1, 1, 1)
        # The first pixel of a level is the mean of `factor` pixels: its centre lies (factor - 1) / 2 from theirs.
        matrices = (matrices - shift * ((factor - 1) * 0.5)) / factor
        where = nodes.constant(crop_positions(crop_px)) @ matrices  # (k, crop_px ** 2, 2) px of the level
        beyond = self.sizes.cast(np.float32).take(index).reshape(-1, 1, 2)
        where = where.op("Max", -1.0).op("Min", beyond)
        where = where + self.corners.cast(np.float32).take(index).reshape(-1, 1, 2)
        cut = self.sample(where.reshape(1, -1, crop_px, 2))  # (1, 3, k * crop_px, crop_px)
        return cut.reshape(3, -1, crop_px, crop_px).transpose(1, 0, 2, 3)

    def letterbox(self, size: Tensor, padded: Tensor) -> Tensor:
        """The whole frame shrunk into the top left of a black picture, as `letterbox.preprocess` makes it.

        Args:
            size: `(2,)` int64, width and height of the shrunk frame.
            padded: `(2,)` int64, width and height of the picture.
        """
        powers = np.array([row[0] for row in _rows()], np.int64)  # 1, 2, 4, 8
        halves = self.sizes.take(powers - 1)  # (4, 2)
        fits = (halves >= size.reshape(1, 2) * 2).cast(np.int64)
        # Halved again as long as both sides stay long enough: the number of levels that still can be, in one row.
        count = (fits.take(np.array([0]), 1) * fits.take(np.array([1]), 1)).sum(0).reshape(1).op("Min", len(powers) - 1)
        level = halves.nodes.constant(powers).take(count) - 1  # (1,)
        source = self.sizes.take(level).cast(np.float32).reshape(2)
        corner = self.corners.take(level).cast(np.float32).reshape(2)
        axes = []
        for axis in (0, 1):
            along = padded.take(np.array(axis)).range().cast(np.float32)  # (n,)
            length, whole = (one.take(np.array([axis])) for one in (size.cast(np.float32), source))
            # The level is at least as large as the shrunk frame, so no pixel's centre lies outside it.
            at = (along + 0.5) * (whole / length) - 0.5 + corner.take(np.array([axis]))
            inside = along < length
            axes.append(inside.op("Where", at, at * 0.0 + _OUTSIDE, dtype=np.float32))
        x, y = axes[0].reshape(1, 1, -1, 1), axes[1].reshape(1, -1, 1, 1)
        return self.sample(concat([x + y * 0.0, x * 0.0 + y], 3))


def crop_positions(crop_px: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """`[x - middle, y - middle, 1]` of every pixel of a crop, row by row: `(crop_px ** 2, 3)`."""
    along = np.arange(crop_px, dtype=np.float32) - (crop_px - 1) / 2
    x, y = np.meshgrid(along, along)
    return np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3).astype(np.float32)


def _pictures(frame: Tensor) -> dict[int, Tensor]:
    """Each level `(1, 3, h, w)` float32; a level is averaged from the smallest one that it is a whole fraction of."""
    pictures = {1: frame.cast(np.float32).transpose(2, 0, 1).op("Unsqueeze", np.array([0], np.int64))}
    for level in range(2, LEVELS + 1):
        source = max(factor for factor in pictures if level % factor == 0)
        side = level // source
        pictures[level] = pictures[source].op("AveragePool", kernel_shape=[side, side], strides=[side, side])
    return pictures


def _rows() -> list[list[int]]:
    """The levels of each row of the atlas: 1; 2, 3; 4 to 7; 8 and on. A row is never wider than the frame."""
    rows: list[list[int]] = []
    for level in range(1, LEVELS + 1):
        if level & (level - 1) == 0:
            rows.append([])
        rows[-1].append(level)
    return rows
