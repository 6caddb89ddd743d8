"""The MTFL format (Zhang et al., ECCV 2014): `path x1..x5 y1..y5 gender smile glasses pose`."""

from pathlib import Path

import numpy as np

from train.data.formats.label_file import check_file_name, label_lines, numbers
from train.data.samples import FIRST_PIXEL, TARGETS, FaceSample
from train.errors import DataError

__all__ = ["POSES", "read_mtfl", "read_poses", "read_smiles"]

POSES = {1: -60, 2: -30, 3: 0, 4: 30, 5: 60}
"""Head pose classes of the last column: about so many degrees of yaw, negative to the image's left."""

_TARGET_OF_COLUMN = [49, 50, 13, 31, 37]


def read_mtfl(folder: Path, labels: str = "training.txt") -> list[FaceSample]:
    """Faces of an MTFL pack; a pack that counts pixels from one (`samples.FIRST_PIXEL`) is moved to count from zero.

    Args:
        folder: the pack; image paths in the label file are relative to it.
        labels: name of the label file.

    Raises:
        DataError: the label file is missing or a row does not hold a path and at least ten numbers.
    """
    path = folder / labels
    lines = label_lines(path, "expected an MTFL pack; pass its folder with --data")
    first = FIRST_PIXEL.get(folder.name, (0.0, 0.0))
    samples = []
    for number, line in enumerate(lines, 1):
        columns = line.split()
        if not columns:
            continue
        values = numbers(columns[1:11])
        if values is None or len(values) != 10 or np.isnan(values).any():
            raise DataError(
                f"{path}, row {number}: expected a path and ten coordinates, found {line[:60]!r}: mend the row"
            )
        check_file_name(f"{path}, row {number}, column 1", columns[0])
        targets = np.zeros((TARGETS, 3), np.float32)
        targets[_TARGET_OF_COLUMN] = np.column_stack([values.reshape(2, 5).T - np.array(first, np.float32), np.ones(5)])
        samples.append(FaceSample(folder / columns[0], targets, _identity(columns[0]), folder.name))
    return samples


def read_poses(folder: Path, labels: str = "training.txt") -> dict[str, int]:
    """Head pose in degrees of yaw (one of `POSES`) by image path; rows without a known class are left out.

    Raises:
        DataError: the label file is missing.
    """
    named = {name: attributes[3] for name, attributes in _attributes(folder / labels)}
    known = {str(pose): degrees for pose, degrees in POSES.items()}
    return {name: known[pose] for name, pose in named.items() if pose in known}


def read_smiles(folder: Path, labels: str = "training.txt") -> dict[str, bool]:
    """Whether a face smiles by image path; rows without such a label (1 smiles, 2 does not) are left out.

    Raises:
        DataError: the label file is missing.
    """
    return {name: smile == "1" for name, (_, smile, *_) in _attributes(folder / labels) if smile in ("1", "2")}


def _attributes(path: Path) -> list[tuple[str, list[str]]]:
    """The image path and the last four columns, gender, smile, glasses and pose, of each row that has them."""
    rows = [line.split() for line in label_lines(path, "expected an MTFL pack with head poses and smiles")]
    return [(row[0], row[11:]) for row in rows if len(row) == 15]


def _identity(name: str) -> str:
    """LFW files end in a running number after the person's name; files from the web stand for themselves."""
    stem = Path(name).stem
    return stem.rsplit("_", 1)[0] if name.startswith("lfw") else stem
