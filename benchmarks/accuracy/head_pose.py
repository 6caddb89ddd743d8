"""Landmark scores by head pose (yaw), on the faces of a labelled training pack that training left out."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.scores import nearest, score_given_points
from smile_edge import FacePipeline
from train.data.crop_cache import read_bgr
from train.data.formats.mtfl import POSES, read_mtfl, read_poses
from train.data.samples import held_out_mask
from train.errors import DataError
from train.evaluation.metrics import FAIL_PERCENT

__all__ = ["pose_results"]


def pose_results(pipeline: FacePipeline, folder: Path) -> dict[str, Any]:
    """Scores of the held-out faces of each head pose.

    Args:
        pipeline: detector and landmarker, end to end.
        folder: a pack in MTFL format whose last column is the head pose.

    Returns:
        `pack` and `yaw`: scores and the number of faces by degrees.

    Raises:
        DataError: no held-out face has a head pose.
    """
    samples = read_mtfl(folder)
    poses = read_poses(folder)
    held = held_out_mask([sample.group for sample in samples])
    faces = [
        (poses[name], sample)
        for sample, is_held in zip(samples, held, strict=True)
        if is_held and (name := sample.image.relative_to(folder).as_posix()) in poses
    ]
    if not faces:
        raise DataError(f"{folder / 'training.txt'} holds no held-out face with a head pose in its last column")
    truth = np.stack([sample.five() for _, sample in faces])
    points: list[np.ndarray | None] = []
    for (_, sample), label in zip(faces, truth, strict=True):
        found = pipeline.process(read_bgr(sample.image)).faces
        five = np.array([face.five_points() for face in found], np.float32).reshape(-1, 5, 2)
        index = nearest(five, label)
        points.append(None if index is None else five[index])
    # The offsets of label conventions come from all faces: a handful would be fitted by their own.
    corrected = score_given_points(points, truth)[1]
    yaw = np.array([pose for pose, _ in faces])
    by_yaw = {str(pose): _score(corrected[yaw == pose]) for pose in POSES.values() if (yaw == pose).any()}
    return {"pack": folder.name, "yaw": by_yaw}


def _score(errors: np.ndarray) -> dict[str, Any]:
    """Scores of faces from their corrected errors `(n,)` in %, NaN where a face was missed."""
    found = errors[np.isfinite(errors)]
    return {
        "faces": len(errors),
        "recall": round(100 * len(found) / len(errors), 2),
        "nmec": round(float(found.mean()), 3) if len(found) else None,
        "fail10": round(float(100 * np.mean(~(errors <= FAIL_PERCENT))), 2),
    }
