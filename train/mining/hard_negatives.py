"""What the detector takes for faces, right and wrong: crops that teach the landmarker faces from hard negatives.

Random background is too easy: the landmarker only ever sees what the detector found. So the training scenes are shown
to the detector as they are and turned, and its detections are cut out: those on a labelled face as faces, with the box
that people drew, those on nothing as hard negatives. Where those lay is kept as well: the detector's own training
looks there more often.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from smile_edge.detection.detector import FaceDetector
from smile_edge.geometry.affine import apply_affine, invert_affine, similarity_about
from smile_edge.geometry.boxes import iou_xyxy, rotated_box_xywh, xywh_to_xyxy
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.records import Detection
from train.augmentation.scene_transforms import warp_scene
from train.data.crop_cache import STORED_PX, STORED_SCALE, cut_face, read_bgr
from train.data.formats.kind import PackKind, kind_of
from train.data.samples import SceneSample
from train.data.scenes import read_scenes, scene_key, split_scenes
from train.errors import DataError

__all__ = ["mine"]

MINED_FROM_SCORE = 0.08
FACE_IOU, NOTHING_IOU = 0.4, 0.2
"""Overlap from which a detection is a face, and below which it is nothing; between the two only its box teaches."""
MOST_FACES, MOST_HARD_NEGATIVES = 10, 5
"""Of one view of a scene: faces by chance, since the best need no more teaching; hard negatives best first."""
MINED_FROM_PX = 10
LARGEST_SIDE = 640


def mine(
    detector: FaceDetector,
    landmarker: FaceLandmarker,
    folders: Sequence[Path],
    out: Path,
    views: int = 1,
    seed: int = 0,
) -> dict[str, int]:
    """Cuts the detections on the training side of packs whose every face is boxed, and of packs without faces.

    Args:
        detector: looks at each view thoroughly.
        landmarker: says how much of a face each detection is.
        folders: data packs; those in point formats are passed over, since not every face in them is labelled.
        out: receives `crops.u8`, `labels.npy`, `boxes.npy`, `doubt.npy` (see `Mined`), `places.json`, where hard
            negatives lay, and `sureness.json`, how sure the detector was of each labelled face of the scene as it is.
        views: how often each scene is shown; the first time as it is, then turned, mirrored and scaled by chance.
        seed: of the views.

    Returns:
        How many `faces` and `impostors`, which are the hard negatives.

    Raises:
        DataError: nothing was found.
    """
    whole = [folder for folder in folders if kind_of(folder) in (PackKind.WIDER, None)]
    rng = np.random.default_rng(seed)
    labels, boxes, doubts = [], [], []
    detector_scores: dict[str, list[float]] = {}
    places: dict[str, list[list[float]]] = defaultdict(list)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "crops.u8").open("wb") as crops:  # too many to hold in memory
        for scene in split_scenes(read_scenes(whole))[0]:
            for image, matrix in _views(read_bgr(scene.image), views, rng):
                truth = rotated_box_xywh(scene.boxes, matrix)
                found = detector.detect(image, threshold=MINED_FROM_SCORE, thorough=True)
                detector_scores.setdefault(scene_key(scene), _detector_scores(found, truth))
                chosen = list(_chosen(found, truth, scene, rng))
                chance = landmarker.landmarks([(image, face.points) for face, _, _ in chosen]).presence
                for (face, label, box), is_face in zip(chosen, chance.tolist(), strict=True):
                    doubts.append(abs(label - is_face) if label >= 0 else 0.0)  # the undecided teach only boxes
                    crop, cut = cut_face(image, face.points, STORED_SCALE, STORED_PX)
                    crops.write(crop.tobytes())
                    labels.append(label)
                    boxes.append(rotated_box_xywh(box, _compose(cut, matrix))[0])
                    if label == 0:
                        places[scene_key(scene)].append(rotated_box_xywh(face.box, invert_affine(matrix))[0].tolist())
    if not labels:
        raise DataError("the detector found nothing in --data: pass scene or background packs")
    np.save(out / "labels.npy", np.array(labels, np.float32))
    np.save(out / "boxes.npy", np.array(boxes, np.float32))
    np.save(out / "doubt.npy", np.array(doubts, np.float32))
    (out / "places.json").write_text(json.dumps(places))
    (out / "sureness.json").write_text(json.dumps(detector_scores))
    counts = {"faces": labels.count(1.0), "impostors": labels.count(0.0)}
    (out / "counts.json").write_text(json.dumps(counts))
    return counts


def _views(image: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The image itself, then `count - 1` turned ones, each with the similarity `(2, 3)` that made it."""
    yield image, np.eye(2, 3, dtype=np.float32)
    height, width = image.shape[:2]
    for _ in range(count - 1):
        side = min(LARGEST_SIDE, max(height, width))
        scale = side / max(height, width) * np.exp(rng.uniform(np.log(0.6), np.log(1.3)))
        turn = rng.uniform(-np.pi, np.pi)
        middle, target = np.array([width / 2, height / 2]), np.full(2, side / 2)
        matrix = similarity_about(middle, target, scale, turn, bool(rng.random() < 0.5))
        yield warp_scene(image, matrix, side, rng), matrix


def _chosen(
    found: Sequence[Detection], truth: np.ndarray, scene: SceneSample, rng: np.random.Generator
) -> Iterator[tuple[Detection, float, np.ndarray]]:
    """Detections worth keeping, with their label and the face's box `(4,)` in the scene, NaN for an impostor."""
    boxes = xywh_to_xyxy(np.array([face.box for face in found]).reshape(-1, 4))
    overlap = iou_xyxy(boxes, xywh_to_xyxy(truth)) if len(truth) else np.zeros((len(found), 1))
    large = np.array([min(face.box[2:]) >= MINED_FROM_PX for face in found], bool)
    best = overlap.argmax(1)
    most: np.ndarray = np.take_along_axis(overlap, best[:, None], 1)[:, 0]
    hard_negatives = np.flatnonzero(large & (most < NOTHING_IOU))[:MOST_HARD_NEGATIVES]
    faces = large & (most >= NOTHING_IOU)
    if len(truth):
        faces &= ~scene.ignore[best]
    some = rng.permutation(np.flatnonzero(faces))[:MOST_FACES]
    for index in sorted([*hard_negatives, *some]):
        if most[index] < NOTHING_IOU:
            yield found[index], 0.0, np.full(4, np.nan, np.float32)
        else:
            yield found[index], 1.0 if most[index] >= FACE_IOU else -1.0, scene.boxes[best[index]]


def _detector_scores(found: Sequence[Detection], truth: np.ndarray) -> list[float]:
    """The score of the best detection on each labelled face, 0 where there is none."""
    if not found or not len(truth):
        return [0.0] * len(truth)
    overlap = iou_xyxy(xywh_to_xyxy(np.array([face.box for face in found])), xywh_to_xyxy(truth))
    scores = np.array([face.score for face in found])[:, None] * (overlap >= FACE_IOU)
    return np.round(scores.max(0), 3).tolist()


def _compose(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """One affine `(2, 3)` for `before`, then `after`."""
    return np.concatenate([after[:, :2] @ before[:, :2], apply_affine(after, before[:, 2][None]).T], 1)
