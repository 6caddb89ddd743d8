"""MediaPipe's Face Landmarker over known faces of image files, from the environment that has MediaPipe.

It gives the 478 points of the attention mesh (Grishchenko et al., 2020) and 52 coefficients of the expression.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.external.face_mesh import MESH_OF_49
from train.external.mediapipe_env import SETUP_HINT, run_worker

__all__ = ["CROP_PX", "IRISES", "MESH_FIVE", "MESH_FLIP_OF_IRISES", "MESH_POINTS", "landmarked_faces"]

MESH_POINTS = 478
IRISES = (468, 473)
"""The centres of the right and the left iris; four points of its rim follow each."""
MESH_FLIP_OF_IRISES = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
"""The mirror partners of the points from 468 on."""
CROP_PX = 384
"""Side of the crops that it is given."""
FARTHEST = 0.35
"""Mean distance of its five points from the known ones, in face sizes, from which it found another face."""
CURE = f"{SETUP_HINT}; --task names MediaPipe's file face_landmarker.task"

_NOSE = 1


def _mesh_five() -> np.ndarray:
    matrix = np.zeros((5, MESH_POINTS))
    for row, eye in enumerate(("right_eye", "left_eye")):
        matrix[row, [MESH_OF_49[point] for point in TOPOLOGY_49.groups[eye]]] = 1 / 6
    matrix[2, _NOSE] = 1
    for row, corner in enumerate(("mouth_right", "mouth_left"), 3):
        matrix[row, MESH_OF_49[TOPOLOGY_49.readouts[corner][0]]] = 1
    return matrix


MESH_FIVE = _mesh_five()
"""`(5, 478)`: the five detector points as a linear readout of the mesh."""


def landmarked_faces(
    python: Path, task: Path, images: Sequence[Path], matrices: np.ndarray, five: np.ndarray
) -> dict[str, np.ndarray]:
    """What the Face Landmarker gives `n` faces, each in the first of `t` crops in which it finds it.

    Where it finds a face in none of them, it tries them all again with a low confidence.

    Args:
        python: of the environment (`mediapipe_env.mediapipe_python`).
        task: MediaPipe's file `face_landmarker.task`.
        images: the file of each face.
        matrices: `(n, t, 2, 3)`: image px to the px of a crop of `CROP_PX`; may mirror.
        five: `(n, 5, 2)` px of the image: where the five points lie that it shall find, in a mirrored crop those that
            the mirrored face has there.

    Returns:
        `mesh (n, 478, 3)` px of the image, the third towards the camera, and `blend (n, 52)` 0..1, `_neutral` first;
        NaN where the face was not found.

    Raises:
        DataError: MediaPipe fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "faces.npz"), Path(folder, "landmarks.npz")
        paths = np.array([str(image) for image in images])
        np.savez(given, images=paths, matrices=matrices, five=five, five_of_mesh=MESH_FIVE, farthest=FARTHEST,
                 side=CROP_PX)  # fmt: skip
        run_worker(python, "face_landmarker_worker.py", task, given, made, cure=CURE)
        with np.load(made) as found:
            return {name: found[name] for name in ("mesh", "blend")}
