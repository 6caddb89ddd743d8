"""People without a label: in packs where not everybody is labelled, who looks like a face is no background either.

Packs of points label one face an image, a teacher most of the others; who turns away, is blurred, in the dark or half
hidden is left. Taught as background, those very faces are unlearned. So the shipped models look at the training scenes
as at pictures, and what they find beside all labels is ignored by the detector's training: neither rewarded nor
punished (as for missing labels: Wu et al., "Soft Sampling for Robust Object Detection", 2018).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smile_edge import FacePipeline
from smile_edge.geometry import xywh_to_xyxy
from train.errors import DataError
from train.evaluate import detections_of
from train.scenes import read_scenes, scene_key, split_scenes

__all__ = ["LOWEST_POINTED", "find_unlabelled", "load_unlabelled"]

LOWEST_POINTED = 0.15
"""Score from which a detection may be a face in packs of points, where labels are missing by design."""
LOWEST_BOXED = 0.3
"""The same in packs of boxes, where people labelled all they saw: most of what scores less there is none."""
MOST_COVERED = 0.5
"""Share of a detection that labels may cover: a part of a labelled face is not somebody else."""


def find_unlabelled(pipeline: FacePipeline, folders: Sequence[Path], out: Path) -> dict[str, int]:
    """Writes where the training scenes of packs may hold faces that nobody labelled.

    Args:
        pipeline: looks at each scene as at a picture by itself.
        folders: data packs; leave out those whose every face is labelled, since alarms there are true ones.
        out: the file to write, `.json`: boxes xywh px by `scenes.scene_key`, for `load_unlabelled`.

    Returns:
        How many `scenes` were looked at and how many `faces` may be there.

    Raises:
        DataError: the packs hold no faces.
    """
    places: dict[str, list[list[float]]] = {}
    count = 0
    for folder in folders:
        lowest = LOWEST_BOXED if (folder / "wider_face_bbx_gt.txt").is_file() else LOWEST_POINTED
        scenes = [scene for scene in split_scenes(read_scenes([folder]))[0] if len(scene.boxes)]
        count += len(scenes)
        for scene, (boxes, _scores) in zip(scenes, detections_of(pipeline, scenes, lowest), strict=True):
            beside = boxes[_covered(boxes, scene.boxes) < MOST_COVERED]
            if len(beside):
                places[scene_key(scene)] = np.round(beside, 2).astype(float).tolist()
    if not count:
        raise DataError("no faces in the folders of --data: pass packs of labelled faces")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(places))
    return {"scenes": count, "faces": sum(map(len, places.values()))}


def _covered(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The largest share `(k,)` of each box `(k, 4)` xywh that one of the others `(n, 4)` covers."""
    a, b = xywh_to_xyxy(boxes)[:, None], xywh_to_xyxy(others)[None]
    inner = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(-1)
    share: np.ndarray = inner.max(1, initial=0) / np.maximum(boxes[:, 2:].prod(1), 1e-6)
    return share


def load_unlabelled(files: Sequence[Path]) -> dict[str, np.ndarray]:
    """Boxes `(k, 4)` xywh px by `scenes.scene_key`, from files that `find_unlabelled` wrote.

    Raises:
        DataError: a file does not hold them.
    """
    places: dict[str, np.ndarray] = {}
    for file in files:
        try:
            content: dict[str, list] = json.loads(file.read_text())
            places |= {key: np.array(boxes, np.float32).reshape(-1, 4) for key, boxes in content.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            cure = f"run `python -m train unlabelled --out {file}`"
            raise DataError(f"{file} holds no boxes by scene ({error}): {cure}") from None
    return places
