"""Heads turned and bent by known angles, and what the landmarker makes of them: the truth that a pose is learnt from.

A face's labelled points get the depth of its mesh; pixels and points are turned together (`train.synthesis`), so that
where each point went and how far the head was turned is known, whatever the pose before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from smile_edge import FacePipeline
from smile_edge.geometry.affine import apply_affine, similarity_about
from smile_edge.imaging.image_files import is_image_name
from smile_edge.topology import TOPOLOGY_49
from train.data.crop_cache import read_bgr
from train.data.formats.kind import kind_of
from train.data.kept import kept
from train.data.samples import FaceSample
from train.errors import DataError
from train.external.face_mesh import MESH_OF_49, face_meshes
from train.measures.pose.rotations import about_x, about_y, about_z
from train.measures.predictions import ShippedModels, nearest_face
from train.measures.table import Table
from train.synthesis.head_rotation import bent_head, bent_points, head_yaw, turned_head, turned_points
from train.synthesis.rotate_heads import CROP_PX, UprightFace, cut_upright

__all__ = ["TurnedHeads", "turn_and_predict"]

COPIES = 5
"""Heads made of a face."""
_TURNED_UP_TO, _BENT_FROM = 0.8, 0.55
"""Of a number drawn from 0 to 1: up to where a head is turned, and from where it is bent; between them it is both."""
_MOST_YAW = 1.2
"""Yaw in rad up to which a face is turned at all."""
_AHEAD = 0.14
"""Yaw in rad up to which a face looks ahead and is turned to either side."""
_LEAST_YAW_DEG, _MOST_YAW_DEG, _LEAST_MORE_DEG = 10, 92, 5
"""Yaw that is wanted, and by how much it must be more than what there is."""
_PITCH_DEG = (8, 40)
_ROLL = 0.25
"""Standard deviation of the roll, rad."""
_BLURRED, _BLURRED_PX = 0.3, (60, 200)
"""Share of the heads that are brought down to fewer pixels, and to how many."""
_MESH_ERROR = 0.12
"""Mean distance of the mesh from the labels, over their extent, from which it is not the face's."""
_CHUNK = 200
"""Faces a call of MediaPipe."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnedHeads(Table):
    """`n` heads, turned, then bent, then rolled, and found by the landmarker."""

    face: np.ndarray
    """`(n,)`: which sample each is of."""
    yaw: np.ndarray
    """`(n,)` rad by which it was turned to the image's right."""
    pitch: np.ndarray
    """`(n,)` rad by which it was bent down."""
    roll: np.ndarray
    """`(n,)` rad by which it was turned clockwise on the screen."""
    before: np.ndarray
    """`(n, 49, 3)` px of its crop, y down: the labels, and the mesh's depth towards the camera."""
    after: np.ndarray
    """`(n, 49, 2)` px: where they went."""
    points: np.ndarray
    """`(n, 49, 2)` px: where the landmarker sees them."""
    sigma: np.ndarray
    """`(n, 49)` px."""

    def rotation(self) -> np.ndarray:
        """The turn `(n, 3, 3)` that was added to the pose before, from the left."""
        return about_z(-self.roll) @ about_x(self.pitch) @ about_y(self.yaw)


def turn_and_predict(
    samples: Sequence[FaceSample],
    folders: Sequence[Path],
    python: Path,
    models: ShippedModels,
    cache: Path | None,
    seed: int = 0,
) -> TurnedHeads:
    """Turns each face `COPIES` times, before a face-free picture of the packs if there is one.

    Args:
        samples: faces with all 49 points.
        folders: data packs; those without labels are looked through for face-free pictures.
        python: of the environment that has MediaPipe.
        models: find the heads.
        cache: keeps the heads' points; None does not.
        seed: of chance.

    Raises:
        DataError: no head could be turned, or MediaPipe fails.
    """
    empty = [path for folder in folders if kind_of(folder) is None for path in sorted(folder.iterdir())]
    empty = [path for path in empty if is_image_name(path)]

    def build() -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        heads = list(_heads(samples, python, models.pipeline, empty, rng))
        if not heads:
            raise DataError(
                f"no head could be turned: MediaPipe saw none of the {len(samples)} faces where its label is"
            )
        columns = zip(*heads, strict=True)
        return {field.name: np.array(column) for field, column in zip(fields(TurnedHeads), columns, strict=True)}

    made_of = [models.identity, seed, COPIES, len(empty), [[one.image.name, one.five().tolist()] for one in samples]]
    return TurnedHeads(**kept(cache, "turned-heads", made_of, build))


def _heads(
    samples: Sequence[FaceSample], python: Path, pipeline: FacePipeline, empty: Sequence[Path], rng: np.random.Generator
) -> Iterator[tuple]:
    """The rows of `TurnedHeads`."""
    for first in range(0, len(samples), _CHUNK):
        cuts = [cut_upright(sample, rng) for sample in samples[first : first + _CHUNK]]
        meshes = face_meshes(python, np.stack([cut.image for cut in cuts])).astype(np.float64)
        for index, (cut, mesh) in enumerate(zip(cuts, meshes, strict=True), first):
            labels = apply_affine(cut.matrix, cut.sample.targets[: TOPOLOGY_49.count, :2])
            off = np.linalg.norm(mesh[MESH_OF_49, :2] - labels, axis=1).mean()
            if not off <= _MESH_ERROR * np.ptp(labels, axis=0).max():
                continue
            before = np.column_stack([labels, mesh[MESH_OF_49, 2]])
            made = [_turned(cut, mesh, before, _backdrop(empty, rng), rng) for _ in range(COPIES)]
            for (_, angles, after), result in zip(
                made, pipeline.process_batch([image for image, _, _ in made]), strict=True
            ):
                face = nearest_face(result.faces, TOPOLOGY_49.five_points(after))
                if face is not None and any(angles[:2]):
                    points, sigma = TOPOLOGY_49.pick(face.points), TOPOLOGY_49.pick(face.sigma[:, None])[:, 0]
                    yield (index, *angles, before, after, points, sigma)


def _turned(
    cut: UprightFace, mesh: np.ndarray, points: np.ndarray, backdrop: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[float, float, float], np.ndarray]:
    """An image of the head, the yaw, pitch and roll in rad that were added, and the points `(49, 2)` px in it."""
    image, kind, yaw, pitch = cut.image, rng.random(), 0.0, 0.0
    if kind < _TURNED_UP_TO and abs(head_yaw(mesh)) < _MOST_YAW:
        aim = _wanted_yaw(head_yaw(mesh), rng)
        yaw = aim - head_yaw(mesh)
        image = _before(turned_head(image, mesh, aim), backdrop)
        points, mesh = turned_points(mesh, aim, points), turned_points(mesh, aim)
    if kind > _BENT_FROM:
        pitch = float(np.radians(rng.uniform(*_PITCH_DEG)) * rng.choice([-1, 1]))
        image = _before(bent_head(image, mesh, pitch), backdrop)
        points = bent_points(mesh, pitch, points)
    roll = float(rng.normal(0, _ROLL))
    middle = np.full(2, (CROP_PX - 1) / 2)
    matrix = similarity_about(middle, middle, 1.0, roll)
    image = cv2.warpAffine(image, matrix, (CROP_PX, CROP_PX), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < _BLURRED:
        side = int(rng.uniform(*_BLURRED_PX))
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (CROP_PX, CROP_PX))
    return np.asarray(image, np.uint8), (yaw, pitch, roll), apply_affine(matrix, points[:, :2])


def _wanted_yaw(yaw: float, rng: np.random.Generator) -> float:
    """How far to turn a head of a yaw in rad, further to the side that it looks to; rad."""
    side = float(np.sign(yaw)) if abs(yaw) > _AHEAD else float(rng.choice([-1, 1]))
    least = max(_LEAST_YAW_DEG, float(abs(np.degrees(yaw))) + _LEAST_MORE_DEG)
    return side * float(np.radians(rng.uniform(least, max(least + _LEAST_MORE_DEG, _MOST_YAW_DEG))))


def _before(head: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """A cut-out head `(s, s, 4)` before a picture `(s, s, 3)`."""
    alpha = head[..., 3:].astype(np.float32) / 255
    return np.rint(backdrop + alpha * (head[..., :3].astype(np.float32) - backdrop)).astype(np.uint8)


def _backdrop(empty: Sequence[Path], rng: np.random.Generator) -> np.ndarray:
    """A face-free picture, or soft colours where there is none, `(256, 256, 3)` uint8."""
    picture = read_bgr(empty[int(rng.integers(len(empty)))]) if empty else rng.integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(picture, (CROP_PX, CROP_PX)), np.uint8)
