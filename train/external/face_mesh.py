"""MediaPipe's face mesh (Kartynnik et al., 2019) of crops, from the environment that has MediaPipe."""

import tempfile
from pathlib import Path

import numpy as np

from train.external.mediapipe_env import run_worker

__all__ = ["MESH_OF_49", "face_meshes"]

MESH_OF_49 = [
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    *(82, 13, 312, 317, 14, 87),
]
"""The mesh's vertex nearest each of the 49 points."""


def face_meshes(python: Path, crops: np.ndarray) -> np.ndarray:
    """`(n, 468, 3)` px of crops `(n, s, s, 3)` uint8 BGR, the third towards the camera; NaN where no face is seen.

    Args:
        python: of the environment (`mediapipe_env.mediapipe_python`).
        crops: one face in each.

    Raises:
        DataError: MediaPipe fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "crops.npy"), Path(folder, "meshes.npy")
        np.save(given, crops)
        run_worker(python, "mesh_worker.py", given, made)
        return np.asarray(np.load(made))
