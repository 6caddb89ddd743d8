"""Made faces of 70 points, what people and teachers say of them, and a Python that stands in for MediaPipe's.

Faces are a template and its mirror-symmetric modes, which move every point but eyes and mouth corners: so what each
predictor gives is a linear map of every other.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from fake_world import face_points

from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.own_frame import FLIP
from train.distillation.pack_faces import PackFaces
from train.distillation.teacher_views import FLIP_BLEND, TeacherViews
from train.external.face_landmarker import IRISES, MESH_FLIP_OF_IRISES, MESH_POINTS
from train.external.face_mesh import MESH_OF_49
from train.synthesis.cartoon_faces import cartoon_scene

__all__ = ["PARTNERS", "MadeFaces", "made_faces", "mediapipe_environment", "people_pack", "with_jaw"]

_INNER = list(TOPOLOGY_49.indices)
_MIRROR = np.array([-1.0, 1.0])
_EYES_AND_CORNERS = [*range(19, 31), 31, 37]
"""Of the 49 points, those that give the face's frame."""
_NOSE = 1
"""Its tip in the mesh."""


@dataclass(frozen=True)
class MadeFaces:
    """`n` faces and what is said of them."""

    faces: PackFaces
    views: TeacherViews
    truth: np.ndarray
    """`(n, 70, 2)` px."""
    size: np.ndarray
    """`(n,)` px."""


def with_jaw(inner: np.ndarray) -> np.ndarray:
    """`(70, 2)` of the 49 points, with a jaw, inner mouth corners and irises where they would be about."""
    points = np.zeros((70, 2))
    points[_INNER] = inner
    eyes = [inner[list(TOPOLOGY_49.groups[eye])].mean(0) for eye in ("right_eye", "left_eye")]
    points[[60, 64]], points[68:] = inner[[31, 37]], eyes
    across, middle = (eyes[1] - eyes[0]) * 1.1, np.mean(eyes, 0)
    down = np.array([-across[1], across[0]]) * 1.2
    angles = np.linspace(np.pi, 0, 17)
    points[:17] = middle + np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * down
    return points


def _partners() -> np.ndarray:
    partners = np.full(MESH_POINTS, -1)
    partners[MESH_OF_49] = np.array(MESH_OF_49)[FLIP]
    partners[IRISES[0] :] = MESH_FLIP_OF_IRISES
    partners[_NOSE] = _NOSE
    free = np.flatnonzero(partners < 0)
    free = free[: len(free) // 2 * 2].reshape(-1, 2)
    partners[free] = free[:, ::-1]
    return np.where(partners < 0, np.arange(MESH_POINTS), partners)


PARTNERS = _partners()
"""The point of the made mesh that each becomes in a mirror."""


def _mesh() -> np.ndarray:
    """`(478, 3)`: symmetric, of size 1 about its middle."""
    rng = np.random.default_rng(1)
    side = np.sign(PARTNERS - np.arange(MESH_POINTS))
    mesh = np.stack([side * rng.uniform(0.1, 1, MESH_POINTS), *rng.uniform(-1, 1, (2, MESH_POINTS))], 1) * (1, 1, 4)
    mesh[MESH_OF_49, :2] = face_points(0, 0, 1)
    mesh[_NOSE, :2] = 0, 0.1
    mesh[list(IRISES), :2] = [[-0.5, -0.5], [0.5, -0.5]]
    return (mesh + mesh[PARTNERS] * (-1, 1, 1)) / 2


def _symmetric(modes: np.ndarray, flip: np.ndarray, still: list[int]) -> np.ndarray:
    modes[:, still] = 0
    return np.concatenate([modes, (modes * _MIRROR)[:, flip]])


def made_faces(count: int, pack: str = "w300", seed: int = 0, noise: float = 0.004) -> MadeFaces:
    """Faces in images of 400 px that are not written; predictors err by `noise` face sizes."""
    shape = np.random.default_rng(2)
    mesh, flip_70 = _mesh(), np.array(TOPOLOGY_70.flip)
    still = [*(_INNER[point] for point in _EYES_AND_CORNERS), 30, 68, 69]
    of_points = _symmetric(shape.normal(0, 0.03, (3, 70, 2)), flip_70, still)
    still = [*(MESH_OF_49[point] for point in _EYES_AND_CORNERS), _NOSE, *range(IRISES[0], MESH_POINTS)]
    of_mesh = _symmetric(shape.normal(0, 0.03, (3, MESH_POINTS, 2)), PARTNERS, still)
    rng = np.random.default_rng(seed)
    codes = rng.normal(0, 1, ((count + 1) // 2, 6))
    codes = np.concatenate([codes, -codes])[:count]  # their mean is the template
    angle, size = rng.uniform(-0.5, 0.5, count), rng.uniform(30, 60, count)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * size  # (2, 2, n)
    centre = rng.uniform(150, 250, (count, 1, 2))

    def placed(points: np.ndarray, error: float) -> np.ndarray:
        return np.einsum("ijn,nkj->nki", turn, points + rng.normal(0, error, points.shape)) + centre

    own = with_jaw(face_points(0, 0, 1)) + np.einsum("nm,mkd->nkd", codes, of_points)
    truth = placed(own, 0)
    landmarkers = [placed(own[:, _INNER], noise).astype(np.float32) for _ in range(2)]
    seen = [placed(mesh[:, :2] + np.einsum("nm,mkd->nkd", codes, of_mesh), noise) for _ in range(2)]
    meshes = np.stack([np.dstack([view, mesh[:, 2] * size[:, None]]) for view in seen])
    meshes[1] = meshes[1][:, PARTNERS]
    plain = rng.uniform(0, 1, (count, 52))
    blends = np.stack([plain, plain[:, FLIP_BLEND]])
    people = pack == "w300"
    human = np.concatenate([truth[:, :68], np.ones((count, 68, 1))], -1) * people
    five = TOPOLOGY_70.five_points(truth)
    human_five = np.concatenate([five, np.ones((count, 5, 1))], -1) * (pack == "mtfl")
    images = [Path("data", pack, f"{number}.png") for number in range(count)]
    faces = PackFaces(Path("data", pack), images, five, [image.stem for image in images], human.astype(np.float32),
                      human_five.astype(np.float32), np.full(count, -1, np.int8))  # fmt: skip
    return MadeFaces(faces, TeacherViews(*landmarkers, meshes.astype(np.float32), blends), truth, size)


def people_pack(folder: Path, count: int) -> Path:
    """A pack `w300` of drawn faces with 68 points."""
    rng = np.random.default_rng(0)
    (folder / "w300" / "images").mkdir(parents=True)
    lines = [",".join(["file", *(f"{axis}{point}" for point in range(68) for axis in "xy")])]
    for index in range(count):
        image, points = cartoon_scene(rng)
        cv2.imwrite(str(folder / "w300" / "images" / f"{index}.png"), image)
        lines.append(",".join([f"images/{index}.png", *(f"{v:.2f}" for v in with_jaw(points)[:68].ravel())]))
    (folder / "w300" / "keypoints.csv").write_text("\n".join(lines) + "\n")
    return folder / "w300"


def mediapipe_environment(folder: Path) -> Path:
    """An environment whose Python puts a mesh onto the five points of each face, each point a little off."""
    (folder / "bin").mkdir(parents=True)
    np.save(folder / "mesh.npy", _mesh())
    python, program = folder / "bin" / "python", folder / "program.py"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
    python.chmod(0o755)
    program.write_text(
        "import sys, numpy\n"
        "_, worker, task, given, made = sys.argv\n"
        f"faces, mesh = numpy.load(given), numpy.load({str(folder / 'mesh.npy')!r})\n"
        "rng = numpy.random.default_rng(int(abs(faces['five']).sum()))\n"
        "with_one = numpy.column_stack([mesh[:, :2], numpy.ones(len(mesh))])\n"
        "meshes = []\n"
        "for five in faces['five']:\n"
        "    affine = numpy.linalg.lstsq(faces['five_of_mesh'] @ with_one, five, rcond=None)[0]\n"
        "    size = numpy.linalg.norm(five[0] - five[1])\n"
        "    points = with_one @ affine + rng.normal(0, 0.01 * size, (len(mesh), 2))\n"
        "    meshes.append(numpy.column_stack([points, mesh[:, 2] * size]))\n"
        "blend = rng.uniform(0, 1, (len(meshes), 52))\n"
        "numpy.savez(made, mesh=numpy.array(meshes), blend=blend)\n"
    )
    return folder
