"""Which format a data pack has, told by the file that holds its labels.

A new format: a reader in a module beside this one, and a row here.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

__all__ = ["MARKERS", "PackKind", "kind_of", "of_kind"]


class PackKind(StrEnum):
    """What a pack labels, and how."""

    WIDER = "wider"
    """Boxes of every face (`wider.read_wider`)."""
    MTFL = "mtfl"
    """Five points of one face an image (`mtfl.read_mtfl`)."""
    MTFL_TEST = "mtfl-test"
    """The same, for checking only."""
    DENSE = "dense"
    """Many points of one face an image (`dense.read_dense`)."""
    POSE = "pose"
    """Head pose, and perhaps smile, of one face an image, for checking only (`pose_labels.read_pose_labels`)."""


MARKERS = {
    "wider_face_bbx_gt.txt": PackKind.WIDER,
    "training.txt": PackKind.MTFL,
    "testing.txt": PackKind.MTFL_TEST,
    "keypoints.csv": PackKind.DENSE,
    "labels.csv": PackKind.POSE,
}
"""Label file to kind; the first one that a folder holds decides."""


def kind_of(folder: Path) -> PackKind | None:
    """The kind of a pack; None for a folder without labels.

    Example:
        >>> kind_of(Path("data/masks"))
        <PackKind.WIDER: 'wider'>
    """
    return next((kind for name, kind in MARKERS.items() if (folder / name).is_file()), None)


def of_kind(folders: Sequence[Path], *kinds: PackKind) -> list[Path]:
    """The folders that hold packs of these kinds, in their order."""
    return [folder for folder in folders if kind_of(folder) in kinds]
