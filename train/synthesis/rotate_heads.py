"""`python -m train turn`: labelled faces in, a folder of their heads turned aside or bent, and cut out.

The packs hold few profiles and hardly a face that looks up or down, and those are what detectors miss: so they are made
of faces that look at the camera.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import read_bgr
from train.data.cut_out_heads import HEADS
from train.data.samples import HELD_OUT_SHARE, FaceSample, held_out_mask
from train.errors import DataError
from train.external.face_mesh import MESH_OF_49, face_meshes
from train.external.mediapipe_env import mediapipe_python
from train.synthesis.head_rotation import bent_head, bent_points, head_width, head_yaw, turned_head, turned_points
from train.synthesis.mesh_surface import hidden_by_mesh, lifted, mesh_triangles

__all__ = ["UprightFace", "bent_box", "cut_upright", "face_box", "turn_heads", "wanted_yaw"]

CROP_PX = 256
CROP_SCALE = (3.5, 4.8)
"""Side of a crop in face sizes."""
MOST_ENLARGED = 3.0
FARTHEST = 0.25
"""Mean distance of the mesh from the label's five points, in face sizes, from which it is another face's."""
TURNED, MOST_TURNED = 0.35, 1.0
"""Yaw in rad from which a face is turned twice, since more of its side is seen, and up to which it is turned at all."""
AHEAD = 0.14
"""Yaw in rad up to which a face looks ahead and is turned to either side."""
LEAST_DEG, MOST_DEG, LEAST_MORE_DEG = 48, 102, 15
"""Yaw that is wanted, and by how much it must be more than what there is."""
BOX_UP, BOX_FRONT, BOX_BACK = 0.18, 0.06, 0.03
"""How far boxes that people drew around profiles reach beyond the mesh, in its width, and at the back how far they stay
behind it (medians of 38 faces of WIDER that are turned by more than 50 degrees)."""
FOREHEAD_BACK = 0.1
"""How far the hair line lies behind the mesh's upper edge, in the width of the mesh."""
LEAST_BENT_DEG, MOST_BENT_DEG = 15, 50
"""Pitch of the heads that are bent up or down."""
LABELLED_POINTS = 75
"""Targets of a sample of `train.data.formats.teacher_labels`: the 70 points, then people's five."""
_CHUNK = 500
"""Faces a call of the worker."""


@dataclass(frozen=True, slots=True)
class UprightFace:
    """A face upright in its crop."""

    sample: FaceSample
    image: np.ndarray
    """`(256, 256, 3)` uint8 BGR."""
    five: np.ndarray
    """`(5, 2)` px of the crop."""
    matrix: np.ndarray
    """`(2, 3)`: from the image to the crop."""


def turn_heads(
    samples: Sequence[FaceSample], mediapipe: Path, out: Path, most: int | None = None, seed: int = 0
) -> dict[str, int]:
    """Cuts out the heads of the faces that are not held out: turned to 48 to 102 degrees, and bent by 15 to 50.

    A head is turned twice if more of its side is seen, and bent if not.

    Args:
        samples: labelled faces; of those that have 70 points the heads have them as well, and which of them are hidden.
        mediapipe: environment that has MediaPipe (`train.external.mediapipe_env`), whose face mesh gives the depth.
        out: receives `heads.jsonl` and a folder `heads` of images with an alpha channel (`head_dataset`).
        most: heads after which no more are made; None for all.
        seed: of chance.

    Returns:
        `faces` that are not held out and `heads` made.

    Raises:
        DataError: `out` holds heads already, MediaPipe fails, or no head can be made.
    """
    listed = out / HEADS
    if listed.exists():
        raise DataError(f"{out} holds heads already: name another folder with --out, or remove it")
    rng = np.random.default_rng(seed)
    chosen = [sample for sample, held in zip(samples, _held_out(samples), strict=True) if not held]
    python = mediapipe_python(mediapipe)
    (out / "heads").mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for image, record in islice(_heads(chosen, python, rng), most):
        name = f"{len(lines):06d}.webp"
        if not cv2.imwrite(str(out / "heads" / name), image, [cv2.IMWRITE_WEBP_QUALITY, 88]):
            raise DataError(f"cannot write {out / 'heads' / name}: is there room on the disk?")
        lines.append(json.dumps({"file": name, **record}) + "\n")
    if not lines:
        raise DataError(f"no head could be turned: MediaPipe saw none of the {len(chosen)} faces where its label is")
    listed.write_text("".join(lines), "utf-8")  # last: a folder without its list is no folder of heads
    return {"faces": len(chosen), "heads": len(lines)}


def _held_out(samples: Sequence[FaceSample]) -> np.ndarray:
    """`(n,)` bool: what any training with these samples holds out."""
    packs = np.array([sample.pack for sample in samples])
    held = np.zeros(len(samples), bool)
    for pack in np.unique(packs):
        rows = np.flatnonzero(packs == pack).tolist()
        held[rows] = held_out_mask([samples[row].group for row in rows], HELD_OUT_SHARE.get(pack, 0.04))
    return held


def wanted_yaw(yaw: float, rng: np.random.Generator) -> float:
    """How far to turn a head of a yaw in rad, further to the side that it looks to; rad."""
    side = float(np.sign(yaw)) if abs(yaw) > AHEAD else float(rng.choice([-1, 1]))
    least = max(LEAST_DEG, abs(np.degrees(yaw)) + LEAST_MORE_DEG)
    return side * float(np.radians(rng.uniform(least, MOST_DEG)))


def face_box(mesh: np.ndarray, width: float, yaw: float) -> np.ndarray:
    """The box `(4,)` xywh px that people draw around a profile, from its mesh `(468, 3)` px.

    Args:
        mesh: of the turned head.
        width: of the mesh seen from the front, px.
        yaw: rad; its sign says where the front is.
    """
    (left, top), (right, bottom) = mesh[:, :2].min(0), mesh[:, :2].max(0)
    back, front = BOX_BACK * width, BOX_FRONT * width
    left, right = (left + back, right + front) if yaw > 0 else (left - front, right - back)
    top -= BOX_UP * width
    return np.array([left, top, right - left, bottom - top], np.float32)


def bent_box(mesh: np.ndarray, width: float, pitch: float) -> np.ndarray:
    """The box `(4,)` xywh px around a head that is bent: its forehead, which the mesh lacks, goes with the bend.

    Args:
        mesh: `(468, 3)` px of the bent head.
        width: of the mesh seen from the front, px.
        pitch: rad, down where positive.
    """
    (left, top), (right, bottom) = mesh[:, :2].min(0), mesh[:, :2].max(0)
    top -= max(0.0, BOX_UP * np.cos(pitch) + FOREHEAD_BACK * np.sin(pitch)) * width
    return np.array([left, top, right - left, bottom - top], np.float32)


def _heads(samples: Sequence[FaceSample], python: Path, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, dict]]:
    """The images and records of all faces' heads."""
    for start in range(0, len(samples), _CHUNK):
        cuts = [cut_upright(sample, rng) for sample in samples[start : start + _CHUNK]]
        for cut, mesh in zip(cuts, face_meshes(python, np.stack([cut.image for cut in cuts])), strict=True):
            yield from _turned(cut, mesh, rng)


def cut_upright(sample: FaceSample, rng: np.random.Generator) -> UprightFace:
    """The face with the line from its eyes to its mouth upright: that of the eyes is short in profiles."""
    five = sample.five()
    size = float(face_roi(five)[1])
    down = five[3:].mean(0) - five[:2].mean(0)
    scale = min(CROP_PX / (rng.uniform(*CROP_SCALE) * size), MOST_ENLARGED)
    middle = np.full(2, (CROP_PX - 1) / 2)
    matrix = similarity_about(five.mean(0), middle, scale, float(np.arctan2(down[0], down[1])))
    image = cv2.warpAffine(read_bgr(sample.image), matrix, (CROP_PX, CROP_PX), borderMode=cv2.BORDER_REPLICATE)
    return UprightFace(sample, np.asarray(image, np.uint8), apply_affine(matrix, five), matrix)


def _turned(cut: UprightFace, mesh: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, dict]]:
    """The images and records of a face's heads: none where the mesh is not its."""
    five = TOPOLOGY_49.five_points(mesh[MESH_OF_49, :2])
    distance = np.linalg.norm(five - cut.five, axis=-1).mean() / face_roi(cut.five)[1]
    yaw = head_yaw(mesh)
    if not distance < FARTHEST or abs(yaw) > MOST_TURNED:
        return
    width = head_width(mesh)
    for _ in range(2 if abs(yaw) > TURNED else 1):
        aim = wanted_yaw(yaw, rng)
        points = turned_points(mesh, aim)
        labels = _moved_labels(cut, mesh, points, partial(turned_points, mesh, aim))
        box = face_box(points, width, aim)
        yield turned_head(cut.image, mesh, aim), _record(cut, "yaw", aim, box, points) | labels
    if abs(yaw) <= TURNED:
        aim = float(np.radians(rng.uniform(LEAST_BENT_DEG, MOST_BENT_DEG) * rng.choice([-1, 1])))
        points = bent_points(mesh, aim)
        labels = _moved_labels(cut, mesh, points, partial(bent_points, mesh, aim))
        yield bent_head(cut.image, mesh, aim), _record(cut, "pitch", aim, bent_box(points, width, aim), points) | labels


def _record(cut: UprightFace, kind: str, angle: float, box: np.ndarray, mesh: np.ndarray) -> dict:
    """A line of the list: where the head is from, how far it was turned or bent, and where it is now."""
    return {
        "source": f"{cut.sample.pack}/{cut.sample.image.name}",
        kind: round(float(np.degrees(angle)), 1),
        "box": _tenths(box),
        "points": _tenths(mesh[MESH_OF_49, :2]),
    }


def _moved_labels(
    cut: UprightFace, mesh: np.ndarray, moved_mesh: np.ndarray, move: Callable[[np.ndarray], np.ndarray]
) -> dict:
    """The face's own 70 points on the moved head, what they weigh, and which are hidden; nothing if it has fewer."""
    targets = cut.sample.targets
    if len(targets) != LABELLED_POINTS:
        return {}
    triangles = mesh_triangles(mesh)
    moved = move(lifted(mesh, triangles, apply_affine(cut.matrix, targets[:70, :2])))
    hidden = hidden_by_mesh(moved_mesh, triangles, moved, head_width(mesh))
    return {
        "labels": _tenths(moved[:, :2]),
        "weights": np.round(targets[:70, 2].astype(np.float64), 3).tolist(),
        "hidden": np.flatnonzero(hidden).tolist(),
    }


def _tenths(values: np.ndarray) -> list:
    return np.round(values.astype(np.float64), 1).tolist()
