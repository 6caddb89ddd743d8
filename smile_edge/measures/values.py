"""What is measured of a face, with units, ranges and signs. What could not be measured is NaN, None in a record."""

from collections.abc import Mapping
from typing import NamedTuple

from smile_edge.measures.expression import other_side

__all__ = ["FaceMeasures", "Pair", "Pose", "Vector"]

Pair = tuple[float, float]
"""Of the subject's right eye, of the left one."""
Vector = tuple[float, float, float]

_NAN = float("nan")


class Pose(NamedTuple):
    """How a head is turned, degrees."""

    yaw: float = _NAN
    """-90..90, positive with the nose to the image's right."""
    pitch: float = _NAN
    """-180..180, positive with the nose up; beyond 90 only where points are those of no face."""
    roll: float = _NAN
    """-180..180, positive when the face is turned clockwise on the screen."""


class FaceMeasures(NamedTuple):
    """The measures of one face. Left and right are the subject's; directions are those of the image."""

    pose: Pose = Pose()
    translation: Vector = (_NAN, _NAN, _NAN)
    """Middle of the eyes from the camera: right, down, away. Eye distances; mm where the camera is known."""
    blink: Pair = (_NAN, _NAN)
    """0 open to 1 shut; NaN for an eye that is turned away or covered."""
    mouth_open: float = _NAN
    """0 shut to 1 wide open; NaN where the mouth is covered."""
    smile: float = _NAN
    """Probability of a smile, 0..1; NaN where the mouth is covered."""
    gaze: tuple[Pair, Pair] = ((_NAN, _NAN), (_NAN, _NAN))
    """Where each eye looks: x -1..1 to the image's right, y -1..1 up."""
    expression: Mapping[str, float] | None = None
    """The 52 ARKit coefficients by name, 0..1, where they were asked for."""

    def with_sides_swapped(self) -> "FaceMeasures":
        """What was measured of a face in a mirrored frame, with the subject's right where the frame's was."""
        (right, left), (right_gaze, left_gaze) = self.blink, self.gaze
        expression = None
        if self.expression is not None:
            expression = {other_side(name): value for name, value in self.expression.items()}
        return self._replace(blink=(left, right), gaze=(left_gaze, right_gaze), expression=expression)
