"""All measures of faces from their points by one matrix product.

What is linear in the points is read out for all measures at once: each measure's module names its columns (`WEIGHTS`)
and makes its values from what they read. Beyond that a face is a few numbers, and plain ones are quicker than arrays. A
new measure: a module in this folder, its columns in `_PARTS`, its values in `_measures`.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np

from smile_edge.measures import blink, head_pose, mouth
from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Lens
from smile_edge.measures.constants import constants
from smile_edge.measures.head_pose import FaceFrame
from smile_edge.measures.values import FaceMeasures
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import FloatArray

__all__ = ["measure_face", "measure_faces"]

_PARTS = (head_pose.WEIGHTS, blink.WEIGHTS, mouth.WEIGHTS)
_WEIGHTS = np.concatenate([weights for weights, _ in _PARTS], 1).astype(np.float32)
_BIAS = np.concatenate([bias for _, bias in _PARTS]).astype(np.float32)
_POSE_OUT = constants("pose_out").astype(np.float32)
_HIDDEN, _POSE_END = head_pose.HIDDEN, head_pose.HIDDEN + head_pose.OUTPUTS
_LEAST_SIZE_PX = 1e-3
_NOWHERE = (math.nan, math.nan, math.nan)


def measure_faces(
    inner: FloatArray,
    five: FloatArray,
    lens: Lens | None = None,
    eyes: Iterable[tuple[BlinkBaseline, float] | None] | None = None,
) -> list[FaceMeasures]:
    """The measures of `k` faces.

    Args:
        inner: `(k, 49, 2)` px, the points of `TOPOLOGY_49`.
        five: `(k, 5, 2)` px, the five points of the same faces.
        lens: the camera for a frame of this size; without it there is no translation.
        eyes: for each face of a stream the baseline of its eyes and the seconds since its last frame.

    Returns:
        One a face; NaN throughout where a point is NaN.
    """
    if not len(inner):
        return []
    frames = [_frame(face) for face in five.tolist()]
    own = np.array(inner, np.float32).view(np.complex64)[..., 0]  # (k, 49): x + iy
    for row, frame in zip(own, frames, strict=True):
        row -= complex(frame.x, frame.y)
        row *= complex(frame.cos, -frame.sin) / frame.size  # in the face's own frame
    read = own.view(np.float32) @ _WEIGHTS
    read += _BIAS
    read[:, _HIDDEN:_POSE_END] += np.tanh(read[:, :_HIDDEN]) @ _POSE_OUT
    rows = read[:, _HIDDEN:].tolist()
    return [
        _measures(row, frame, lens, known)
        for row, frame, known in zip(rows, frames, repeat(None) if eyes is None else eyes, strict=eyes is not None)
    ]


def measure_face(points: FloatArray, *, mirrored: bool = False) -> FaceMeasures:
    """The measures of one face `(70, 2)` px by itself.

    Args:
        points: `(70, 2)` px; left and right are the subject's.
        mirrored: they lie in a mirrored frame.
    """
    seen = points[list(TOPOLOGY_70.flip)] if mirrored else points
    inner = TOPOLOGY_49.pick(seen)[None]
    (found,) = measure_faces(inner, TOPOLOGY_49.five_points(inner))
    return found.with_sides_swapped() if mirrored else found


def _frame(five: Sequence[Sequence[float]]) -> FaceFrame:
    """The own frame of a face with these five points; smooth in them, in any pose."""
    (ax, ay), (bx, by), _, (cx, cy), (dx, dy) = five
    down_x, down_y = (cx + dx - ax - bx) / 2, (cy + dy - ay - by) / 2
    # The mean of the line between the eyes and of that from eyes to mouth, turned: one stays long in any pose.
    x, y = (bx - ax + down_y) / 2, (by - ay - down_x) / 2
    size = max(math.hypot(x, y), _LEAST_SIZE_PX)
    return FaceFrame((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, x / size, y / size, size)


def _measures(
    row: Sequence[float], frame: FaceFrame, lens: Lens | None, eyes: tuple[BlinkBaseline, float] | None
) -> FaceMeasures:
    if not all(map(math.isfinite, row)):
        return FaceMeasures()
    outputs = head_pose.OUTPUTS
    head = head_pose.head_pose(row, frame)
    found = blink.openness(row[outputs : outputs + blink.COLUMNS], head)
    gap, logit = row[outputs + blink.COLUMNS :]
    shut = blink.blink(found) if eyes is None else blink.blink(found, eyes[0].update(found, eyes[1]))
    return FaceMeasures(
        pose=head.pose,
        translation=_NOWHERE if lens is None else head_pose.translation(head, lens),
        blink=shut,
        mouth_open=mouth.mouth_open(gap, frame.size, head),
        smile=mouth.smile(logit),
    )
