"""What teachers say of the faces of a pack: two landmarkers of ours, and MediaPipe plain and in a mirror.

MediaPipe's Face Landmarker is not mirror-symmetric, and its mirrored crop is moved a little as well. So its two views
err apart: their mean errs less than each, and how far they differ tells how far they err.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smile_edge.geometry.affine import apply_affine, crop_matrix, similarity_about
from smile_edge.geometry.face_roi import face_roi
from smile_edge.landmarks.landmarker import FaceLandmarker
from smile_edge.topology import FIVE_FLIP
from train.data.crop_cache import read_bgr
from train.data.formats.teacher_labels import FLIP_EXPRESSION
from train.data.kept import kept
from train.distillation.pack_faces import PackFaces
from train.distillation.pseudo_labels import inner_points
from train.external.face_landmarker import CROP_PX, landmarked_faces

__all__ = ["FLIP_BLEND", "TeacherViews", "Teachers", "mediapipe_crops", "view_faces"]

CROP_SCALES = (5.0, 3.6, 7.0)
"""Sides of the crops that MediaPipe is given, in face sizes, in the order that they are tried."""
SHIFT, SCALE, TURN = 0.05, 0.04, np.radians(4)
"""Standard deviations by which its mirrored crops are moved, in face sizes, in the log of the size, in rad."""
LOOKS = 3
"""Moved crops of the second landmarker, each seen plain and in a mirror."""
LOOK_SHIFT, LOOK_SCALE, LOOK_TURN = 0.04, 0.05, np.radians(5)
"""Standard deviations by which they are moved, as above."""
FLIP_BLEND = np.array([0, *(1 + FLIP_EXPRESSION)])
"""Which of the 52 coefficients of the mirrored face each one is."""
_BATCH = 16
_LOOK_SEED, _CROP_SEED = 5, 7


@dataclass(frozen=True, slots=True)
class Teachers:
    """What views faces."""

    shipped: FaceLandmarker
    second: FaceLandmarker
    """The second opinion: an older landmarker, or the shipped one once more."""
    python: Path
    """Of the environment that has MediaPipe."""
    task: Path
    """MediaPipe's file `face_landmarker.task`."""


@dataclass(frozen=True, slots=True, eq=False)
class TeacherViews:
    """What teachers say of `n` faces, px of their images."""

    shipped: np.ndarray
    """`(n, 49, 2)`: the shipped landmarker, two passes and a mirror."""
    second: np.ndarray
    """`(n, 49, 2)`: the second one, mean over moved crops and their mirrors."""
    meshes: np.ndarray
    """`(2, n, 478, 3)`: MediaPipe, plain and as the mirrored face; NaN where it does not find the face."""
    blends: np.ndarray
    """`(2, n, 52)`: its coefficients, plain and as the mirrored face."""

    def found(self) -> np.ndarray:
        """`(n,)` bool: both views of MediaPipe find the face."""
        return np.asarray(np.isfinite(self.meshes).all((0, 2, 3)))

    def rows(self, chosen: np.ndarray) -> "TeacherViews":
        """Some of the faces."""
        return TeacherViews(self.shipped[chosen], self.second[chosen], self.meshes[:, chosen], self.blends[:, chosen])


def view_faces(faces: PackFaces, teachers: Teachers, cache: Path | None = None) -> TeacherViews:
    """What all teachers say of the faces of a pack.

    Args:
        faces: of the pack.
        teachers: see them.
        cache: keeps what each says of the pack; None keeps nothing.

    Raises:
        DataError: an image cannot be read, or MediaPipe fails.
    """
    names = [image.relative_to(faces.folder).as_posix() for image in faces.images]
    places = [names, faces.five.tolist()]

    def keep(what: str, made_of: object, build: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return kept(cache, f"{what}-{faces.folder.name}", [made_of, places], build)

    def mediapipe(*, mirror: bool) -> dict[str, np.ndarray]:
        five = faces.five[:, list(FIVE_FLIP)] if mirror else faces.five
        crops = mediapipe_crops(faces.five, mirror)
        return landmarked_faces(teachers.python, teachers.task, faces.images, crops, five)

    one, two = teachers.shipped, teachers.second
    shipped = keep("shipped", one.manifest.sha256, lambda: {"points": _two_passes(one, faces)})
    second = keep("second", [two.manifest.sha256, LOOKS], lambda: {"points": _moved_looks(two, faces)})
    task = [hashlib.sha256(teachers.task.read_bytes()).hexdigest(), CROP_PX, CROP_SCALES]
    seen = [
        keep("mediapipe", task, lambda: mediapipe(mirror=False)),
        keep("mediapipe-mirror", task, lambda: mediapipe(mirror=True)),
    ]
    meshes, blends = (np.stack([view[name] for view in seen]) for name in ("mesh", "blend"))
    return TeacherViews(shipped["points"], second["points"], meshes, blends)


def mediapipe_crops(five: np.ndarray, mirror: bool) -> np.ndarray:
    """`(n, 3, 2, 3)`: image px to px of upright crops around faces `(n, 5, 2)` px; mirrored ones are moved a little."""
    centre, size, angle = (np.asarray(part, np.float64) for part in face_roi(five))
    if mirror:
        rng = np.random.default_rng(_CROP_SEED)
        centre = centre + rng.normal(0, SHIFT, centre.shape) * size[:, None]
        size, angle = size * np.exp(rng.normal(0, SCALE, size.shape)), angle + rng.normal(0, TURN, angle.shape)
    matrices = np.stack([crop_matrix(centre, scale * size, angle, CROP_PX) for scale in CROP_SCALES], 1)
    if mirror:
        matrices[:, :, 0] *= -1
        matrices[:, :, 0, 2] += CROP_PX - 1
    return matrices


def _two_passes(landmarker: FaceLandmarker, faces: PackFaces) -> np.ndarray:
    """`(n, 49, 2)` px."""
    seen = [landmarker.landmarks(items, passes=2, flip_test=True).points for items in _batches(faces)]
    return inner_points(np.concatenate(seen))


def _moved_looks(landmarker: FaceLandmarker, faces: PackFaces) -> np.ndarray:
    """`(n, 49, 2)` px."""
    rng, points = np.random.default_rng(_LOOK_SEED), []
    for items in _batches(faces):
        first = landmarker.topology.five_points(landmarker.landmarks(items).points)
        looks = []
        for _ in range(LOOKS):
            moved = [(image, _moved(five, rng)) for (image, _), five in zip(items, first, strict=True)]
            looks.append(landmarker.landmarks(moved, flip_test=True).points)
        points.append(np.mean(looks, 0))
    return inner_points(np.concatenate(points))


def _moved(five: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    centre, size = five.mean(0), float(face_roi(five)[1])
    shift, scale, turn = (
        rng.normal(0, LOOK_SHIFT * size, 2),
        np.exp(rng.normal(0, LOOK_SCALE)),
        rng.normal(0, LOOK_TURN),
    )
    return apply_affine(similarity_about(centre, centre + shift, scale, turn), five)


def _batches(faces: PackFaces) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
    """Images with the five points of a face in each; one of several faces is read once."""
    items: list[tuple[np.ndarray, np.ndarray]] = []
    opened, image = None, np.zeros((0, 0, 3), np.uint8)
    for path, five in zip(faces.images, faces.five, strict=True):
        if path != opened:
            opened, image = path, read_bgr(path)
        items.append((image, five))
        if len(items) == _BATCH:
            yield items
            items = []
    if items:
        yield items
