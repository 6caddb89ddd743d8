"""What the readers return, and how samples are split into training and validation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

__all__ = [
    "FIRST_PIXEL",
    "FLIP",
    "HELD_OUT_SHARE",
    "HUMAN_PACKS",
    "READOUT",
    "ROUGH_PACKS",
    "TARGETS",
    "FaceSample",
    "SceneSample",
    "held_out",
    "held_out_mask",
    "held_out_share",
    "readout_of",
]

TARGETS = 51
"""Labels a face can have: the 49 points, then the centres of the subject's right and left eye."""

READOUT = np.concatenate([np.eye(49, dtype=np.float32), TOPOLOGY_49.readout_matrix(("right_eye", "left_eye"))])
"""`(51, 49)`: every label as a linear readout of the 49 points."""

_OF_INNER = {
    topology.count: np.eye(topology.count, dtype=np.float32)[np.searchsorted(topology.indices, TOPOLOGY_49.indices)]
    for topology in (TOPOLOGY_49, TOPOLOGY_70)
}
"""By the number of a network's points: `(49, k)`, the 49 points among them."""


def readout_of(points: int) -> np.ndarray:
    """`(51, points)`: every label as a linear readout of a network's points, 49 or 70."""
    return READOUT @ _OF_INNER[points]


FLIP = np.array([*TOPOLOGY_49.flip, 50, 49])
"""Where each label goes in a mirrored image."""

FIRST_PIXEL = {"mtfl": (1.0, 1.0), "ytf68": (1.0, 1.0)}
"""What a pack's labels call the centre of the first pixel, x and y, by the pack's name; 0 where none is named.

Both packs count from one, as Matlab does: whatever a face's size, their labels lie one pixel to the right of where a
network puts the points that was trained on mirrored images and so cannot err sideways (`train/EXPERIMENTS.md`)."""

ROUGH_PACKS = frozenset({"ytf68"})
"""Packs whose labels err more than a network: no measure of its sigma. On YouTube Faces, labelled by machine in part,
the error is 4.8 % of the face size, of faces trained on as of those held out; elsewhere it is 2.5 %."""

HUMAN_PACKS = frozenset({"w300"})
"""Packs whose many points a face people placed, by the pack's name; those of other packs look machine-made."""

HELD_OUT_SHARE = {"w300": 0.2, "masks": 0.3}
"""Share of a pack that is held out, where it is not `held_out_mask`'s."""


MOST_HELD_OUT, HELD_OUT_FACES = 0.2, 40
"""Of the faces that a user labelled."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSample:
    """One labelled face in one image."""

    image: Path
    targets: np.ndarray
    """`(51, 3)`: x px, y px, weight; a weight of 0 marks a label that is missing."""
    group: str
    """Identity where it is known, else the file: samples of a group stay on one side of the split."""
    pack: str
    frame: np.ndarray | None = None
    """`(5, 2)` px: where the face lies, for labels that do not say it themselves."""
    whole: np.ndarray | None = None
    """`(68, 2)` px: all points of 300-W, NaN where one is not labelled; None where the pack has fewer."""

    def five(self) -> np.ndarray:
        """The five detector points, `(5, 2)` px: the frame, else from whichever labels are there."""
        if self.frame is not None:
            return self.frame
        points = self.targets[:, :2]
        centres = points[49:51] if self.targets[49, 2] > 0 else READOUT[49:51] @ points[:49]
        return np.concatenate([centres, points[[13, 31, 37]]]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SceneSample:
    """One image with every face that is labelled in it."""

    image: Path
    boxes: np.ndarray
    """`(n, 4)` left, top, width, height px."""
    group: str
    pack: str
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 5, 2), np.float32))
    """`(n, 5, 2)` px; NaN where unknown."""
    ignore: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    """`(n,)`: faces that are neither rewarded nor punished (too small, blurred away, another machine's opinion)."""
    occlusion: np.ndarray | None = None
    """`(n,)`: 0 bare, 1 in part, 2 covered, as the pack flags it; None where it does not."""


def held_out(group: str, share: float = 0.04) -> bool:
    """Whether a group belongs to the validation split: a hash of its name decides, the same on every machine."""
    return _place(group) < share


def held_out_share(count: int) -> float:
    """The share of a user's own faces kept for validation: enough to see which epoch is best, a fifth at most."""
    return max(0.04, min(MOST_HELD_OUT, HELD_OUT_FACES / count))


def held_out_mask(groups: Sequence[str], share: float = 0.04) -> np.ndarray:
    """`(n,)` bool: the samples kept for validation; in a small set without one, the group that hashes lowest."""
    mask = np.array([held_out(group, share) for group in groups], bool)
    if len(groups) and not mask.any():
        lowest = min(groups, key=_place)
        mask = np.array([group == lowest for group in groups])
    return mask


def _place(group: str) -> float:
    """A number in 0..1 that belongs to the name."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
