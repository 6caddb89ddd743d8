"""All measures of a face by one matrix product.

What is linear in the points is read out for all measures at once: each measure's module names its rows of that matrix
(`ROWS`) and makes its values from what they read. A new measure: a module in this folder and a row of `_MEASURES`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.measures import openness, places, roll
from smile_edge.measures.openness import Openness
from smile_edge.measures.places import Places
from smile_edge.measures.roll import Roll

__all__ = ["Measures", "measure"]

_MEASURES: tuple[tuple[npt.NDArray[Any], Callable[..., Mapping[str, Any]]], ...] = (
    (roll.ROWS, roll.roll),
    (places.ROWS, places.places),
    (openness.ROWS, openness.openness),
)
_READOUT = np.concatenate([rows for rows, _ in _MEASURES]).astype(np.float64)
"""In double precision: what is left of large coordinates when they are subtracted is then exact."""
_ENDS = np.cumsum([len(rows) for rows, _ in _MEASURES]).tolist()
_PARTS = [(slice(end - len(rows), end), values) for (rows, values), end in zip(_MEASURES, _ENDS, strict=True)]


class Measures(Roll, Places, Openness):
    """What `records.Face` derives from its points; see there."""


def measure(points: npt.ArrayLike) -> Measures:
    """Everything `records.Face` derives from points `(49, 2)` px.

    Example:
        >>> measure(face.points)["roll"]
        -3.2
    """
    read = _READOUT @ np.asarray(points, np.float32)
    found: Measures = {}  # type: ignore[typeddict-item]
    for part, values in _PARTS:
        found.update(values(read[part]))  # type: ignore[typeddict-item]
    return found
