"""Head pose in a CSV: columns `file`, `yaw`, `pitch`, `roll`, perhaps `smile`; others are passed over."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from train.data.formats.label_file import check_file_name
from train.errors import DataError

__all__ = ["PoseLabel", "read_pose_labels"]

_ANGLES = ("yaw", "pitch", "roll")


@dataclass(frozen=True, slots=True)
class PoseLabel:
    """One image with the pose of the one face that is labelled in it."""

    image: Path
    yaw: float
    """Degrees, positive with the nose to the image's right."""
    pitch: float
    """Degrees, positive with the nose up."""
    roll: float
    """Degrees, positive when the face is turned clockwise on the screen."""
    smile: bool | None = None
    """None where it is not labelled."""


def read_pose_labels(folder: Path, labels: str = "labels.csv") -> list[PoseLabel]:
    """Labelled images of a pose pack.

    Args:
        folder: the pack; image paths in the label file are relative to it.
        labels: name of the label file; its first column is `file`, the others may stand in any order.

    Raises:
        DataError: the file is missing, is not such a table or has no rows, or a cell is not what its column holds; it
            names the file, the row (the header is row 1) and the column.
    """
    path = folder / labels
    if not path.is_file():
        raise DataError(f"label file {path} not found: expected a CSV of head poses; pass the folder of the pack")
    samples: list[PoseLabel] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            header = next(rows, [])
            missing = [name for name in _ANGLES if name not in header]
            if header[:1] != ["file"] or missing:
                raise DataError(
                    f"{path}: expected a header that starts with file and has the columns yaw, pitch, roll, found "
                    f"{','.join(header)[:60]!r}"
                )
            for number, row in enumerate(rows, 2):
                if row:
                    samples.append(_sample(folder, f"{path}, row {number}", header, row))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from None
    if not samples:
        raise DataError(f"{path}: no rows below the header: expected one an image")
    return samples


def _sample(folder: Path, place: str, header: list[str], row: list[str]) -> PoseLabel:
    if len(row) != len(header):
        raise DataError(f"{place}: {len(row)} cells, expected {len(header)} as in the header: mend the row")
    cells = dict(zip(header, row, strict=True))
    if not cells["file"].strip():
        raise DataError(f"{place}, column file: empty, expected the path of an image in the pack")
    check_file_name(f"{place}, column file", cells["file"])
    yaw, pitch, roll = (_degrees(cells, name, place) for name in _ANGLES)
    return PoseLabel(folder / cells["file"].strip(), yaw, pitch, roll, _smile(cells.get("smile", ""), place))


def _degrees(cells: Mapping[str, str], name: str, place: str) -> float:
    try:
        value = float(cells[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{place}, column {name}: expected degrees, found {cells[name][:40]!r}")
    return value


def _smile(cell: str, place: str) -> bool | None:
    """None for an empty cell."""
    if not cell.strip():
        return None
    try:
        return {0.0: False, 1.0: True}[float(cell)]
    except (ValueError, KeyError):
        raise DataError(f"{place}, column smile: expected 0, 1 or nothing, found {cell[:40]!r}") from None
