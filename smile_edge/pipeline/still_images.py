"""The faces of independent pictures: many candidates, several looks at each, one verdict of both models."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from smile_edge.detection.large_pictures import Tiling
from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import roi_distances, upside_down
from smile_edge.geometry.scalar import face_rois
from smile_edge.imaging.crops import Item
from smile_edge.landmarks.landmarker import MIN_PRESENCE, FaceLandmarker
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.measures.expression import expression_of
from smile_edge.measures.values import FaceMeasures
from smile_edge.pipeline.score_fusion import (
    ONE_PASS_WEIGHTS,
    TWO_PASS_WEIGHTS,
    FusionWeights,
    best_possible_score,
    fuse_scores,
    rescored,
)
from smile_edge.records import Detection, Face
from smile_edge.topology import TOPOLOGY_70, Topology
from smile_edge.types import FloatArray, Image, IntArray

if TYPE_CHECKING:
    from smile_edge.pipeline.models import Detector, Landmarker, Models

__all__ = ["find_faces", "find_faces_in_one_pass", "landmarks_of", "select_faces"]

Timed = Callable[..., Any]
"""Runs work, given the name of its stage, a function and its arguments."""


MOST_CANDIDATES = 100
"""Detections in one picture that the landmarker looks at, best first."""
EARLY_REJECT_RATIO = 0.8
"""Share of the threshold that a candidate must reach after its first look to be worth a second: of 7,500 that pass a
threshold of 0.55 (training and held-out scenes) none got less, and that spares a seventh of the second looks."""
UPSIDE_DOWN_SCORE = 0.3
"""Score from which a detection that the landmarker disbelieves is shown to it the other way up as well."""
CERTAIN_SCORE = 0.8
"""A verdict from which the detector is not asked again."""
SAME_IOU, SAME_DISTANCE = 0.35, 0.3
"""Two boxes that overlap by more show one face, since the mean of several looks is tight; so do two faces whose middles
are nearer than so many face sizes."""


def find_faces(
    models: "Models",
    images: Sequence[Image],
    timed: Timed,
    expression: bool = False,
    threshold: float | None = None,
    tiling: Tiling | None = None,
) -> tuple[IntArray, list[Face]]:
    """Every face that may be one.

    Args:
        models: both models.
        images: `(h, w, 3)` uint8 BGR each.
        timed: runs the stages `detector` and `landmarks`.
        expression: whether the faces bring their expressions, from a model that gives them.
        threshold: lowest score that is wanted; None is the detector's own.
        tiling: which images are looked at in tiles; None is none.

    Returns:
        For each face the index of its image, and the face, with a score that the threshold has not been applied to.
    """
    threshold = models.detector.threshold if threshold is None else threshold
    owner, detections, first = _first_look(models, images, timed, threshold, TWO_PASS_WEIGHTS, tiling)
    likely = np.flatnonzero(
        fuse_scores(detections, first.presence, first, TWO_PASS_WEIGHTS)[0] >= EARLY_REJECT_RATIO * threshold
    )
    owner, detections, first = owner[likely], [detections[k] for k in likely], first.rows(likely)
    five = models.landmarker.topology.five_points(first.points)
    items = list(zip([images[i] for i in owner], five, strict=True))
    batch = timed("landmarks", _second_look, models.landmarker, items, first, detections)
    scores, boxes = fuse_scores(detections, first.presence, batch, TWO_PASS_WEIGHTS)
    doubtful = np.flatnonzero((scores >= EARLY_REJECT_RATIO * threshold) & (scores < CERTAIN_SCORE))
    if len(doubtful):
        five = models.landmarker.topology.five_points(batch.points)
        items = [(images[owner[k]], five[k]) for k in doubtful]
        again = timed("detector", models.detector.rescore, items)
        for k, score, box in zip(doubtful, *again, strict=True):
            detections[k] = rescored(detections[k], score, box)
        scores, boxes = fuse_scores(detections, first.presence, batch, TWO_PASS_WEIGHTS)
    return owner, _faces(batch, scores, boxes, models.landmarker.topology, expression)


def find_faces_in_one_pass(
    models: "Models",
    images: Sequence[Image],
    timed: Timed,
    expression: bool = False,
    threshold: float | None = None,
) -> tuple[IntArray, list[Face]]:
    """`find_faces` by one look of each model, the detector's at the size of streams: half to two thirds of the time."""
    threshold = models.detector.stream_threshold if threshold is None else threshold
    owner, detections, batch = _first_look(models, images, timed, threshold, ONE_PASS_WEIGHTS)
    scores, boxes = fuse_scores(detections, batch.presence, batch, ONE_PASS_WEIGHTS)
    return owner, _faces(batch, scores, boxes, models.landmarker.topology, expression)


def select_faces(faces: Sequence[Face], threshold: float, most: int | None) -> list[Face]:
    """The faces of one image that are sure enough, best first; of two that look at one face the better.

    Args:
        faces: of one image.
        threshold: lowest score.
        most: at most so many; None is no limit.
    """
    sure = [face for face in faces if face.score >= threshold]
    sure.sort(key=lambda face: -face.score)
    if len(sure) > 1:
        sure = _of_different_faces(sure)
    return [face if face.id == rank else replace(face, id=rank) for rank, face in enumerate(sure[:most])]


def _of_different_faces(faces: Sequence[Face]) -> list[Face]:
    """Those that show another face than all before them."""
    rois = face_rois(TOPOLOGY_70.five_points(np.array([face.points for face in faces], np.float32)))
    corners = xywh_to_xyxy(np.array([face.box for face in faces], np.float32))
    same = (roi_distances(rois, rois) < SAME_DISTANCE) | (iou_xyxy(corners, corners) > SAME_IOU)
    kept: list[int] = []
    for index, row in enumerate(same.tolist()):
        if not any(row[before] for before in kept):
            kept.append(index)
    return [faces[index] for index in kept]


def _first_look(
    models: "Models",
    images: Sequence[Image],
    timed: Timed,
    threshold: float,
    weights: FusionWeights,
    tiling: Tiling | None = None,
) -> tuple[IntArray, list[Detection], LandmarkBatch]:
    """What may reach the threshold, which image it is in, and what the landmarker sees there, whichever way up."""
    landmarks = models.landmarker.landmarks
    owner, detections = timed("detector", _candidates, models.detector, images, threshold, weights, tiling)
    items = [(images[i], one.points) for i, one in zip(owner, detections, strict=True)]
    batch = timed("landmarks", landmarks, items)
    turned = [
        k for k, one in enumerate(detections) if one.score >= UPSIDE_DOWN_SCORE and batch.presence[k] < MIN_PRESENCE
    ]
    if turned:
        other = timed("landmarks", landmarks, [(images[owner[k]], upside_down(detections[k].points)) for k in turned])
        batch = batch.with_better(turned, other)
    return owner, detections, batch


def _second_look(
    landmarker: "Landmarker", items: Sequence[Item], first: LandmarkBatch, detections: Sequence[Detection]
) -> LandmarkBatch:
    """What the landmarker sees from the points of its first look, the mirror asked as well."""
    if not isinstance(landmarker, FaceLandmarker):
        return landmarker.landmarks(items, 1, True)
    return landmarker.look_again(items, first, np.array([one.points for one in detections], np.float32))


def _candidates(
    detector: "Detector",
    images: Sequence[Image],
    threshold: float,
    weights: FusionWeights,
    tiling: Tiling | None,
) -> tuple[IntArray, list[Detection]]:
    """What may be a face, and which image it is in: the landmarker has the last word, so many are let through."""
    # The landmarker can raise a score to this power, if it is as sure as can be.
    lowest = max(detector.candidate_threshold, threshold ** (1 / weights.score))
    tiled = [tiling is not None and tiling.applies(image) for image in images]
    whole = [image for image, in_tiles in zip(images, tiled, strict=True) if not in_tiles]
    looks = iter(detector.detect_batch(whole, threshold=lowest, thorough=weights is TWO_PASS_WEIGHTS) if whole else [])
    found = [
        detector.detect_tiled(image, tiling.side_px, threshold=lowest) if tiling and in_tiles else next(looks)
        for image, in_tiles in zip(images, tiled, strict=True)
    ]
    found = [
        sorted(detections, key=lambda one: -one.score)[: _most_candidates(image, in_tiles)]
        for detections, image, in_tiles in zip(found, images, tiled, strict=True)
    ]
    found = [[one for one in detections if best_possible_score(one, weights) >= threshold] for detections in found]
    owner = np.repeat(np.arange(len(images)), [len(detections) for detections in found])
    return owner, [one for detections in found for one in detections]


def _most_candidates(image: Image, in_tiles: bool) -> int:
    """`MOST_CANDIDATES`; in tiles, which find the faces of a crowd, so many for each million of pixels."""
    return int(MOST_CANDIDATES * (max(1.0, image.shape[0] * image.shape[1] / 1e6) if in_tiles else 1))


def landmarks_of(batch: LandmarkBatch, topology: Topology, expression: bool) -> list[dict[str, Any]]:
    """What the landmarker found, as fields of `Face`; nothing is measured yet but an expression that is asked for.

    Args:
        batch: of `k` faces.
        topology: of its points.
        expression: whether the faces bring their expressions, from a model that gives them.
    """
    points, sigma = topology.embed(batch.points), topology.embed(batch.sigma)
    visible = np.full_like(sigma, np.nan) if batch.visible is None else topology.embed(batch.visible)
    given: list[FaceMeasures | None] = [None] * len(batch)
    if expression and batch.expression is not None:
        given = [FaceMeasures(expression=expression_of(row)) for row in batch.expression.tolist()]
    names = "points", "sigma", "visible", "given"
    return [dict(zip(names, row, strict=True)) for row in zip(points, sigma, visible, given, strict=True)]


def _faces(
    batch: LandmarkBatch, scores: FloatArray, boxes: FloatArray, topology: Topology, expression: bool
) -> list[Face]:
    """The face of each row, with its score and its box."""
    rows = zip(landmarks_of(batch, topology, expression), scores.tolist(), boxes, strict=True)
    return [Face(score=score, box=box, **found) for found, score, box in rows]
