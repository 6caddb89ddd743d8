"""Pictures to look at: the faces a model gets most wrong."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.draw import draw_faces
from smile_edge.records import Face
from train.data.crop_cache import cut_face

__all__ = ["worst_faces"]

TILE_PX = 220
CONTEXT = 4.0
"""Side of a tile in face sizes."""


def worst_faces(
    images: Sequence[np.ndarray],
    truth: np.ndarray,
    found: Sequence[Face | None],
    errors: np.ndarray,
    path: Path,
    count: int = 24,
) -> None:
    """A sheet of the faces with the largest errors, missed ones first: prediction drawn, truth as white crosses."""
    order = np.argsort(-np.where(np.isfinite(errors), errors, np.inf), kind="stable")[:count]
    tiles = []
    for index in order:
        face, image = found[index], images[index].copy()
        if face is not None:
            image = draw_faces(image, [face])
        arm = max(2, round(float(face_roi(truth[index])[1]) * 0.06))
        for x, y in np.rint(truth[index]).astype(int).tolist():
            cv2.drawMarker(image, (x, y), (255, 255, 255), cv2.MARKER_TILTED_CROSS, 2 * arm, 1, cv2.LINE_AA)
        tile = cut_face(image, truth[index], CONTEXT, TILE_PX)[0]
        label = "missed" if not np.isfinite(errors[index]) else f"{errors[index]:.1f} %"
        cv2.putText(tile, label, (8, TILE_PX - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
        tiles.append(tile)
    columns = 8
    blank = np.zeros((TILE_PX, TILE_PX, 3), np.uint8)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    cv2.imwrite(str(path), np.vstack(rows))
