"""A record as COCO has it: an image, its annotations, and the category of all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from smile_edge.topology import TOPOLOGY_70

__all__ = ["CATEGORY", "annotation_of", "image_of"]

_CATEGORY_ID = 1
_COVERED = 0.5
"""Visibility below which a point counts as covered."""
_NOT_GIVEN, _HIDDEN, _SEEN = 0, 1, 2
"""COCO's flags of a key point."""


def _skeleton() -> list[list[int]]:
    """Pairs of points, counted from 1, that lines join: those of each group in their order."""
    lines = []
    for group, indices in TOPOLOGY_70.groups.items():
        ends = (*indices[1:], indices[0]) if group in TOPOLOGY_70.closed else indices[1:]
        lines += [[start + 1, end + 1] for start, end in zip(indices, ends, strict=False)]
    return lines


CATEGORY: dict[str, Any] = {
    "id": _CATEGORY_ID,
    "name": "face",
    "supercategory": "person",
    "keypoints": list(TOPOLOGY_70.names),
    "skeleton": _skeleton(),
}
"""The only one."""


def image_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of `images`.

    Args:
        record: of an image, as plain JSON.
    """
    return {
        "id": record["frame"],
        "width": record["width"],
        "height": record["height"],
        "file_name": record["source"],
    }


def annotation_of(face: Mapping[str, Any], image_id: int, id: int) -> dict[str, Any]:
    """The entry of `annotations`.

    Args:
        face: one of a record, as plain JSON.
        image_id: the number of its image.
        id: its own.
    """
    keypoints = _keypoints(face["points"], face["visible"])
    box = face["box"]
    return {
        "id": id,
        "image_id": image_id,
        "category_id": _CATEGORY_ID,
        "bbox": box,
        "area": round(box[2] * box[3], 2),
        "iscrowd": 0,
        "score": face["score"],
        "num_keypoints": sum(flag != _NOT_GIVEN for flag in keypoints[2::3]),
        "keypoints": keypoints,
    }


def _keypoints(points: Sequence[Sequence[float] | None], visible: Sequence[float | None] | None) -> list[float]:
    """x, y and flag of each point in turn."""
    flat: list[float] = []
    for point, seen in zip(points, visible or [None] * len(points), strict=True):
        if point is None:
            flat += (0, 0, _NOT_GIVEN)
        else:
            flat += (point[0], point[1], _HIDDEN if seen is not None and seen < _COVERED else _SEEN)
    return flat
