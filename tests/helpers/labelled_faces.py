"""Faces whose five points are known, as arrays and as a pack."""

from pathlib import Path

import cv2
import numpy as np
from fake_world import face_points

from smile_edge.topology import TOPOLOGY_49

__all__ = ["labels", "pack"]


def labels(count: int) -> np.ndarray:
    """Five points `(count, 5, 2)` px of faces of many turns and sizes."""
    faces = [face_points(200, 180, 30 + 7 * i, 40 * i) for i in range(count)]
    return TOPOLOGY_49.five_points(np.stack(faces)).astype(np.float64)


def pack(folder: Path, truth: np.ndarray) -> Path:
    """An MTFL pack; each image is empty but for its number, which a `World` reads."""
    folder.mkdir()
    lines = []
    for index, five in enumerate(truth):
        image = np.zeros((400, 400, 3), np.uint8)
        image[0, 0] = 0, index, 0
        cv2.imwrite(str(folder / f"{index}.png"), image)
        lines.append(" ".join([f"{index}.png", *(f"{v:.3f}" for v in [*five[:, 0], *five[:, 1]]), "0 0 0 0"]))
    (folder / "testing.txt").write_text("\n".join(lines))
    return folder
