"""The WIDER FACE format (Yang et al., CVPR 2016): name, count, then `x y w h` and attribute flags a face."""

from pathlib import Path

import numpy as np

from train.data.formats.label_file import FARTHEST_PX, check_file_name, label_lines
from train.data.samples import SceneSample
from train.errors import DataError

__all__ = ["read_wider"]

_INVALID_COLUMN, _OCCLUSION_COLUMN = 7, 8


def read_wider(folder: Path, labels: str = "wider_face_bbx_gt.txt") -> list[SceneSample]:
    """Scenes of a WIDER pack; images lie under `images/`. Faces flagged invalid are to be ignored.

    Raises:
        DataError: the label file is missing, or a count or a box is not a number.
    """
    path = folder / labels
    lines = label_lines(path, "expected a WIDER pack; pass its folder with --data")
    samples, at = [], 0
    while at < len(lines):
        name = lines[at].strip()
        if not name:
            at += 1
            continue
        try:
            count = int(lines[at + 1])
            if not 0 <= count <= len(lines) - at - 2:
                raise ValueError
            rows = [[float(value) for value in line.split()] for line in lines[at + 2 : at + 2 + count]]
            boxes = np.array([row[:4] for row in rows], np.float64).reshape(-1, 4)
            if not (np.abs(boxes) <= FARTHEST_PX).all():
                raise ValueError
            boxes = boxes.astype(np.float32)
        except (ValueError, IndexError):
            raise DataError(f"{path}, row {at + 1}: expected a count and `x y w h ...` rows after {name!r}") from None
        check_file_name(f"{path}, row {at + 1}, column 1", name)
        at += 2 + count
        if count == 0 and at < len(lines) and _is_placeholder(lines[at]):
            at += 1
        invalid = np.array([len(row) > _INVALID_COLUMN and row[_INVALID_COLUMN] > 0 for row in rows], bool)
        real = (boxes[:, 2:] > 0).all(1) if len(boxes) else np.zeros(0, bool)
        points = np.full((int(real.sum()), 5, 2), np.nan, np.float32)
        flagged = all(len(row) > _OCCLUSION_COLUMN for row in rows)
        hidden = np.array([row[_OCCLUSION_COLUMN] for row in rows], int)[real] if flagged and rows else None
        image = folder / "images" / name
        samples.append(SceneSample(image, boxes[real], name, folder.name, points, invalid[real], hidden))
    return samples


def _is_placeholder(line: str) -> bool:
    """WIDER writes one row of zeros after a count of zero."""
    columns = line.split()
    return len(columns) >= 4 and all(column.strip("0") in ("", ".") for column in columns)
