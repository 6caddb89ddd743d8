"""All measures of faces from their points by one matrix product.

What is linear in the points is read out for all measures at once: each measure's module names its columns (`WEIGHTS`)
and makes its values from what they read. Beyond that a face is a few numbers, and plain ones are quicker than arrays. A
new measure: a module in this folder, its columns in `_PARTS`, its values in `_measures`. A measure
whose points are covered is not known.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from smile_edge.measures import blink, head_pose, mouth
from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Lens
from smile_edge.measures.constants import constants
from smile_edge.measures.expression import expression_of
from smile_edge.measures.gaze import gaze
from smile_edge.measures.head_pose import FaceFrame
from smile_edge.measures.values import FaceMeasures, Pair
from smile_edge.topology import FIVE_POINTS, POINTS, TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import FloatArray

__all__ = ["SEEN_FROM", "measure_face", "measure_faces"]

SEEN_FROM = 0.5
"""Probability that nothing covers a point from which it counts as seen."""

_PARTS = (head_pose.WEIGHTS, blink.WEIGHTS, mouth.WEIGHTS)
_POSE_OUT = constants("pose_out").astype(np.float32)
_HIDDEN = head_pose.HIDDEN
_LEAST_SIZE_PX = 1e-3
_NOWHERE = (math.nan, math.nan, math.nan)
_NO_GAZE = ((math.nan, math.nan), (math.nan, math.nan))
_COVERABLE = [
    [TOPOLOGY_49.indices[i] for name in names for i in TOPOLOGY_49.groups[name]]
    for names in (("right_eye",), ("left_eye",), ("outer_lip", "inner_lip"))
]
"""Which of the 70 points are those of the right eye, of the left eye and of the mouth that every model gives."""
_GAZE_POINTS = [(68, 36, 39), (69, 42, 45)]
"""The iris of the right and of the left eye, and the corners of each from left to right in an upright face's image."""
Covered = tuple[bool, bool, bool]
"""Whether the right eye, the left eye, the mouth is."""
_BARE: Covered = (False, False, False)


def _one() -> FloatArray:
    """Weights `(98,)` that read 1 from the points of any face in its own frame: the unit of that frame."""
    right, left, _, mouth_right, mouth_left = TOPOLOGY_49.readout_matrix(FIVE_POINTS)
    across, down = left - right, (mouth_right + mouth_left - right - left) / 2
    one: FloatArray = (np.stack([across, down], 1).ravel() / 2).astype(np.float32)  # x, y of each point
    return one


def _weights() -> FloatArray:
    """The columns of all measures, their biases on what is 1 in every face."""
    columns = np.concatenate([weights for weights, _ in _PARTS], 1)
    bias = np.concatenate([bias for _, bias in _PARTS])
    return (columns + np.outer(_one(), bias)).astype(np.float32)


_WEIGHTS = _weights()


def measure_faces(
    points: FloatArray,
    five: FloatArray,
    lens: Lens | None = None,
    eyes: Iterable[tuple[BlinkBaseline, float] | None] | None = None,
    *,
    visible: FloatArray | None = None,
    expression: FloatArray | None = None,
) -> list[FaceMeasures]:
    """The measures of `k` faces.

    Args:
        points: `(k, 70, 2)` px, or `(k, 49, 2)` px, those of `TOPOLOGY_49`.
        five: `(k, 5, 2)` px, the five points of the same faces.
        lens: the camera for a frame of this size; without it there is no translation.
        eyes: for each face of a stream the baseline of its eyes and the seconds since its last frame.
        visible: `(k, 70)` probability that nothing covers a point, NaN where it is not known; None of no point.
        expression: `(k, 51)` coefficients `LEARNT`, 0..1; None where they were not asked for.

    Returns:
        One a face; NaN throughout where one of the 49 points is NaN.
    """
    count = len(points)
    if not count:
        return []
    whole = points.shape[1] == POINTS
    frames = [_frame(face) for face in five.tolist()]
    inner = TOPOLOGY_49.pick(points) if whole else points
    # A single row is multiplied by other code than several, which rounds otherwise: so there are always two.
    own = np.array(inner if count > 1 else [*inner, *inner], np.float32, order="C").view(np.complex64)[..., 0]
    for row, frame in zip(own, frames if count > 1 else 2 * frames, strict=True):  # (k, 49): x + iy
        row -= complex(frame.x, frame.y)
        row *= complex(frame.cos, -frame.sin) / frame.size  # in the face's own frame
    read = own.view(np.float32) @ _WEIGHTS
    shaped = np.tanh(read[:, :_HIDDEN]) @ _POSE_OUT
    rows = zip(
        shaped[:count].tolist(),
        read[:count, _HIDDEN:].tolist(),
        frames,
        [None] * count if eyes is None else eyes,
        [None] * count if visible is None else _covered(visible),
        points[:, _GAZE_POINTS].tolist() if whole else [None] * count,
        strict=True,
    )
    found = [_measures(pose, row, frame, lens, eye, hidden, at) for pose, row, frame, eye, hidden, at in rows]
    if expression is None:
        return found
    return [one._replace(expression=expression_of(row)) for one, row in zip(found, expression.tolist(), strict=True)]


def measure_face(points: FloatArray, *, mirrored: bool = False, visible: FloatArray | None = None) -> FaceMeasures:
    """The measures of one face `(70, 2)` px by itself.

    Args:
        points: `(70, 2)` px; left and right are the subject's.
        mirrored: they lie in a mirrored frame.
        visible: `(70,)` probability that nothing covers each point, NaN where it is not known.
    """
    order = list(TOPOLOGY_70.flip) if mirrored else slice(None)
    seen = points[order][None]
    known = None if visible is None else visible[order][None]
    (found,) = measure_faces(seen, TOPOLOGY_70.five_points(seen), visible=known)
    return found.with_sides_swapped() if mirrored else found


def _covered(visible: FloatArray) -> list[Covered]:
    """What is covered of each face: eyes and mouth, of whose points the mean is less likely seen than not."""
    if not np.isfinite(visible).any():
        return [_BARE] * len(visible)
    parts = [visible[:, part].mean(1) < SEEN_FROM for part in _COVERABLE]  # NaN is not less
    return [(right, left, lips) for right, left, lips in np.stack(parts, 1).tolist()]


def _frame(five: Sequence[Sequence[float]]) -> FaceFrame:
    """The own frame of a face with these five points; smooth in them, in any pose."""
    (ax, ay), (bx, by), _, (cx, cy), (dx, dy) = five
    down_x, down_y = (cx + dx - ax - bx) / 2, (cy + dy - ay - by) / 2
    # The mean of the line between the eyes and of that from eyes to mouth, turned: one stays long in any pose.
    x, y = (bx - ax + down_y) / 2, (by - ay - down_x) / 2
    size = max(math.hypot(x, y), _LEAST_SIZE_PX)
    return FaceFrame((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, x / size, y / size, size)


def _measures(
    pose: Sequence[float],
    row: Sequence[float],
    frame: FaceFrame,
    lens: Lens | None,
    eyes: tuple[BlinkBaseline, float] | None,
    covered: Covered | None,
    irises: Sequence[Sequence[Sequence[float]]] | None,
) -> FaceMeasures:
    """The measures of a face from what was read of it.

    Args:
        pose: added to the first numbers of `row`.
        row: what was read.
        frame: the face's own.
        lens: see `measure_faces`.
        eyes: the baseline of the eyes of this face, if it is one of a stream.
        covered: what is; None where it is not known.
        irises: the points of `_GAZE_POINTS`, px; None where the model does not give them.
    """
    if not math.isfinite(sum(row)):
        return FaceMeasures()
    outputs = head_pose.OUTPUTS
    head = head_pose.head_pose([a + b for a, b in zip(pose, row, strict=False)], frame)
    found = blink.openness(row[outputs : outputs + blink.COLUMNS], head)
    hidden_lips = False
    if covered is not None and any(covered):
        found = math.nan if covered[0] else found[0], math.nan if covered[1] else found[1]
        hidden_lips = covered[2]
    shut = blink.blink(found) if eyes is None else blink.blink(found, eyes[0].update(found, eyes[1]))
    mouth_row = outputs + blink.COLUMNS
    gap, logit = row[mouth_row : mouth_row + mouth.COLUMNS]
    return FaceMeasures(
        head.pose,
        _NOWHERE if lens is None else head_pose.translation(head, lens),
        shut,
        math.nan if hidden_lips else mouth.mouth_open(gap, frame.size, head),
        math.nan if hidden_lips else mouth.smile(logit),
        _NO_GAZE if irises is None else _gaze(irises, head, shut),
    )


def _gaze(irises: Sequence[Sequence[Sequence[float]]], head: head_pose.HeadPose, shut: Pair) -> tuple[Pair, Pair]:
    (iris, corner, other), (left_iris, left_corner, left_other) = irises
    return gaze(iris, corner, other, head, shut[0]), gaze(left_iris, left_corner, left_other, head, shut[1])
