"""Landmark scores on packs of labelled faces: upright beside the peers, turned, and small."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.peers import Peer
from benchmarks.accuracy.reliability import reliability
from benchmarks.accuracy.scores import error_curve, nearest, score_given_points
from benchmarks.reporting.systems import OURS
from smile_edge import FacePipeline
from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49
from train.data.crop_cache import read_bgr
from train.data.samples import FaceSample
from train.evaluation.evaluate import pixelated, turned

__all__ = ["face_results"]

SCORES = ("recall", "nme", "nmec", "fail10")
READOUT = TOPOLOGY_49.readout_matrix(FIVE_POINTS)


def face_results(
    pipelines: Mapping[str, FacePipeline],
    folder: Path,
    samples: Sequence[FaceSample],
    peers: Sequence[Peer],
    *,
    angles: Sequence[int],
    sizes_px: Sequence[int],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Everything measured on one pack.

    Args:
        pipelines: detector and landmarker, end to end, by name: `OURS`, which is measured in full, and others that are
            measured upright.
        folder: the pack; the peers name images relative to it.
        samples: one labelled face an image.
        peers: predictions over the same pack.
        angles: in-plane turns, degrees.
        sizes_px: widths of the face to which images are pixelated.
        tell: told what is being done.

    Returns:
        Plain JSON types: `systems` (upright), `turned`, `pixelated` (scores by angle and size) and `sigma`.
    """
    names = [sample.image.relative_to(folder).as_posix() for sample in samples]
    images = [read_bgr(sample.image) for sample in samples]
    truth = np.stack([sample.five() for sample in samples])
    tell(f"{folder.name}: upright")
    pipeline = pipelines[OURS]
    points, sigma = _look(pipeline, images, truth)
    systems = {OURS: _system(points, truth)}
    for name in pipelines.keys() - {OURS}:
        systems[name] = _system(_look(pipelines[name], images, truth)[0], truth)
    for peer in peers:
        systems[peer.name] = _system(_of_peer(peer, names, truth), truth)
    results: dict[str, Any] = {
        "images": len(samples),
        "systems": systems,
        "sigma": reliability(points, sigma, truth),
        "turned": {},
        "pixelated": {},
    }
    for angle in angles:
        if angle == 0:
            results["turned"]["0"] = {key: systems[OURS][key] for key in SCORES}
            continue
        tell(f"{folder.name}: turned by {angle} degrees")
        pairs = (turned(image, five, np.radians(angle)) for image, five in zip(images, truth, strict=True))
        results["turned"][str(angle)] = _score_pairs(pipeline, pairs)
    for size in sizes_px:
        tell(f"{folder.name}: faces of {size} px")
        low = ((pixelated(image, five, size), five) for image, five in zip(images, truth, strict=True))
        results["pixelated"][str(size)] = _score_pairs(pipeline, low)
    return results


def _system(points: Sequence[np.ndarray | None], truth: np.ndarray) -> dict[str, Any]:
    score, errors, given = score_given_points(points, truth)
    return {**_rounded(asdict(score)), "points": given, "curve": error_curve(errors)}


def _score_pairs(pipeline: FacePipeline, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Scores over images `(h, w, 3)` and their labels `(5, 2)` px, made one at a time."""
    points, truth = [], []
    for image, five in pairs:
        points += _look(pipeline, [image], five[None])[0]
        truth.append(five)
    return _rounded(asdict(score_given_points(points, np.stack(truth))[0]))


def _look(
    pipeline: FacePipeline, images: Sequence[np.ndarray], truth: np.ndarray
) -> tuple[list[np.ndarray | None], np.ndarray]:
    """Five points `(5, 2)` px of the face meant in each image, None where there is none; and their sigma `(n, 5)` px.

    The sigma of an eye's centre is the mean of its points', as in training.
    """
    points: list[np.ndarray | None] = []
    sigma = np.full((len(images), 5), np.nan)
    for row, (image, label) in enumerate(zip(images, truth, strict=True)):
        faces = pipeline.process(image).faces
        five = np.array([face.five_points() for face in faces]).reshape(-1, 5, 2)
        index = nearest(five, label)
        points.append(None if index is None else five[index])
        if index is not None:
            sigma[row] = READOUT @ faces[index].inner_sigma()
    return points, sigma


def _of_peer(peer: Peer, names: Sequence[str], truth: np.ndarray) -> list[np.ndarray | None]:
    points: list[np.ndarray | None] = []
    for found, label in zip(peer.of(names), truth, strict=True):
        index = nearest(found.five, label)
        points.append(None if index is None else found.five[index])
    return points


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in scores.items()}
