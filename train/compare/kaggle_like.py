"""`python -m train kaggle-like`: faces of other packs in the format of Kaggle's Facial Keypoints Detection."""

import csv
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, crop_matrix
from smile_edge.geometry.face_roi import face_roi
from train.data.crop_cache import read_bgr
from train.data.formats.kaggle import COLUMNS, CSV_NAME, IMAGE_PX
from train.data.samples import READOUT, FaceSample
from train.errors import DataError

__all__ = ["write_kaggle_like"]

CROP_SCALE = 2.4
"""Side of the image in face sizes, which puts the eyes about as far apart as in Kaggle's images."""
FOREHEAD = 0.22
"""How far above the middle between eyes and mouth the image is centred, in face sizes: Kaggle's show the forehead."""
TURN, ZOOM, SHIFT = np.radians(5), 0.06, 0.035
"""Standard deviations of what is left of a face's roll (rad), size (logarithm) and place (of the image's side).

Kaggle's faces are centred and upright, but not exactly."""

_TARGETS = [50, 49, 25, 28, 22, 19, 5, 9, 4, 0, 13, 37, 31, 34, 40]
"""The label (`train.data.samples.TARGETS`) of each of Kaggle's points."""


def write_kaggle_like(samples: Iterable[FaceSample], out: Path, seed: int = 0) -> int:
    """Writes `out/training.csv`; labels that a face does not have stay empty.

    A last column, `group`, names the person or the picture, so that a split can keep them together.

    Args:
        samples: labelled faces.
        out: folder.
        seed: of the small disturbances.

    Returns:
        The number of rows.

    Raises:
        DataError: an image is missing or broken, there is no face, or the file cannot be written.
    """
    rng, rows = np.random.default_rng(seed), 0
    path, partial = out / CSV_NAME, out / f"{CSV_NAME}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with partial.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([*COLUMNS, "Image", "group"])
            for sample in samples:
                image, points = _grey_face(sample, rng)
                labels = ["" if np.isnan(value) else f"{value:.3f}" for value in points.ravel()]
                writer.writerow([*labels, " ".join(map(str, image.ravel())), sample.group])
                rows += 1
        if not rows:
            raise DataError("no labelled faces to write: name a pack with --data")
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error})") from None
    return rows


def _grey_face(sample: FaceSample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`(96, 96)` uint8 and points `(15, 2)` px, NaN where the label is missing or outside."""
    centre, size, angle = face_roi(sample.five())
    side = CROP_SCALE * size * np.exp(rng.normal(0, ZOOM))
    up = np.array([np.sin(angle), -np.cos(angle)])
    centre = centre + FOREHEAD * size * up + rng.normal(0, SHIFT, 2) * side
    matrix = crop_matrix(centre, side, angle + rng.normal(0, TURN), IMAGE_PX)
    image = cv2.warpAffine(read_bgr(sample.image), matrix, (IMAGE_PX, IMAGE_PX), borderMode=cv2.BORDER_REPLICATE)
    targets = _with_eye_centres(sample.targets)[_TARGETS]
    points = apply_affine(matrix, targets[:, :2])
    known = (targets[:, 2] > 0) & (points >= 0).all(-1) & (points <= IMAGE_PX - 1).all(-1)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.where(known[:, None], points, np.nan)


def _with_eye_centres(targets: np.ndarray) -> np.ndarray:
    """The targets, with eye centres read out of the 49 points where those are labelled and the centres are not."""
    targets = targets.copy()
    for eye in (49, 50):
        if targets[eye, 2] == 0 and targets[:49, 2][READOUT[eye] > 0].all():
            targets[eye] = [*(READOUT[eye] @ targets[:49, :2]), 1]
    return targets
