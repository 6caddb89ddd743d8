"""How far each eye is shut.

Openness is the distance of the lids over the width of the eye (Soukupova and Cech, 2016), each divided by the part of
it that the pose leaves to see in the 3-D face. The lids' points are first moved to where people mark them (300-W), by a
linear readout. On a stream a person's own open eye is followed, since eyes differ.
"""

import math
from collections.abc import Sequence

import numpy as np

from smile_edge.measures.constants import constants, scalar
from smile_edge.measures.head_pose import HeadPose
from smile_edge.measures.values import Pair
from smile_edge.topology import TOPOLOGY_49

__all__ = ["COLUMNS", "USUAL", "WEIGHTS", "BlinkBaseline", "blink", "openness"]

FAR_EYE_DEGREES, NEAR_EYE_DEGREES = 45.0, 75.0
"""Yaw in the face's own frame from which the eye on the far side, and that on the near side, is turned away: beyond it
the openness of turned training faces says nothing of that of the same faces ahead."""
USUAL = scalar("blink_open")
"""Openness of an open eye, median of training faces."""

_FAR_SINE, _NEAR_SINE = math.sin(math.radians(FAR_EYE_DEGREES)), math.sin(math.radians(NEAR_EYE_DEGREES))
_LEAST_SEEN = 0.35
"""Foreshortening beyond this is not corrected any further."""
_CLOSED, _STARTS = scalar("blink_closed"), scalar("blink_starts")
"""Openness over that of the open eye at which the eye is shut, and at which it begins to shut."""
_ACROSS = ((1, 5), (2, 4), (0, 3))
"""Pairs of an eye's points: lids, lids, corners."""
_SIZES = constants("blink_vectors").T.tolist()
"""Unit vectors in the 3-D face: width and height of the right eye, of the left."""


def _weights() -> tuple[np.ndarray, np.ndarray]:
    """Columns `(98, 12)` and biases: three vectors across the right eye, x and y of each, then across the left one in a
    mirror."""
    points, bias = constants("blink_eye").reshape(-1, 6, 2), constants("blink_eye_bias").reshape(6, 2)
    right = np.stack([points[:, start] - points[:, end] for start, end in _ACROSS], 1).reshape(-1, 6)  # (98, 6)
    own = right.reshape(TOPOLOGY_49.count, 2, 6)
    left = (own * np.array([-1, 1])[:, None])[list(TOPOLOGY_49.flip)].reshape(-1, 6)
    shift = np.stack([bias[start] - bias[end] for start, end in _ACROSS]).reshape(6)
    return np.concatenate([right, left], 1), np.tile(shift, 2)


WEIGHTS = _weights()
"""Columns and biases that the readout takes."""
COLUMNS = 12


def openness(vectors: Sequence[float], head: HeadPose) -> Pair:
    """Openness of the right and the left eye as they would be seen from the front; NaN for one that is turned away.

    Args:
        vectors: 12 numbers that `WEIGHTS` read.
        head: the pose.
    """
    (ax, ay, az), (bx, by, bz) = head.across, head.up
    seen = []
    for x, y, z in _SIZES:
        length = math.hypot(ax * x + ay * y + az * z, bx * x + by * y + bz * z)
        seen.append(length if length > _LEAST_SEEN else _LEAST_SEEN)
    ratios = []
    for eye in (0, 6):
        first = math.hypot(vectors[eye], vectors[eye + 1])
        second = math.hypot(vectors[eye + 2], vectors[eye + 3])
        width = math.hypot(vectors[eye + 4], vectors[eye + 5])
        ratios.append((first + second) / (2 * width) if width > 1e-6 else 0.0)
    return (
        math.nan if az < -_FAR_SINE or az > _NEAR_SINE else ratios[0] * seen[0] / seen[1],
        math.nan if az > _FAR_SINE or az < -_NEAR_SINE else ratios[1] * seen[2] / seen[3],
    )


def blink(found: Pair, open_eyes: Pair = (USUAL, USUAL)) -> Pair:
    """How far the eyes are shut, 0 to 1, from their openness and that of the same person's open eyes."""
    return _shut(found[0], open_eyes[0]), _shut(found[1], open_eyes[1])


class BlinkBaseline:
    """The openness of one person's open eyes, followed along a track.

    An upper quantile by stochastic approximation (Robbins and Monro, 1951): up where an eye is wider, less far down
    where it is narrower; large steps in the first second, small ones later, whatever the frame rate.
    """

    __slots__ = ("_seen_s", "_shut_s", "_value")

    QUANTILE = 0.7
    FIRST_S, LATER_S = 1.0, 10.0
    """Time constants at the start of a track and later."""
    ASLEEP_S = 1.0
    """An eye that is shut for longer does not become the new open one."""

    def __init__(self) -> None:
        self._value, self._seen_s, self._shut_s = [USUAL, USUAL], [0.0, 0.0], [0.0, 0.0]

    def update(self, found: Pair, step_s: float) -> Pair:
        """Takes the openness of a frame, `step_s` after the last one; gives that of the open eyes."""
        for eye, now in enumerate(found):
            if now == now:  # an eye that is turned away says nothing
                self._follow(eye, now, step_s)
        return self._value[0], self._value[1]

    def _follow(self, eye: int, now: float, step_s: float) -> None:
        value = self._value[eye]
        self._shut_s[eye] = self._shut_s[eye] + step_s if now < 0.55 * value else 0.0
        if self._shut_s[eye] >= self.ASLEEP_S:
            return
        self._seen_s[eye] += step_s
        rate = min(step_s, 0.2) / min(self.FIRST_S + self._seen_s[eye] / 2, self.LATER_S)
        pull = max(-1.0, min(1.0, (now - value) / (0.15 * USUAL)))  # a blink counts no more than a narrow eye
        share = self.QUANTILE if pull > 0 else 1 - self.QUANTILE
        self._value[eye] = max(0.6 * USUAL, min(1.6 * USUAL, value + rate * 0.3 * USUAL * share * pull))


def _shut(value: float, usual: float) -> float:
    shut = (_STARTS - value / usual) / (_STARTS - _CLOSED)
    return 1.0 if shut > 1 else 0.0 if shut < 0 else shut  # NaN stays
