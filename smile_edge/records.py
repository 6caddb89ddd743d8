"""What flows through smile-edge: frames in, detections and faces inside, one result record out.

Positions are in pixels of the full frame, origin at the centre of its top-left pixel, x to the right and y down.
Left and right are the subject's. Angles are in degrees.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from smile_edge.measures.measure import Measures, measure
from smile_edge.types import FloatArray

__all__ = ["SCHEMA", "Detection", "Face", "Frame", "FrameResult"]

SCHEMA = 1
"""Version of the record that `FrameResult.to_dict` writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and where and when it came from."""

    image: npt.NDArray[np.uint8]
    """`(height, width, 3)` BGR."""
    index: int = 0
    """Position in the source, from 0; on a live source skipped frames count too."""
    time_s: float = 0.0
    """Capture clock of the source, seconds from its first frame."""
    source: str = "image"
    """`camera:0`, a path, `demo`, ..."""
    captured_s: float | None = None
    """`time.monotonic()` at capture on a live source; None where age has no meaning (files)."""
    dropped: int = 0
    """Frames of this source skipped so far because a newer one had arrived."""
    truth: FloatArray | None = None
    """`(faces, 49, 2)` px where the source knows the answer (the demo), else None."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face as the detector sees it."""

    box: FloatArray
    """`(4,)` left, top, width, height in px."""
    score: float
    """Confidence, 0..1."""
    points: FloatArray
    """`(5, 2)` px in the order of `topology.FIVE_POINTS`."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face with its landmarks."""

    points: FloatArray
    """`(49, 2)` px."""
    sigma: FloatArray
    """`(49,)` px: scale of the Laplace distribution of each point's error."""
    score: float
    """Probability that this is a face, 0..1."""
    box: FloatArray
    """`(4,)` left, top, width, height in px."""
    id: int = 0
    """Stable along a stream; on single images the rank from 0."""
    _measures: Measures | None = field(default=None, init=False, repr=False)

    @property
    def measures(self) -> Measures:
        """What follows from the points, computed when it is first asked for."""
        measures = self._measures
        if measures is None:
            measures = measure(self.points)
            object.__setattr__(self, "_measures", measures)
        return measures

    @property
    def roll(self) -> float:
        """Degrees, positive when the face is turned clockwise on the screen."""
        return self.measures["roll"]

    @property
    def eye_open(self) -> tuple[float, float]:
        """Subject's right and left eye: height over width."""
        return self.measures["eye_open"]

    @property
    def mouth_open(self) -> float:
        """Gap between the inner lips over the eyes-to-mouth distance."""
        return self.measures["mouth_open"]

    @property
    def right_eye(self) -> tuple[float, float]:
        """Centre of the subject's right eye, px."""
        return self.measures["right_eye"]

    @property
    def left_eye(self) -> tuple[float, float]:
        """Centre of the subject's left eye, px."""
        return self.measures["left_eye"]

    @property
    def nose(self) -> tuple[float, float]:
        """Tip of the nose, px."""
        return self.measures["nose"]

    @property
    def mouth(self) -> tuple[float, float]:
        """Centre of the mouth, px."""
        return self.measures["mouth"]

    def to_dict(self) -> dict[str, Any]:
        """The face as plain JSON types, rounded to 0.01 px."""
        points = np.round(np.column_stack([self.points, self.sigma]).astype(np.float64), 2)
        return {
            "id": self.id,
            "score": round(float(self.score), 4),
            "box": _rounded(self.box),
            "points": points.tolist(),
            "left_eye": _rounded(self.left_eye),
            "right_eye": _rounded(self.right_eye),
            "nose": _rounded(self.nose),
            "mouth": _rounded(self.mouth),
            "roll": round(float(self.roll), 2),
            "eye_open": [round(float(value), 3) for value in self.eye_open],
            "mouth_open": round(float(self.mouth_open), 3),
        }


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """Everything known about one frame; the same object in every mode and every sink."""

    source: str
    frame: int
    time_s: float
    width: int
    height: int
    faces: tuple[Face, ...] = ()
    age_ms: float | None = None
    """Capture to result, milliseconds; None where the source is not live."""
    dropped: int = 0
    error: str | None = None
    """Why this frame has no faces to look at (a broken image); None otherwise."""

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types; `error` appears only where there is one."""
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "source": self.source,
            "frame": self.frame,
            "time_s": round(self.time_s, 4),
            "age_ms": None if self.age_ms is None else round(self.age_ms, 2),
            "dropped": self.dropped,
            "width": self.width,
            "height": self.height,
            "faces": [face.to_dict() for face in self.faces],
        }
        if self.error is not None:
            record["error"] = self.error
        return record

    def to_json(self) -> str:
        """The record as one line of JSON."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)


def _rounded(values: npt.ArrayLike) -> list[float]:
    return [round(value, 2) for value in np.asarray(values, np.float64).tolist()]
