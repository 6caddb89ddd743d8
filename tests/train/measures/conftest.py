"""Made faces for the fits of measures: a plain 3-D face that blinks, opens its mouth and smiles, seen in any pose."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.measures.pose.rotations import about_x, about_y, about_z
from train.measures.pose.turned_heads import TurnedHeads
from train.measures.predictions import LabelledFaces
from train.synthesis.cartoon_faces import TEMPLATE

SHUT, MOUTH, SMILE = range(3)
_UPPER_LIDS, _LOWER_LIDS = [20, 21, 26, 27], [24, 23, 30, 29]
_UPPER_LIP, _LOWER_LIP = [43, 44, 45], [48, 47, 46]


@dataclass(frozen=True)
class MadeFaces:
    """`n` faces whose pose and expression are known."""

    points: np.ndarray
    """`(n, 49, 2)` px, y down."""
    rotation: np.ndarray
    codes: np.ndarray
    """`(n, 3)`: shut eyes and open mouth, 0 to 1, smile -1 to 1."""

    def labelled(self, pack: str = "w300", five_only: bool = False) -> LabelledFaces:
        """As if a landmarker had found them without an error; `five_only`: people marked five points."""
        count = len(self.points)
        names = np.array([f"{pack}/{index}.png" for index in range(count)])
        five, labels = TOPOLOGY_49.five_points(self.points), self.points
        if five_only:
            labels = np.full_like(self.points, np.nan)
            labels[:, [13, 31, 37]] = five[:, 2:]
        packs = np.full(count, pack)
        return LabelledFaces(self.points, np.full((count, 49), 0.5), labels, names, names, packs, five)


@pytest.fixture(scope="session")
def face() -> np.ndarray:
    """The face at rest `(49, 3)`: y up, its root mean square radius 1, eyes open and lips closed."""
    depth = 0.5 - 0.35 * TEMPLATE[:, 0] ** 2 - 0.15 * TEMPLATE[:, 1] ** 2
    depth[10:14] += [0.05, 0.12, 0.2, 0.28]  # the nose
    depth[14:19] += 0.1
    points = np.column_stack([TEMPLATE * [1, -1], depth]).astype(float)
    points[_UPPER_LIP, 1] = points[_LOWER_LIP, 1]
    points -= points.mean(0)
    return points / np.sqrt((points**2).sum(1).mean())


@pytest.fixture(scope="session")
def modes(face: np.ndarray) -> np.ndarray:
    """What shut eyes, an open mouth and a smile do to the face `(3, 49, 3)`."""
    found = np.zeros((3, TOPOLOGY_49.count, 3))
    found[SHUT, _UPPER_LIDS, 1] = face[_LOWER_LIDS, 1] - face[_UPPER_LIDS, 1]
    found[MOUTH, [*_LOWER_LIP, 39, 40, 41], 1] = -0.3
    found[SMILE, [31, 37]] = [[-0.15, 0.12, -0.05], [0.15, 0.12, -0.05]]
    return found


@pytest.fixture(scope="session")
def make_faces(face: np.ndarray, modes: np.ndarray) -> Callable[[int, int], MadeFaces]:
    """Makes so many faces of a seed, turned by up to 50 and 25 degrees, in images of 400 px."""

    def make(count: int, seed: int = 0) -> MadeFaces:
        rng = np.random.default_rng(seed)
        yaw, pitch, roll = rng.uniform(-1, 1, (3, count)) * np.radians([[50], [25], [20]])
        rotation = about_x(-pitch) @ about_y(yaw) @ about_z(-roll)
        codes = np.stack([rng.random(count), rng.random(count), rng.uniform(-1, 1, count)], 1)
        codes[:, :2] *= rng.random((count, 2)) < 0.5  # half of all eyes are open, half of all mouths shut
        codes[rng.random(count) < 0.2, SHUT] = 1
        shapes = face + np.einsum("nk,kij->nij", codes, modes)
        seen = np.einsum("nab,nib->nia", rotation, shapes)[..., :2] * [1, -1]
        size, centre = rng.uniform(30, 60, (count, 1, 1)), rng.uniform(150, 250, (count, 1, 2))
        return MadeFaces(size * seen + centre, rotation, codes)

    return make


@pytest.fixture(scope="session")
def make_heads(face: np.ndarray) -> Callable[[int, int], TurnedHeads]:
    """Makes turned heads of one face that looks ahead, found without an error."""

    def make(count: int, seed: int = 0) -> TurnedHeads:
        rng = np.random.default_rng(seed)
        yaw, pitch, roll = rng.uniform(-1, 1, (3, count))
        before = np.tile(40 * face * [1, -1, 1] + [128, 128, 0], (count, 1, 1))
        blank = np.zeros((count, 49, 2))
        heads = TurnedHeads(np.arange(count), yaw, pitch, roll, before, blank, blank, np.full((count, 49), 0.5))
        turned = np.einsum("nab,ib->nia", heads.rotation(), 40 * face)[..., :2] * [1, -1] + 128
        return TurnedHeads(heads.face, yaw, pitch, roll, before, turned, turned, heads.sigma)

    return make
