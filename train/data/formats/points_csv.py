"""A user's own labels: a CSV with a row a face, a column `image`, and `<point>_x`, `<point>_y` for any named points."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from smile_edge.errors import ImageError
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.decode import read_image
from train.data.face_locator import FaceFinder, face_finder, found_frame, labelled_frame, swapped_label
from train.data.formats.points_table import POINT_NAMES, LabelRow, read_rows
from train.data.samples import FaceSample
from train.errors import DataError

__all__ = ["POINT_NAMES", "read_points_csv"]

FARTHEST_OUTSIDE = 0.25
"""A face may be cut by the border, so a label may lie this share of the image's longer side outside of it."""
SMALLEST_FACE_PX = 2.0

_LOG = logging.getLogger(__name__)


def read_points_csv(path: Path, find_faces: FaceFinder | None = None) -> list[FaceSample]:
    """Faces of a CSV of named points (`POINT_NAMES`).

    The crop of a face needs its eyes and mouth corners. Where the labels do not give them, the face is looked for with
    the shipped models: the one whose points lie nearest the labels, within a face size. Rows whose face was not found,
    and rows without any label, are left out and counted in one line of the log.

    Args:
        path: the CSV, UTF-8; image paths in it are absolute or relative to its folder. An empty cell, or `nan`, is a
            missing label. Coordinates are px of the image, the centre of the first pixel at (0, 0).
        find_faces: gives the points `(n, 49, 2)` px of the faces in an image; None opens the shipped models when the
            first row needs them.

    Raises:
        DataError: the file, its header, a row or an image cannot be used, or no row is left.
    """
    rows = read_rows(path)
    _check_are_pixels(path, rows)
    _check_images(path, rows)
    samples: list[FaceSample] = []
    unlabelled = not_found = 0
    finder = face_finder(find_faces)
    for row in rows:
        if not row.targets[:, 2].any():
            unlabelled += 1
            continue
        image = path.parent / row.image
        frame = labelled_frame(row.targets)
        if frame is None:
            frame = found_frame(row.targets, finder(image))
        if frame is None:
            not_found += 1
            continue
        _check_face(f"{path}, row {row.number}", row, frame)
        samples.append(FaceSample(image, row.targets, row.image, path.name, frame))
    reasons = f"{unlabelled} without a label, {not_found} whose face was not found"
    if not samples:
        raise DataError(
            f"{path}: none of its {len(rows)} rows can be used ({reasons}): label both eyes and both mouth corners "
            "where faces are hard to find"
        )
    if unlabelled or not_found:
        _LOG.warning("%s: %d of %d rows left out: %s", path, unlabelled + not_found, len(rows), reasons)
    return samples


def _check_are_pixels(path: Path, rows: Sequence[LabelRow]) -> None:
    points = np.concatenate([row.targets[row.targets[:, 2] > 0, :2] for row in rows])
    if not len(points):
        columns = ", ".join(f"{name}_x" for name in rows[0].columns.values())
        shown = columns if len(columns) < 80 else columns[:77] + "..."
        raise DataError(
            f"{path}, rows {rows[0].number} to {rows[-1].number}, columns {shown}: every label is empty or NaN: "
            "fill in pixel coordinates"
        )
    if (points >= 0).all() and (points <= 1).all():
        raise DataError(f"{path}: every coordinate lies between 0 and 1: expected pixels, not shares of the image")


def _check_images(path: Path, rows: Sequence[LabelRow]) -> None:
    """Every image can be decoded, and no label lies far outside its image."""
    names = sorted({row.image for row in rows})
    with ThreadPoolExecutor(4) as pool:
        sizes = dict(zip(names, pool.map(lambda name: _image_size(path.parent / name), names), strict=True))
    for row in rows:
        size, where = sizes[row.image], f"{path}, row {row.number}"
        if size is None:
            image = path.parent / row.image
            wrong = "cannot be decoded: no image, or damaged or truncated" if image.is_file() else "does not exist"
            raise DataError(f"{where}, column image: {image} {wrong}: mend the path or the file")
        margin = FARTHEST_OUTSIDE * size.max()
        outside = (row.targets[:, :2] < -margin) | (row.targets[:, :2] > size - 1 + margin)
        for target, axis in np.argwhere(outside & (row.targets[:, 2:] > 0))[:1]:
            raise DataError(
                f"{where}, column {row.columns[int(target)]}_{'xy'[axis]}: {row.targets[target, axis]:g} lies far "
                f"outside {row.image} ({size[0]} x {size[1]} px): give pixels of that image, or leave both cells empty"
            )


def _image_size(path: Path) -> np.ndarray | None:
    """Width and height px, turned as its EXIF data says; None where it cannot be decoded, or lacks its end."""
    try:
        height, width = read_image(path).shape[:2]
    except ImageError:
        return None
    return np.array([width, height])


def _check_face(where: str, row: LabelRow, frame: np.ndarray) -> None:
    size = float(face_roi(frame)[1])
    if size < SMALLEST_FACE_PX:
        raise DataError(f"{where}: its eyes and mouth corners lie within {size:.1f} px of one another: mend the row")
    swapped = swapped_label(row.targets, frame)
    if swapped is not None:
        raise DataError(
            f"{where}, column {row.columns[swapped]}_x: right and left are swapped: names are the subject's, so the "
            "right eye lies at the left of an upright picture"
        )
