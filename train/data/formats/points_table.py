"""The text side of a CSV of named points: its columns by name, its cells as numbers, every mistake with its place."""

import csv
import difflib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49, TOPOLOGY_70
from train.data.formats.label_file import FARTHEST_PX, check_file_name
from train.data.samples import TARGETS
from train.errors import DataError

__all__ = ["POINT_NAMES", "LabelRow", "read_rows"]

POINT_NAMES: Mapping[str, int] = {name: index for index, name in enumerate(TOPOLOGY_49.names)} | dict(
    zip(FIVE_POINTS, (49, 50, 13, 31, 37), strict=True)
)
"""The row of `FaceSample.targets` that each name of a point stands for; left and right are the subject's. The names are
those of the 70 points of a record."""

IMAGE_COLUMNS = ("image", "file")

_NOT_GIVEN = frozenset(TOPOLOGY_70.names) - set(TOPOLOGY_49.names)
"""Names of points of a record that cannot be labelled yet."""


def _known_points() -> str:
    """Every name, those of a group that follow one another as a range: `inner_lip_1..3, inner_lip_5..7`."""
    runs = [list(FIVE_POINTS)]
    for name in TOPOLOGY_49.names:
        group, _, place = name.rpartition("_")
        if runs[-1][-1] == f"{group}_{int(place) - 1}":
            runs[-1].append(name)
        else:
            runs.append([name])
    ranges = [f"{run[0]}..{run[-1].rpartition('_')[2]}" for run in runs[1:]]
    return ", ".join([*runs[0], *ranges])


_KNOWN_POINTS = _known_points()


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One face as it stands in the file."""

    number: int
    """As a spreadsheet counts: the header is row 1."""
    image: str
    """The image as the file writes it."""
    targets: np.ndarray
    """`(51, 3)`: x px, y px, weight."""
    columns: Mapping[int, str]
    """The name of the point by row of `targets`."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand in a row."""

    names: list[str]
    image: int
    points: dict[int, tuple[int, int]]
    """Places of x and y by row of `FaceSample.targets`."""

    def name_of(self, target: int) -> str:
        return self.names[self.points[target][0]].removesuffix("_x")


def read_rows(path: Path) -> list[LabelRow]:
    """Every row that is not blank.

    Raises:
        DataError: the file, its header or a cell cannot be used.
    """
    try:
        text = path.read_text("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except FileNotFoundError:
        raise DataError(f"label file {path} not found: name your CSV with --data") from None
    except (ValueError, csv.Error, OSError) as error:
        raise DataError(f"{path} cannot be read as a CSV ({error}): save it as comma-separated UTF-8 text") from None
    if not lines or not any(lines[0]):
        raise DataError(f"{path} is empty: expected a header such as image,nose_x,nose_y and a row a face")
    columns = _columns(path, [name.strip() for name in lines[0]])
    names = {target: columns.name_of(target) for target in columns.points}
    rows = [
        LabelRow(number, *_cells(path, number, cells, columns), names)
        for number, cells in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in cells)
    ]
    if not rows:
        raise DataError(f"{path} holds a header and no row: expected a row a face")
    return rows


def _columns(path: Path, names: list[str]) -> _Columns:
    where = f"{path}, row 1"
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise DataError(f"{where}: two columns are named {name}: rename or remove one of them")
    images = [place for place, name in enumerate(names) if name in IMAGE_COLUMNS]
    if len(images) != 1:
        cure = "; separate the columns by commas" if ";" in names[0] or "\t" in names[0] else ""
        raise DataError(f"{where}: expected one column named image (or file), found {_shown(names)}{cure}")
    points: dict[int, tuple[int, int]] = {}
    for name in names:
        point, separator, axis = name.rpartition("_")
        if not separator or axis not in ("x", "y"):
            continue  # a column of the user's own, such as an id or a comment
        if point in _NOT_GIVEN:
            raise DataError(f"{where}: column {name} names a point that cannot be labelled yet: {_cure(point)}")
        if point not in POINT_NAMES:
            near = difflib.get_close_matches(point, POINT_NAMES, 1)
            cure = f"did you mean {near[0]}_{axis}?" if near else f"points are {_KNOWN_POINTS}"
            raise DataError(f"{where}: column {name} names no point of the face: {cure}")
        if f"{point}_x" not in names or f"{point}_y" not in names:
            raise DataError(f"{where}: column {name} has no {point}_{'y' if axis == 'x' else 'x'} beside it: add it")
        places = (names.index(f"{point}_x"), names.index(f"{point}_y"))
        if points.setdefault(POINT_NAMES[point], places) != places:
            other = names[points[POINT_NAMES[point]][0]]
            raise DataError(f"{where}: columns {other} and {name} name the same point: remove one of the two")
    if not points:
        raise DataError(f"{where}: no columns <point>_x and <point>_y: points are {_KNOWN_POINTS}")
    return _Columns(names, images[0], points)


def _cure(point: str) -> str:
    """What to do about a point that the landmarker does not give."""
    if point.startswith("inner_lip"):
        return "remove it, or rename inner_lip_0..5 of an older version to inner_lip_1..3 and inner_lip_5..7"
    return f"remove it; points are {_KNOWN_POINTS}"


def _cells(path: Path, number: int, cells: list[str], columns: _Columns) -> tuple[str, np.ndarray]:
    """The image of a row and its labels `(51, 3)`."""
    where = f"{path}, row {number}"
    if len(cells) != len(columns.names):
        raise DataError(f"{where}: {len(cells)} cells, but the header has {len(columns.names)}: mend the row")
    image = cells[columns.image].strip()
    if not image:
        raise DataError(f"{where}, column {columns.names[columns.image]}: empty: name the image")
    check_file_name(f"{where}, column {columns.names[columns.image]}", image)
    targets = np.zeros((TARGETS, 3), np.float32)
    for target, places in columns.points.items():
        x, y = (_number(f"{where}, column {columns.names[place]}", cells[place]) for place in places)
        if np.isnan(x) != np.isnan(y):
            empty, full = (columns.names[place] for place in (places if np.isnan(x) else places[::-1]))
            raise DataError(f"{where}, column {empty}: empty, but {full} is not: fill in both or neither")
        if not np.isnan(x):
            targets[target] = x, y, 1
    return Path(image).as_posix(), targets


def _number(where: str, cell: str) -> float:
    """The value of a cell; NaN where the label is missing."""
    if not cell.strip():
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        value = float("inf")
    if abs(value) > FARTHEST_PX:
        raise DataError(f"{where}: expected a number or an empty cell, found {cell[:40]!r}")
    return value


def _shown(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 80 else text[:77] + "..."
