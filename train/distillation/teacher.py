"""The teacher of 70 points: readouts of people's points from our landmarkers and MediaPipe, and how far these differ.

The points are the mean of two readouts: of the shipped landmarker with MediaPipe, and of the second one with MediaPipe
in a mirror. The irises are MediaPipe's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.own_frame import FLIP, OwnFrame, five_frame, in_frame
from train.data.samples import HELD_OUT_SHARE, held_out_mask
from train.distillation.pack_faces import PackFaces
from train.distillation.point_readout import FOLDS, Opinion, Opinions, PointReadout, fit_point_readout, join_opinions
from train.distillation.teacher_views import TeacherViews
from train.errors import DataError
from train.external.face_landmarker import IRISES, MESH_FIVE, MESH_FLIP_OF_IRISES

__all__ = ["Taught", "Teacher", "fit_teacher", "mirror_partners"]

_SHIPPED, _SECOND, _PLAIN, _MIRRORED = "shipped", "second", "plain", "mirrored"
_READOUTS = {
    "first": (_PLAIN, _SHIPPED),
    "second": (_MIRRORED, _SECOND),
    "landmarkers": (_SHIPPED, _SECOND),
    "plain": (_PLAIN,),
    "mirrored": (_MIRRORED,),
}
"""Which opinions each readout is made of: the first two are the teacher, the others are compared."""
_MESH_ONLY = [*TOPOLOGY_70.groups["jaw"], *TOPOLOGY_70.groups["right_iris"], *TOPOLOGY_70.groups["left_iris"]]
"""Points that only MediaPipe gives: the 49 lack them."""


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What the teacher says of `n` faces."""

    points: np.ndarray
    """`(n, 70, 2)` px."""
    frame: OwnFrame
    apart: np.ndarray
    """`(n, 70)` face sizes between our landmarkers and MediaPipe; of the irises as `mirror`."""
    mirror: np.ndarray
    """`(n, 70)` face sizes between MediaPipe plain and in a mirror."""

    def five(self) -> np.ndarray:
        """The five points `(n, 5, 2)` px."""
        return TOPOLOGY_70.five_points(self.points).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """Readouts fitted to people's points, and how far opinions usually differ."""

    readouts: Mapping[str, PointReadout]
    partners: np.ndarray
    """`(478,)`: the point of the mesh that each becomes in a mirror."""
    apart: np.ndarray
    """`(70,)` face sizes: median of `Taught.apart` on held-out faces."""
    mirror: np.ndarray
    """`(70,)` face sizes: median of `Taught.mirror` on held-out faces."""

    def __call__(self, views: TeacherViews) -> Taught:
        """Points of faces that MediaPipe found in both views."""
        read = {name: self.readouts[name](opinions) for name, opinions in _opinions(views, self.partners).items()}
        irises = np.stack([mesh[:, list(IRISES)] for mesh in _unmirrored(views, self.partners)])
        points = np.concatenate([(read["first"] + read["second"]) / 2, irises.mean(0)], 1)
        frame = five_frame(TOPOLOGY_70.five_points(points))
        of_mesh = (read["plain"] + read["mirrored"]) / 2
        between = [(read["landmarkers"], of_mesh), (read["plain"], read["mirrored"]), (irises[0], irises[1])]
        apart, mirror, of_irises = (np.linalg.norm(a - b, axis=-1) / frame.size[:, None] for a, b in between)
        return Taught(points, frame, np.concatenate([apart, of_irises], 1), np.concatenate([mirror, of_irises], 1))

    def disagreement(self, taught: Taught) -> np.ndarray:
        """`(n, 70)`: how far opinions differ, in medians.

        Our landmarkers from MediaPipe, and MediaPipe from itself in a mirror; for points that only MediaPipe gives,
        the latter alone.
        """
        apart, mirror = taught.apart / self.apart, taught.mirror / self.mirror
        both = np.sqrt((apart**2 + mirror**2) / 2)
        both[:, _MESH_ONLY] = mirror[:, _MESH_ONLY]
        return both


def fit_teacher(faces: PackFaces, views: TeacherViews) -> Teacher:
    """Fits the readouts to people's points without those held out, whose disagreement is the unit of all others.

    Raises:
        DataError: MediaPipe finds too few of the faces.
    """
    held = held_out_mask(faces.groups, HELD_OUT_SHARE.get(faces.folder.name, 0.04))
    found = views.found() & (faces.human[..., 2] > 0).all(1)
    fitted, other = np.flatnonzero(found & ~held), np.flatnonzero(found & held)
    groups = [faces.groups[row] for row in fitted]
    if len(set(groups)) < FOLDS or not len(other):
        raise DataError(
            f"{faces.folder}: MediaPipe finds {len(fitted)} faces to fit to and {len(other)} held-out ones of "
            f"{len(faces)}: pass the whole pack, and the file of its Face Landmarker as --task"
        )
    human = faces.human[fitted, :, :2].astype(np.float64)
    partners = mirror_partners(views.meshes[0, np.isfinite(views.meshes[0]).all((1, 2))])
    opinions = _opinions(views.rows(fitted), partners)
    readouts = {name: fit_point_readout(part, human, groups) for name, part in opinions.items()}
    unit = np.ones(TOPOLOGY_70.count)
    teacher = Teacher(readouts, partners, unit, unit)
    taught = teacher(views.rows(other))
    return replace(teacher, apart=np.median(taught.apart, 0), mirror=np.median(taught.mirror, 0))


def mirror_partners(meshes: np.ndarray) -> np.ndarray:
    """`(478,)`: the point that each becomes in a mirror.

    Args:
        meshes: `(n, 478, 3)` px; the nearest points of the mirrored mean in the faces' own frames are partners.
    """
    meshes = meshes.astype(np.float64)
    frame = five_frame(MESH_FIVE @ meshes[..., :2])
    depth = (meshes[..., 2] / frame.size[:, None]).mean(0)
    mean = np.column_stack([in_frame(frame, meshes[..., :2]).mean(0), depth])
    partners = np.linalg.norm(mean[:, None] * (-1, 1, 1) - mean, axis=-1).argmin(1)
    partners[IRISES[0] :] = MESH_FLIP_OF_IRISES
    return partners


def _opinions(views: TeacherViews, partners: np.ndarray) -> dict[str, Opinions]:
    """What each readout takes in."""
    meshes = _unmirrored(views, partners)
    each = {name: Opinion(points, TOPOLOGY_49.five_points(points), FLIP)
            for name, points in ((_SHIPPED, views.shipped), (_SECOND, views.second))}  # fmt: skip
    each |= {name: Opinion(mesh, MESH_FIVE @ mesh, partners)
             for name, mesh in zip((_PLAIN, _MIRRORED), meshes, strict=True)}  # fmt: skip
    return {name: join_opinions([each[part] for part in parts]) for name, parts in _READOUTS.items()}


def _unmirrored(views: TeacherViews, partners: np.ndarray) -> Sequence[np.ndarray]:
    """The meshes `(n, 478, 2)` px of both views with the names of the face itself."""
    plain, mirrored = views.meshes[..., :2].astype(np.float64)
    return plain, mirrored[:, partners]
