"""What the detector takes for faces, right and wrong: crops that teach the landmarker's face probability.

Random background is too easy: the landmarker only ever sees what the detector found. So the detections on the training
scenes themselves are cut out, those on a labelled face as faces, those on nothing as impostors.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smile_edge.detector import FaceDetector
from smile_edge.geometry import iou_xyxy, xywh_to_xyxy
from smile_edge.records import Detection
from train.crops import STORED_PX, STORED_SCALE, cut_face, read_bgr
from train.datasets import SceneSample
from train.errors import DataError
from train.scenes import read_scenes, split_scenes

__all__ = ["load_mined", "mine"]

LOWEST_SCORE = 0.2
FACE_IOU, NOTHING_IOU = 0.5, 0.2
"""Overlap from which a detection is a face, and below which it is nothing; between the two it is left out."""
MOST_A_SCENE = 12
SMALLEST_PX = 10


def mine(detector: FaceDetector, folders: Sequence[Path], out: Path) -> dict[str, int]:
    """Cuts the detections on the training side of packs whose every face is boxed, and of packs without faces.

    Args:
        detector: looks at each scene thoroughly.
        folders: data packs; those in point formats are passed over, since not every face in them is labelled.
        out: receives `crops.npy (k, 160, 160, 3)` uint8 and `labels.npy (k,)`, 1 for a face.

    Returns:
        How many `faces` and `impostors`.
    """
    whole = [f for f in folders if not (f / "training.txt").is_file() and not (f / "keypoints.csv").is_file()]
    crops, labels = [], []
    for scene in split_scenes(read_scenes(whole))[0]:
        image = read_bgr(scene.image)
        found = detector.detect(image, threshold=LOWEST_SCORE, thorough=True)[:MOST_A_SCENE]
        for face, label in zip(found, _labels(found, scene), strict=True):
            if label is not None and min(face.box[2:]) >= SMALLEST_PX:
                crops.append(cut_face(image, face.points, STORED_SCALE, STORED_PX)[0])
                labels.append(label)
    if not crops:
        raise DataError("the detector found nothing in --data: pass scene or background packs")
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "crops.npy", np.stack(crops))
    np.save(out / "labels.npy", np.array(labels, np.float32))
    counts = {"faces": int(sum(labels)), "impostors": int(len(labels) - sum(labels))}
    (out / "counts.json").write_text(json.dumps(counts))
    return counts


def _labels(found: Sequence[Detection], scene: SceneSample) -> list[float | None]:
    """1 on a labelled face, 0 on nothing, None where it is neither clearly (ignored faces count as unclear)."""
    if not len(scene.boxes):
        return [0.0] * len(found)
    overlap = iou_xyxy(xywh_to_xyxy(np.array([face.box for face in found]).reshape(-1, 4)), xywh_to_xyxy(scene.boxes))
    result: list[float | None] = []
    for row in overlap:
        best = int(row.argmax())
        if row[best] >= FACE_IOU and not scene.ignore[best]:
            result.append(1.0)
        else:
            result.append(0.0 if row[best] < NOTHING_IOU else None)
    return result


def load_mined(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops `(k, 160, 160, 3)` uint8 and labels `(k,)` that `mine` wrote.

    Raises:
        DataError: the folder does not hold them.
    """
    try:
        return np.load(folder / "crops.npy", mmap_mode="r"), np.load(folder / "labels.npy")
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} holds no mined crops ({error}): run `python -m train mine --out {folder}`") from None
