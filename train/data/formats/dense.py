"""Dense points in a CSV: a `file` column and `x0, y0, x1, y1, ...` of 49 or 68 points."""

import csv
import re
from pathlib import Path

import cv2
import numpy as np

from train.data.formats.label_file import check_file_name, label_lines, numbers
from train.data.samples import FIRST_PIXEL, TARGETS, FaceSample
from train.errors import DataError

__all__ = ["read_dense"]

FIRST_PIXEL_300W = {"helen": (0.40, 0.40), "lfpw": (0.59, 0.75), "afw": (0.82, 0.95)}
"""What the labels of 300 Faces in-the-Wild call the x of the first pixel, px, by the set that an image is of: in images
that were brought down to the pack's longest side, and in smaller ones.

They count from one in images that were larger. Measured sideways: mean distance of the labels from four predictors,
which agree with each other and with MTFL within 0.05 px; a network of mirrored images cannot learn it. Downwards the
labels are kept as they are: there the convention is theirs, and a network learns it (`train/EXPERIMENTS.md`)."""
_LONGEST_PX = {"w300": 256, "afw": 320}
"""The longest side that the images of packs of 300W were brought down to."""
_OF_A_GROUP = re.compile(r"_\d{1,3}$")
"""The number of a face of one image or person; longer ones number files: `lfpw_image_0035`."""
_49_OF_68 = [*range(17, 60), 61, 62, 63, 65, 66, 67]


def read_dense(folder: Path, labels: str = "keypoints.csv") -> list[FaceSample]:
    """Faces of a dense-point pack; the number of points is read from the header.

    A pack that counts pixels from one (`samples.FIRST_PIXEL`, `FIRST_PIXEL_300W`) is moved to count from zero.

    Raises:
        DataError: the file is missing, its header does not name 49 or 68 points, or a row is short or not numeric.
    """
    path = folder / labels
    lines = label_lines(path, "expected a dense-point CSV; pass its folder with --data")
    try:
        header, *rows = list(csv.reader(lines)) or [[]]
    except csv.Error as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from None
    count = (len(header) - 1) // 2
    expected = ["file", *(f"{axis}{i}" for i in range(count) for axis in "xy")]
    if count not in (49, 68) or header != expected:
        raise DataError(f"{path}: expected the columns file,x0,y0,... of 49 or 68 points, found {len(header)} columns")
    return [_sample(folder, path, number, row, count) for number, row in enumerate(rows, 2)]


def _sample(folder: Path, path: Path, number: int, row: list[str], count: int) -> FaceSample:
    values = numbers(row[1:])
    if values is None or len(values) != 2 * count:
        raise DataError(f"{path}, row {number}: expected {2 * count} numbers after the file name: mend the row")
    points = values.reshape(count, 2) - _first_pixel(
        folder, check_file_name(f"{path}, row {number}, column file", row[0])
    )
    whole = points if count == 68 else None
    if count == 68:
        points = points[_49_OF_68]
    targets = np.zeros((TARGETS, 3), np.float32)
    targets[:49, :2], targets[:49, 2] = np.nan_to_num(points), np.isfinite(points).all(1)
    return FaceSample(folder / row[0], targets, _OF_A_GROUP.sub("", Path(row[0]).stem), folder.name, whole=whole)


def _first_pixel(folder: Path, name: str) -> np.ndarray:
    """`(2,)`: what the labels of an image call the centre of its first pixel."""
    own = FIRST_PIXEL_300W.get(Path(name).name.split("_")[0])
    if folder.name not in _LONGEST_PX or own is None:
        return np.array(FIRST_PIXEL.get(folder.name, (0.0, 0.0)), np.float32)
    image = cv2.imread(str(folder / name))
    smaller = image is not None and max(image.shape[:2]) < _LONGEST_PX[folder.name]
    return np.array([own[smaller], 0.0], np.float32)
