"""One face with its landmarks and measures, and how it stands in a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np

from smile_edge.measures.labelled_five import labelled_five
from smile_edge.measures.measure import measure_face
from smile_edge.measures.values import FaceMeasures, Pair, Pose, Vector
from smile_edge.records.fields import FLAG, NUMBER, WHOLE, Kind, array_of, check_fields, fields_of
from smile_edge.records.plain import plain_faces
from smile_edge.topology import POINTS, TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import FloatArray, Image

__all__ = ["Face"]

Position = tuple[float, float]


def _unknown() -> FloatArray:
    return np.full(POINTS, np.nan, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face with its landmarks.

    Positions are in pixels of the full frame, origin at the centre of its top-left pixel, x to the right and y down.
    Left and right are the subject's, in a mirrored frame too.

    Example:
        >>> face.points[36], face.pose.yaw, face.blink
        (array([301.2, 177.9], dtype=float32), 11.0, (0.02, 0.03))
    """

    points: FloatArray
    """`(70, 2)` px, see `topology.TOPOLOGY_70`; NaN for points that the model does not give."""
    sigma: FloatArray
    """`(70,)` px: scale of the Laplace distribution of each point's error; NaN with its point."""
    score: float
    """Probability that this is a face, 0..1."""
    box: FloatArray
    """`(4,)` left, top, width, height in px."""
    id: int = 0
    """Stable along a stream; on single images the rank from 0."""
    visible: FloatArray = field(default_factory=_unknown)
    """`(70,)` probability that nothing covers the point, 0..1; NaN where the model does not say."""
    mirrored: bool = False
    """The face was found in a mirrored frame: the subject's right is at the image's right."""
    given: FaceMeasures | Callable[[], FaceMeasures] | None = field(default=None, repr=False)
    """Measures, or what gives them when they are first asked for; None to make them from the points."""

    def __post_init__(self) -> None:
        """Checks types and shapes.

        Raises:
            UsageError: a field is of another type or shape.
        """
        check_fields(self, _FACE)

    @property
    def measures(self) -> FaceMeasures:
        """Everything that is measured of the face."""
        given = self.given
        if not isinstance(given, FaceMeasures):
            given = self._measured() if given is None else given()
            object.__setattr__(self, "given", given)
        return given

    @property
    def pose(self) -> Pose:
        """Yaw, pitch and roll, degrees."""
        return self.measures.pose

    @property
    def translation(self) -> Vector:
        """Middle of the eyes from the camera: right, down, away; eye distances, or mm where the camera is known."""
        return self.measures.translation

    @property
    def blink(self) -> Pair:
        """Right and left eye, 0 open to 1 shut; NaN for an eye that is turned away or covered."""
        return self.measures.blink

    @property
    def mouth_open(self) -> float:
        """0 shut to 1 wide open; NaN where the mouth is covered."""
        return self.measures.mouth_open

    @property
    def smile(self) -> float:
        """Probability of a smile, 0..1; NaN where the mouth is covered."""
        return self.measures.smile

    @property
    def gaze(self) -> tuple[Pair, Pair]:
        """Where the right and the left eye look: x > 0 to the image's right, y > 0 up, -1..1; NaN where not known."""
        return self.measures.gaze

    @property
    def expression(self) -> Mapping[str, float] | None:
        """The 52 ARKit coefficients by name, 0..1; None where they were not asked for."""
        return self.measures.expression

    @property
    def right_eye(self) -> Position:
        """Centre of the subject's right eye, px."""
        return self._mean("right_eye")

    @property
    def left_eye(self) -> Position:
        """Centre of the subject's left eye, px."""
        return self._mean("left_eye")

    @property
    def nose(self) -> Position:
        """Tip of the nose, px."""
        return self._mean("nose")

    @property
    def mouth(self) -> Position:
        """Centre of the mouth, px."""
        return self._mean("mouth")

    def with_sides_swapped(self) -> "Face":
        """The face of a mirrored frame with the sides of the subject where those of the frame were, and back again.

        A mirrored right eye looks like a left one to every model. Places and directions stay those of the frame.
        """
        flip = list(TOPOLOGY_70.flip)
        return replace(
            self,
            points=self.points[flip],
            sigma=self.sigma[flip],
            visible=self.visible[flip],
            mirrored=not self.mirrored,
            given=lambda: self.measures.with_sides_swapped(),
        )

    def __reduce__(self) -> tuple[type["Face"], tuple[Any, ...]]:
        """For `pickle`: with the measures made, since what makes them belongs to a stream."""
        fields = (self.points, self.sigma, self.score, self.box, self.id, self.visible, self.mirrored)
        return Face, (*fields, self.measures)

    def five_points(self) -> FloatArray:
        """Five points `(5, 2)` px where people mark them in MTFL, in the order of `topology.FIVE_POINTS`.

        Read from all points of a face; of a model that gives fewer than 70 the means that `TOPOLOGY_70` names.
        """
        return labelled_five(self.points, mirrored=self.mirrored)

    def crop(self, image: Image, size: int = 112, template: str = "arcface") -> Image:
        """The face cut out of its image, upright, aligned by its points.

        Large faces are averaged down, small ones enlarged; what lies outside of the image is black. A face of a
        mirrored frame is cut out of that frame, as the mirror shows it.

        Args:
            image: `(h, w, 3)` uint8 BGR: the image or frame that the face was found in.
            size: side of the crop, px, 1 to 4096.
            template: `arcface`, the five points where networks of face recognition expect them; `ffhq`, the square of
                the FFHQ data set; `smile-edge`, what the landmark model sees.

        Returns:
            `(size, size, 3)` uint8 BGR.

        Raises:
            ImageError: not such an image.
            UsageError: another size or template, or a face without points.

        Example:
            >>> cv2.imwrite("face.png", face.crop(image))
        """
        # Cutting needs OpenCV, which records do without until then, and lies above them.
        aligned: Image = import_module("smile_edge.imaging.aligned_crops").aligned_crop(image, self, size, template)
        return aligned

    def inner_points(self) -> FloatArray:
        """The 49 points `(49, 2)` px without the jaw, the inner corners of the mouth and the irises."""
        return TOPOLOGY_49.pick(self.points)

    def inner_sigma(self) -> FloatArray:
        """Sigma `(49,)` px of `inner_points`."""
        return TOPOLOGY_49.pick(self.sigma[:, None])[:, 0]

    def to_dict(self) -> dict[str, Any]:
        """The face as plain JSON types, rounded to 0.01 px; None for what is not known."""
        return plain_faces([self])[0]

    def _measured(self) -> FaceMeasures:
        return measure_face(self.points, mirrored=self.mirrored, visible=self.visible)

    def _mean(self, name: str) -> Position:
        x, y = self.points[list(TOPOLOGY_70.readouts[name])].mean(0).tolist()
        return x, y


def _measures(value: Any) -> Any:
    if not isinstance(value, FaceMeasures) and not callable(value):
        raise ValueError
    return value


_FACE = fields_of(
    points=array_of(POINTS, 2),
    sigma=array_of(POINTS),
    score=NUMBER,
    box=array_of(4),
    id=WHOLE,
    visible=array_of(POINTS),
    mirrored=FLAG,
    given=Kind("FaceMeasures, a function that gives them, or None", FaceMeasures, _measures, optional=True),
)
