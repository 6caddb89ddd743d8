"""Results for the library supervision: its annotators, trackers and zones take what is made here.

This package does not need it, and nobody is asked to install it who does not call these functions.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from smile_edge.errors import UsageError
from smile_edge.records import FrameResult
from smile_edge.topology import POINTS

if TYPE_CHECKING:
    from types import ModuleType

    import supervision

__all__ = ["to_detections", "to_key_points"]

_COVERED = 0.5
"""Visibility below which a point counts as covered."""


def to_detections(result: FrameResult) -> "supervision.Detections":
    """The boxes of a frame.

    Returns:
        `xyxy (n, 4)` px, the `confidence` of each, class 0, and the ids of faces as `tracker_id`; of an image that
        belongs to no stream there are no ids. `data["class_name"]` is `face`.

    Raises:
        UsageError: supervision is not installed.

    Example:
        >>> annotated = supervision.BoxAnnotator().annotate(frame.image, to_detections(result))
    """
    library, faces = _supervision(), result.faces
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    ids = np.array([face.id for face in faces], int)
    return library.Detections(
        xyxy=np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1),
        confidence=np.array([face.score for face in faces], np.float32),
        class_id=np.zeros(len(faces), int),
        tracker_id=None if result.time_s is None else ids,
        data={"class_name": np.array(["face"] * len(faces), dtype="<U4")},
    )


def to_key_points(result: FrameResult) -> "supervision.KeyPoints":
    """The 70 points of each face of a frame.

    Returns:
        `xy (n, 70, 2)` px in the order of `TOPOLOGY_70`, the score of each face, class 0, and which points are
        `visible`: those that the model gives and does not take for covered. The others are at (0, 0) where the model
        does not give them, which is what supervision leaves out.

    Raises:
        UsageError: supervision is not installed.

    Example:
        >>> annotated = supervision.VertexAnnotator().annotate(frame.image, to_key_points(result))
    """
    library, faces = _supervision(), result.faces
    points = np.array([face.points for face in faces], np.float32).reshape(-1, POINTS, 2)
    given = np.asarray(np.isfinite(points).all(2))
    seen = np.array([face.visible for face in faces], np.float32).reshape(-1, POINTS)
    return library.KeyPoints(
        xy=np.where(given[..., None], points, np.float32(0)),
        class_id=np.zeros(len(faces), int),
        detection_confidence=np.array([face.score for face in faces], np.float32),
        visible=given & ~(seen < _COVERED),
        data={"class_name": np.array(["face"] * len(faces), dtype="<U4")},
    )


def _supervision() -> "ModuleType | Any":
    try:
        import supervision
    except ImportError:
        raise UsageError("smile_edge.sinks.supervision needs the library: pip install 'supervision>=0.31'") from None
    return supervision
