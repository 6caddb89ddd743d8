"""Batches for the landmarker of 70 points: labelled faces by pack, mined detections, and what is no face."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from smile_edge.geometry.boxes import rotated_box_xywh
from smile_edge.topology import FIVE_FLIP, TOPOLOGY_70
from train.augmentation.occluders import Occluders
from train.data.crop_cache import CROP_PX, STORED_PX, STORED_SCALE, WIDE_CROP, CropGeometry, move_points, warp_about
from train.data.formats.teacher_labels import EXPRESSION, FLIP_EXPRESSION
from train.data.mined import Mined
from train.engine.prefetch import Batch
from train.landmarks.crop_pictures import INVERTED_SHARE, background_crop, spoiled

__all__ = ["FLIP_75", "DenseBatches", "FacePart", "hidden_points"]

FLIP_75 = np.array([*TOPOLOGY_70.flip, *(70 + place for place in FIVE_FLIP)])
"""Where each of the 70 points and people's five goes in a mirrored image."""
COVERED_SHARE = 0.35
"""How often a face gets an occluder; what is no face gets one as often as `occlude` used to be drawn, 0.25."""
COVERED_WEIGHT = 0.3
"""What a point's label weighs under an occluder."""


@dataclass(frozen=True, slots=True, eq=False)
class FacePart:
    """Labelled faces of one pack."""

    crops: np.ndarray
    """`(n, 192, 192, 3)` uint8."""
    targets: np.ndarray
    """`(n, 75, 3)` px of the stored crop, weight: the 70 points, then people's five."""
    boxes: np.ndarray
    """`(n, 4)` left, top, width, height px of the stored crop, NaN where unknown."""
    expression: np.ndarray
    """`(n, 51)` 0..1, NaN where unknown."""
    visible: np.ndarray
    """`(n, 70)`: 1 visible, 0 covered, -1 unknown."""
    chances: np.ndarray
    """`(n,)` cumulated chance of each face."""
    share: float
    """Of the batch."""


@dataclass(frozen=True, slots=True, eq=False)
class DenseBatches:
    """Draws augmented batches by the shares of their parts; what is left of one is shared as the parts are."""

    parts: Sequence[FacePart]
    negatives: Sequence[np.ndarray]
    """Images without a face."""
    occluders: Occluders
    mined: Sequence[Mined] = ()
    batch: int = 64
    negative_share: float = 0.12
    mined_share: float = 0.16
    mined_face_share: float = 0.25
    """Of the mined detections: how often a face."""
    geometry: CropGeometry = WIDE_CROP
    _mined_face_px: float = field(default=STORED_PX / STORED_SCALE, repr=False)

    def __call__(self, rng: np.random.Generator) -> Batch:
        """One batch: crops `(b, 96, 96, 3)` uint8; `targets (b, 75, 3)` px, weight; `visible (b, 70)`, -1 unknown;
        `expression (b, 51)` and its weight `expressed (b,)`; `face (b,)`, -1 unknown; `box (b, 4)` px, `boxed (b,)`."""
        images = np.empty((self.batch, CROP_PX, CROP_PX, 3), np.uint8)
        labels = {
            "targets": np.zeros((self.batch, 75, 3), np.float32),
            "visible": np.full((self.batch, 70), -1, np.float32),
            "expression": np.zeros((self.batch, len(EXPRESSION)), np.float32),
            "expressed": np.zeros(self.batch, np.float32),
            "face": np.zeros(self.batch, np.float32),
            "box": np.ones((self.batch, 4), np.float32),
            "boxed": np.zeros(self.batch, np.float32),
        }
        mined_share = self.mined_share if self.mined else 0.0
        shares = np.array([self.negative_share, mined_share, *(part.share for part in self.parts)])
        kinds = rng.choice(len(shares), self.batch, p=shares / shares.sum())
        for i, kind in enumerate(kinds):
            row = {name: value[i] for name, value in labels.items() if value.ndim > 1}
            if kind == 0:
                images[i] = background_crop(self.negatives, rng)
            elif kind == 1:
                images[i], labels["face"][i], labels["boxed"][i] = self._mined(row, rng)
            else:
                images[i], labels["face"][i], labels["boxed"][i], labels["expressed"][i] = self._face(
                    self.parts[kind - 2], row, rng
                )
        return images, labels

    def _face(
        self, part: FacePart, row: dict[str, np.ndarray], rng: np.random.Generator
    ) -> tuple[np.ndarray, float, bool, float]:
        """A labelled face: its crop, whether it is one, whether it has a box, and the weight of its expression."""
        index = int(np.searchsorted(part.chances, rng.random(), side="right"))
        inverted = rng.random() < INVERTED_SHARE
        matrix, mirror = self._matrix(self.geometry.anchor_px, self.geometry.stored_face_px, inverted, rng)
        image = self._warped(part.crops[index], matrix, rng)
        if inverted:
            return spoiled(image, self.negatives, rng), 0.0, False, 0.0
        targets = move_points(part.targets[index], FLIP_75, matrix, mirror)
        visible = part.visible[index][list(TOPOLOGY_70.flip)] if mirror else part.visible[index].copy()
        known = targets[:70, 2] > 0
        outside = known & ((targets[:70, :2] < -0.5) | (targets[:70, :2] > CROP_PX - 0.5)).any(1)
        visible[outside] = 0
        if known.any() and rng.random() < COVERED_SHARE:
            hidden = hidden_points(self.occluders.cover(image, targets[:70, :2], rng), targets[:70, :2]) & known
            visible[hidden] = 0
            targets[:70, 2][hidden] *= COVERED_WEIGHT
        row["targets"][:], row["visible"][:] = targets, visible
        expression = part.expression[index]
        weight = 0.0
        if np.isfinite(expression[0]):
            row["expression"][:] = expression[FLIP_EXPRESSION] if mirror else expression
            weight = float((visible[17:] != 0).mean())
        box = rotated_box_xywh(part.boxes[index], matrix)[0]
        boxed = bool(np.isfinite(box[0]))
        if boxed:
            row["box"][:] = box
        return spoiled(image, self.negatives, rng, covered=True), 1.0, boxed, weight

    def _mined(self, row: dict[str, np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, float, bool]:
        """A mined detection: its crop, its label (-1 undecided), and whether it has a box."""
        wanted = rng.random() < self.mined_face_share
        parts = [part for part in self.mined if wanted in part.chances] or self.mined
        part = parts[int(rng.integers(len(parts)))]
        index = part.draw(wanted if wanted in part.chances else not wanted, rng)
        face = float(part.labels[index])
        inverted = face == 1 and rng.random() < INVERTED_SHARE
        middle = np.full(2, (STORED_PX - 1) / 2, np.float32)
        matrix, _ = self._matrix(middle, self._mined_face_px, inverted, rng)
        image = spoiled(self._warped(part.crops[index], matrix, rng), self.negatives, rng)
        if inverted:
            return image, 0.0, False
        box = rotated_box_xywh(part.boxes[index], matrix)[0]
        boxed = bool(np.isfinite(box[0]))
        if boxed:
            row["box"][:] = box
        return image, face, boxed

    def _matrix(
        self, anchor_px: np.ndarray, face_px: float, inverted: bool, rng: np.random.Generator
    ) -> tuple[np.ndarray, bool]:
        """A disturbed crop around a stored face, from px of the stored crop to the network's; and whether mirrored."""
        rough = rng.random() < 0.2
        turn = np.pi * inverted + rng.normal(0, np.radians(25 if rough else 12))
        zoom = np.exp(rng.normal(0, 0.18 if rough else 0.1))
        moved = rng.normal(0, (0.18 if rough else 0.07) * face_px, 2)
        mirror = bool(rng.random() < 0.5)
        matrix = warp_about(self.geometry, anchor_px, face_px, turn, zoom, moved, mirror)
        if rng.random() < 0.5:
            matrix = _stretched(matrix, rng)
        return matrix, mirror

    def _warped(self, crop: np.ndarray, matrix: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        border = cv2.BORDER_CONSTANT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
        return cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=border)


def hidden_points(hidden: np.ndarray, points: np.ndarray) -> np.ndarray:
    """`(k,)` bool: which points `(k, 2)` px lie under hidden pixels `(s, s)` bool."""
    column, row = np.rint(points).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < hidden.shape[1]) & (row < hidden.shape[0])
    under = np.zeros(len(points), bool)
    under[inside] = hidden[row[inside], column[inside]]
    return under


def _stretched(matrix: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same warp, its result stretched by some 5 % along any axis about the crop's centre."""
    angle, factor = rng.uniform(0, np.pi), np.exp(rng.normal(0, 0.05))
    axis = np.array([np.cos(angle), np.sin(angle)])
    stretch = np.eye(2) + (factor - 1) * np.outer(axis, axis)
    middle = np.full(2, (CROP_PX - 1) / 2)
    return np.column_stack([stretch @ matrix[:, :2], stretch @ (matrix[:, 2] - middle) + middle]).astype(np.float32)
