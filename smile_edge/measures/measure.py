"""All measures of faces from their points by one matrix product.

What is linear in the points is read out for all measures at once: each measure's module names its columns (`WEIGHTS`)
and makes its values from what they read. Beyond that a face is a few numbers, and plain ones are quicker than arrays. A
new measure: a module in this folder, its columns in `_PARTS`, its values in `_measures`.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from smile_edge.measures import blink, head_pose, mouth
from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Lens
from smile_edge.measures.constants import constants
from smile_edge.measures.head_pose import FaceFrame
from smile_edge.measures.values import FaceMeasures
from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import FloatArray

__all__ = ["measure_face", "measure_faces"]

_PARTS = (head_pose.WEIGHTS, blink.WEIGHTS, mouth.WEIGHTS)
_POSE_OUT = constants("pose_out").astype(np.float32)
_HIDDEN = head_pose.HIDDEN
_LEAST_SIZE_PX = 1e-3
_NOWHERE = (math.nan, math.nan, math.nan)


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
    own = np.array(inner, np.float32, order="C").view(np.complex64)[..., 0]  # (k, 49): x + iy
    for row, frame in zip(own, frames, strict=True):
        row -= complex(frame.x, frame.y)
        row *= complex(frame.cos, -frame.sin) / frame.size  # in the face's own frame
    read = own.view(np.float32) @ _WEIGHTS
    shaped = np.tanh(read[:, :_HIDDEN]) @ _POSE_OUT
    known = [None] * len(frames) if eyes is None else eyes
    rows = zip(shaped.tolist(), read[:, _HIDDEN:].tolist(), frames, known, strict=True)
    return [_measures(pose, row, frame, lens, eye) for pose, row, frame, eye in rows]


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
    pose: Sequence[float],
    row: Sequence[float],
    frame: FaceFrame,
    lens: Lens | None,
    eyes: tuple[BlinkBaseline, float] | None,
) -> FaceMeasures:
    """The measures of a face from what was read of it; `pose` is added to the first numbers of `row`."""
    if not math.isfinite(sum(row)):
        return FaceMeasures()
    outputs = head_pose.OUTPUTS
    head = head_pose.head_pose([a + b for a, b in zip(pose, row, strict=False)], frame)
    found = blink.openness(row[outputs : outputs + blink.COLUMNS], head)
    mouth_row = outputs + blink.COLUMNS
    gap, logit = row[mouth_row : mouth_row + mouth.COLUMNS]
    return FaceMeasures(
        head.pose,
        _NOWHERE if lens is None else head_pose.translation(head, lens),
        blink.blink(found) if eyes is None else blink.blink(found, eyes[0].update(found, eyes[1])),
        mouth.mouth_open(gap, frame.size, head),
        mouth.smile(logit),
    )
