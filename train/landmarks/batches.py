"""Batches of face crops for the landmarker."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from smile_edge.geometry.boxes import rotated_box_xywh
from train.data.crop_cache import CROP_PX, TIGHT_CROP, CropGeometry, move_points, warp_about
from train.data.mined import Mined
from train.data.samples import FLIP
from train.engine.prefetch import Batch
from train.errors import DataError
from train.landmarks.crop_pictures import INVERTED_SHARE, background_crop, spoiled

__all__ = ["FaceBatches"]


@dataclass(frozen=True, slots=True)
class FaceBatches:
    """Draws augmented batches: labelled faces, what the detector took for faces, and backgrounds."""

    crops: np.ndarray
    """`(n, s, s, 3)` uint8, stored."""
    targets: np.ndarray
    """`(n, 51, 3)` px of the stored crop, and weights."""
    boxes: np.ndarray
    """`(n, 4)` left, top, width, height px of the stored crop, NaN where unknown."""
    negatives: Sequence[np.ndarray]
    """Images without a face."""
    batch: int = 32
    negative_share: float = 0.12
    mined: Sequence[Mined] = ()
    mined_share: float = 0.5
    taught: np.ndarray | None = None
    """`(n, 49, 3)` px of the stored crop, and weights: what a teacher says (`train.distillation.pseudo_labels`)."""
    mined_taught: Sequence[np.ndarray] = ()
    """The same for each of `mined`; or none at all."""
    geometry: CropGeometry = TIGHT_CROP
    """Of the network's crop and of `crops`; mined ones are stored as `TIGHT_CROP` has them."""

    def __post_init__(self) -> None:
        if not len(self.crops):
            raise DataError(
                "every labelled face is kept for validation, and all faces of an image stay together: label more images"
            )

    def __call__(self, rng: np.random.Generator) -> Batch:
        """One batch: crops `(b, 96, 96, 3)` uint8; `targets (b, 51, 3)`; `taught (b, 49, 3)`; `face (b,)`, -1 where it
        is left open; `box (b, 4)` px, and `boxed (b,)`, 1 where there is one."""
        images = np.empty((self.batch, CROP_PX, CROP_PX, 3), np.uint8)
        targets = np.zeros((self.batch, 51, 3), np.float32)
        taught = np.zeros((self.batch, 49, 3), np.float32)
        face = np.zeros(self.batch, np.float32)
        box = np.full((self.batch, 4), np.nan, np.float32)
        mined_share = self.mined_share if self.mined else 0.0
        for i in range(self.batch):
            kind = rng.random()
            if self.negatives and mined_share <= kind < mined_share + self.negative_share:
                images[i] = background_crop(self.negatives, rng)
                continue
            if kind < mined_share:
                part, row = _draw(self.mined, rng)
                crop, face[i], stored_box = (x[row] for x in (part.crops, part.labels, part.boxes))
                told = self.mined_taught[self.mined.index(part)][row] if self.mined_taught else None
                label, stored = None, TIGHT_CROP
            else:
                row = int(rng.integers(len(self.crops)))
                crop, face[i], stored_box, label = self.crops[row], 1.0, self.boxes[row], self.targets[row]
                told, stored = None if self.taught is None else self.taught[row], self.geometry
            inverted = face[i] == 1 and rng.random() < INVERTED_SHARE
            images[i], matrix, mirror = self._warped(crop, stored, rng, np.pi if inverted else 0.0)
            if inverted:
                face[i] = 0
                continue
            if label is not None:
                targets[i] = move_points(label, FLIP, matrix, mirror)
            if told is not None:
                taught[i] = move_points(told, FLIP[:49], matrix, mirror)
            box[i] = rotated_box_xywh(stored_box, matrix)[0]
        boxed = np.isfinite(box[:, 0])
        given = np.where(boxed[:, None], box, 1.0)
        labels: dict[str, np.ndarray] = {"targets": targets, "taught": taught, "face": face, "box": given}
        labels["boxed"] = boxed
        return images, {name: value.astype(np.float32, copy=False) for name, value in labels.items()}

    def _warped(
        self, crop: np.ndarray, stored: CropGeometry, rng: np.random.Generator, turned: float = 0.0
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """The network's crop out of a stored one, turned by an angle in rad and disturbed; with the matrix `(2, 3)` and
        whether it was mirrored."""
        rough = rng.random() < 0.2
        turn = turned + rng.normal(0, np.radians(25 if rough else 12))
        zoom = np.exp(rng.normal(0, 0.18 if rough else 0.1))
        shift = rng.normal(0, (0.18 if rough else 0.07) * stored.stored_face_px, 2)
        mirror = bool(rng.random() < 0.5)
        matrix = warp_about(self.geometry, stored.anchor_px, stored.stored_face_px, turn, zoom, shift, mirror)
        border = cv2.BORDER_CONSTANT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
        image = cv2.warpAffine(crop, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=border)
        return spoiled(image, self.negatives, rng), matrix, mirror


def _draw(mined: Sequence[Mined], rng: np.random.Generator) -> tuple[Mined, int]:
    """One detection, as often a face as not: where it is kept, and its row there."""
    wanted = rng.random() < 0.5
    parts = [part for part in mined if wanted in part.chances] or mined
    part = parts[int(rng.integers(len(parts)))]
    return part, part.draw(wanted if wanted in part.chances else not wanted, rng)
