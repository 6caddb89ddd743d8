"""Dense points in a CSV: a `file` column and `x0, y0, x1, y1, ...` of 49 or 68 points."""

import csv
from pathlib import Path

import numpy as np

from train.data.samples import FIRST_PIXEL, TARGETS, FaceSample
from train.errors import DataError

__all__ = ["read_dense"]

_49_OF_68 = [*range(17, 60), 61, 62, 63, 65, 66, 67]


def read_dense(folder: Path, labels: str = "keypoints.csv") -> list[FaceSample]:
    """Faces of a dense-point pack; the number of points is read from the header.

    A pack that counts pixels from one (`samples.FIRST_PIXEL`) is moved to count from zero.

    Raises:
        DataError: the file is missing, its header does not name 49 or 68 points, or a row is short or not numeric.
    """
    path = folder / labels
    if not path.is_file():
        raise DataError(f"label file {path} not found: expected a dense-point CSV; pass its folder with --data")
    with path.open(newline="") as stream:
        rows = csv.reader(stream)
        header = next(rows, [])
        count = (len(header) - 1) // 2
        expected = ["file", *(f"{axis}{i}" for i in range(count) for axis in "xy")]
        if count not in (49, 68) or header != expected:
            raise DataError(
                f"{path}: expected the columns file,x0,y0,... of 49 or 68 points, found {len(header)} columns"
            )
        return [_sample(folder, path, number, row, count) for number, row in enumerate(rows, 2)]


def _sample(folder: Path, path: Path, number: int, row: list[str], count: int) -> FaceSample:
    try:
        points = np.array(row[1:], np.float32).reshape(count, 2) - np.float32(FIRST_PIXEL.get(folder.name, 0.0))
    except ValueError:
        raise DataError(
            f"{path}, row {number}: expected {2 * count} numbers after the file name: mend the row"
        ) from None
    if count == 68:
        points = points[_49_OF_68]
    targets = np.zeros((TARGETS, 3), np.float32)
    targets[:49, :2], targets[:49, 2] = np.nan_to_num(points), np.isfinite(points).all(1)
    stem = Path(row[0]).stem
    head, _, tail = stem.rpartition("_")
    return FaceSample(folder / row[0], targets, head if tail.isdigit() and head else stem, folder.name)
