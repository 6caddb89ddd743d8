"""How calm the points are on a calm face, and how late on a moving one; before and after smoothing."""

from typing import Any

import numpy as np

from benchmarks.accuracy.clips import Clip, drifting, passing, still
from benchmarks.accuracy.scores import nearest
from smile_edge import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.topology import TOPOLOGY_49

__all__ = ["flicker", "jitter_results", "lag_frames", "wander"]

EYES_PX = (72.0, 30.0)
"""Distances between the eyes: somebody at a desk, and three metres away."""
SETTLE_FRAMES = 12
"""Frames after the start, and after each turn of a passing face, that do not count: the filter is still learning."""


def jitter_results(models: Models, seconds: float) -> list[dict[str, Any]]:
    """Measures each synthetic clip twice, without and with the smoother.

    Returns:
        For each clip plain JSON types: `clip`, `found` (share of frames with a face) and, under `raw` and `smooth`,
        `flicker` (still and slow faces), `wander` (still ones) and `lag` (passing ones); None where most frames had
        no face.
    """
    results = []
    for eyes_px in EYES_PX:
        for kind, make in (("still", still), ("drifting", drifting), ("passing", passing)):
            clip = make(eyes_px, seconds)
            result: dict[str, Any] = {"clip": clip.name, "kind": kind, "eyes_px": eyes_px}
            for name, smooth in (("raw", False), ("smooth", True)):
                points = _follow(FacePipeline(models, smooth=smooth), clip)
                result["found"] = round(float(np.isfinite(points[:, 0, 0]).mean()), 4)
                result[name] = _measures(clip, kind, points)
            results.append(result)
    return results


def flicker(points: np.ndarray, truth: np.ndarray, eyes_px: float) -> float:
    """Normalised mean flicker: mean step of a point from frame to frame beyond its true one, in % of `eyes_px`.

    Args:
        points: `(n, 49, 2)` px, NaN in frames without a face.
        truth: `(n, 49, 2)` px.
        eyes_px: distance between the eyes.
    """
    step = np.diff(points - truth, axis=0)[SETTLE_FRAMES:]
    return float(100 * np.nanmean(np.linalg.norm(step, axis=-1)) / eyes_px)


def wander(points: np.ndarray, eyes_px: float) -> float:
    """Root mean square distance of the points of a still face from their own mean place, in % of `eyes_px`.

    A strong filter turns flicker into slow drift; this sees it.
    """
    points = points[SETTLE_FRAMES:]
    away = points - np.nanmean(points, axis=0)
    return float(100 * np.sqrt(np.nanmean((away**2).sum(-1))) / eyes_px)


def lag_frames(points: np.ndarray, truth: np.ndarray) -> float:
    """How many frames the points trail behind a face that goes to and fro at a steady speed.

    Offsets are measured along the way the face goes; an offset that is always on the same side of the face (a matter
    of labels) cancels between going and coming back.

    Args:
        points: `(n, 49, 2)` px.
        truth: `(n, 49, 2)` px.
    """
    motion = np.diff(truth.mean(1), axis=0)  # (n - 1, 2) px a frame
    speed = np.linalg.norm(motion, axis=-1)
    way = motion / np.maximum(speed, 1e-9)[:, None]
    behind = ((truth - points).mean(1)[1:] * way).sum(-1) / np.maximum(speed, 1e-9)  # (n - 1,) frames
    steady = np.zeros(len(way), bool)
    for index in range(SETTLE_FRAMES, len(way)):
        before = way[index - SETTLE_FRAMES : index + 1]
        steady[index] = bool((before @ way[index] > 0.999).all()) and speed[index] > 0.9 * np.median(speed)
    going = steady & (way[:, 0] > 0)
    coming = steady & (way[:, 0] < 0)
    return float((np.nanmean(behind[going]) + np.nanmean(behind[coming])) / 2)


def _follow(pipeline: FacePipeline, clip: Clip) -> np.ndarray:
    """The points of the one face in each frame, `(n, 49, 2)` px; NaN where it was not found."""
    followed = np.full(clip.truth.shape, np.nan)
    for row, frame in enumerate(clip.frames):
        faces = pipeline.process(frame).faces
        five = np.array([face.five_points() for face in faces]).reshape(-1, 5, 2)
        index = nearest(five, TOPOLOGY_49.five_points(clip.truth[row]))
        if index is not None:
            followed[row] = faces[index].inner_points()
    return followed


def _measures(clip: Clip, kind: str, points: np.ndarray) -> dict[str, float] | None:
    if np.isfinite(points[SETTLE_FRAMES:, 0, 0]).sum() < len(points) / 2:
        return None
    if kind == "passing":  # where it turns back, the lag itself would count as flicker
        measures = {"lag": lag_frames(points, clip.truth)}
    else:
        measures = {"flicker": flicker(points, clip.truth, clip.eyes_px)}
    if kind == "still":
        measures["wander"] = wander(points, clip.eyes_px)
    return {name: round(value, 4) for name, value in measures.items()}
