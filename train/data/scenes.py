"""Scenes for the detector: every pack read into images with boxes, points and faces to ignore."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from smile_edge.geometry.boxes import iou_xyxy, xywh_to_xyxy
from smile_edge.geometry.face_roi import LABELLED_BOX, average_box, face_roi
from smile_edge.imaging.image_files import is_image_name
from train.data.crop_cache import read_bgr
from train.data.formats.dense import read_dense
from train.data.formats.kind import PackKind, kind_of, of_kind
from train.data.formats.mtfl import read_mtfl
from train.data.formats.teacher import read_teacher
from train.data.formats.wider import read_wider
from train.data.samples import FaceSample, SceneSample, held_out_mask
from train.errors import DataError

__all__ = [
    "TEACHER_MIN_SCORE",
    "Scene",
    "held_out_people",
    "load_scenes",
    "read_scenes",
    "scene_key",
    "scenes_of_people",
    "split_scenes",
]

TEACHER_MIN_SCORE = 0.6
"""Score from which a teacher's face counts as a face; below it is ignored."""
SAME_FACE_IOU = 0.45
MIN_LABEL_PX = 5.0
"""Smaller boxes are noise in the labels: ignored."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A decoded scene."""

    image: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    ignore: np.ndarray
    pack: str
    hard_negatives: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """`(k, 4)` xywh px: what a detector took for faces here (`train.mining.hard_negatives`)."""
    detector_scores: np.ndarray | None = None
    """`(n,)` 0..1: how sure a detector was of each face; None where it was not asked."""


def read_scenes(folders: Sequence[Path]) -> list[SceneSample]:
    """Scenes of every pack, in its own format; images of packs without labels are scenes without faces.

    Raises:
        DataError: a folder holds neither labels nor images, or labels for checking only.
    """
    scenes: list[SceneSample] = []
    for folder in folders:
        kind = kind_of(folder)
        if kind is PackKind.WIDER:
            scenes += _boxed(read_wider(folder), folder)
        elif kind is PackKind.MTFL:
            scenes += _pointed(read_mtfl(folder), folder)
        elif kind is PackKind.DENSE:
            scenes += _pointed(read_dense(folder), folder)
        elif kind is not None:
            raise DataError(f"{folder} holds labels for checking only ({kind}): pass a pack for training")
        else:
            found = sorted(path for path in folder.iterdir() if is_image_name(path))
            if not found:
                raise DataError(f"{folder} holds neither labels nor images: pass the folder of a data pack")
            scenes += [SceneSample(p, np.zeros((0, 4), np.float32), p.name, folder.name) for p in found]
    return scenes


def load_scenes(
    samples: Sequence[SceneSample],
    hard_negatives: Mapping[str, np.ndarray] | None = None,
    detector_scores: Mapping[str, np.ndarray] | None = None,
) -> list[Scene]:
    """Decodes every image into memory.

    Args:
        samples: the scenes.
        hard_negatives: boxes `(k, 4)` xywh px, by `scene_key`.
        detector_scores: `(n,)` 0..1 of the faces of a scene, by `scene_key`.

    Raises:
        DataError: the faces of a scene are others than when it was mined.
    """
    places, sure = hard_negatives or {}, detector_scores or {}
    none = np.zeros((0, 4), np.float32)

    def one(sample: SceneSample) -> Scene:
        image = read_bgr(sample.image)
        key = scene_key(sample)
        if key in sure and len(sure[key]) != len(sample.boxes):
            raise DataError(
                f"{key} has {len(sample.boxes)} faces, {len(sure[key])} when it was mined: run `python -m train mine` "
                "again"
            )
        found = places.get(key, none)
        return Scene(image, sample.boxes, sample.points, sample.ignore, sample.pack, found, sure.get(key))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, samples))


def scene_key(scene: SceneSample) -> str:
    """A name for a scene among all packs."""
    return f"{scene.pack}/{scene.image.name}"


def _boxed(samples: Sequence[SceneSample], folder: Path) -> list[SceneSample]:
    """Boxes from people, points from the teacher where it saw the same face."""
    teacher = read_teacher(folder)
    result = []
    for sample in samples:
        boxes, scores, found = _teacher_faces(teacher, sample.image, folder)
        points = sample.points.copy()
        ignore = sample.ignore | (sample.boxes[:, 2:].max(1, initial=0) < MIN_LABEL_PX)
        if len(boxes) and len(sample.boxes):
            overlap = iou_xyxy(xywh_to_xyxy(sample.boxes), xywh_to_xyxy(boxes)) * (scores >= TEACHER_MIN_SCORE)
            best = overlap.argmax(1)
            same = overlap.max(1) >= SAME_FACE_IOU
            points[same] = found[best[same]]
        result.append(SceneSample(sample.image, sample.boxes, sample.group, sample.pack, points, ignore))
    return result


def _pointed(samples: Sequence[FaceSample], folder: Path) -> list[SceneSample]:
    """One face's points from its label, its box and every other face from the teacher."""
    teacher = read_teacher(folder)
    result = []
    for sample in samples:
        boxes, scores, points = _teacher_faces(teacher, sample.image, folder)
        five = sample.five()
        size = face_roi(five)[1]
        ignore = scores < TEACHER_MIN_SCORE
        distance = np.linalg.norm(points - five, axis=-1).mean(-1) / size if len(points) else np.zeros(0)
        if len(points) and distance.min() < 0.3:
            mine = int(distance.argmin())
            points[mine], ignore[mine] = five, False
        else:
            boxes = np.concatenate([boxes, average_box(five, LABELLED_BOX)[None]])
            points = np.concatenate([points, five[None]])
            ignore = np.append(ignore, False)
        result.append(SceneSample(sample.image, boxes, sample.group, sample.pack, points, ignore))
    return result


def _teacher_faces(teacher: dict, image: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    none = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))
    boxes, scores, points = teacher.get(image.relative_to(folder).as_posix(), none)
    return boxes.copy(), scores, points.copy()


def split_scenes(samples: Sequence[SceneSample]) -> tuple[list[SceneSample], list[SceneSample]]:
    """Training and validation scenes, by group."""
    mask = held_out_mask([sample.group for sample in samples])
    train = [sample for sample, held in zip(samples, mask, strict=True) if not held]
    return train, [sample for sample, held in zip(samples, mask, strict=True) if held]


def scenes_of_people(folders: Sequence[Path]) -> list[SceneSample]:
    """Scenes whose every face was boxed by people: those of the packs in WIDER format.

    Raises:
        DataError: none of the packs is in that format.
    """
    boxed = of_kind(folders, PackKind.WIDER)
    if not boxed:
        raise DataError("no pack with wider_face_bbx_gt.txt in --data: scenes with every face boxed are needed")
    return read_scenes(boxed)


def held_out_people(folders: Sequence[Path]) -> list[SceneSample]:
    """The held-out ones of `scenes_of_people`.

    Raises:
        DataError: see there.
    """
    return split_scenes(scenes_of_people(folders))[1]
