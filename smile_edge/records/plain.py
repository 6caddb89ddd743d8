"""Faces as plain JSON types: all of a frame at once, since a call of numpy takes longer than the numbers of one."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.topology import POINTS, TOPOLOGY_70

if TYPE_CHECKING:
    from smile_edge.records.face import Face

__all__ = ["plain_faces"]

Doubles = npt.NDArray[np.float64]

_PLACES = {name: np.array(TOPOLOGY_70.readouts[name]) for name in ("left_eye", "right_eye", "nose", "mouth")}
"""Whose means a record names."""


def plain_faces(faces: "Sequence[Face]") -> list[dict[str, Any]]:
    """Each face in the keys of the record, rounded to 0.01 px; None for what is not known."""
    if not faces:
        return []
    points, known = _points(faces)
    rows = zip(faces, _boxes(faces), points, known, _visible(faces), _places(faces), strict=True)
    return [_face(*row) for row in rows]


def _face(
    face: "Face",
    box: list[float],
    points: list[list[float] | None],
    known: list[bool] | None,
    visible: list[float | None] | None,
    places: list[list[float]],
) -> dict[str, Any]:
    if known is not None:
        points = [row if there else None for row, there in zip(points, known, strict=True)]
    record: dict[str, Any] = {
        "id": face.id,
        "score": round(float(face.score), 4),
        "box": box,
        "points": points,
        "visible": visible,
    }
    for name, place in zip(_PLACES, places, strict=True):
        record[name] = place if all(map(math.isfinite, place)) else None
    return record | _measures(face.measures)


def _measures(found: FaceMeasures) -> dict[str, Any]:
    record: dict[str, Any] = {
        "pose": _pose(found.pose),
        "translation": _whole(found.translation, 3),
        "blink": [_number(value, 3) for value in found.blink],
        "mouth_open": _number(found.mouth_open, 3),
        "smile": _number(found.smile, 3),
        "gaze": [_whole(eye, 3) for eye in found.gaze],
    }
    if not any(record["gaze"]):
        record["gaze"] = None
    if found.expression is not None:
        record["expression"] = {name: _number(value, 3) for name, value in found.expression.items()}
    return record


def _boxes(faces: "Sequence[Face]") -> list[list[float]]:
    boxes: list[list[float]] = _rounded(np.array([face.box for face in faces], np.float64), 2).tolist()
    return boxes


def _points(faces: "Sequence[Face]") -> tuple[list[list[list[float] | None]], Sequence[list[bool] | None]]:
    """x, y, sigma of each point of each face, and which of them are known, None where all are."""
    values = np.empty((len(faces), POINTS, 3))
    for row, face in zip(values, faces, strict=True):
        row[:, :2], row[:, 2] = face.points, face.sigma
    known: npt.NDArray[np.bool_] = np.all(np.isfinite(values), 2)
    rows: list[list[list[float] | None]] = _rounded(values, 2).tolist()
    flags: list[list[bool] | None] = known.tolist()
    return rows, [None] * len(faces) if known.all() else flags


def _visible(faces: "Sequence[Face]") -> Sequence[list[float | None] | None]:
    """What each face says of its points; None for a face that says nothing."""
    values = np.array([face.visible for face in faces], np.float64)
    known = np.isfinite(values)
    if not known.any():
        return [None] * len(faces)
    rounded = _rounded(values, 2).astype(object)
    rounded[~known] = None
    rows, said = rounded.tolist(), np.any(known, 1).tolist()
    return [row if is_said else None for row, is_said in zip(rows, said, strict=True)]


def _places(faces: "Sequence[Face]") -> list[list[list[float]]]:
    """Means of the points of `_PLACES`, for each face: `(4, 2)` px."""
    points = np.array([face.points for face in faces])
    means = [np.add.reduce(points[:, index], 1) / points.dtype.type(len(index)) for index in _PLACES.values()]
    places: list[list[list[float]]] = _rounded(np.stack(means, 1).astype(np.float64), 2).tolist()
    return places


def _rounded(values: Doubles, digits: int) -> Doubles:
    """As Python rounds them, if they come of single precision: the product with 100 is exact then."""
    return np.round(values, digits)


def _pose(pose: Pose) -> dict[str, float] | None:
    numbers = _whole(pose, 2)
    return None if numbers is None else dict(zip(Pose._fields, numbers, strict=True))


def _number(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def _whole(values: Iterable[float], digits: int) -> list[float] | None:
    """The numbers; None where one of them is not known."""
    numbers = [round(float(value), digits) for value in values]
    return numbers if all(map(math.isfinite, numbers)) else None
