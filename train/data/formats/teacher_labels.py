"""Labels of 70 points and of the expression that teachers gave the faces of a pack: one `.npz` file a pack.

`python -m train label` writes them (`train.distillation.teacher_labels`).
`<folder>/<pack>.npz` holds arrays of `n` rows, a face each:

| array | what |
| --- | --- |
| `images (n,)` | path below the folder that holds the pack, such as `w300/images/a.webp` |
| `group (n,)` | identity or file, for the split |
| `five (n, 5, 2)` | where the face lies, px |
| `label (n, 70, 3)` | x, y px of the image counted from zero, weight 0..1: people's points where there are any |
| `human_five (n, 5, 3)` | people's five points in the convention of `label`, px, weight; zeros where there are none |
| `blend (n, 52)` | coefficients in MediaPipe's order, `_neutral` first: mean of the face and of its mirror image |
| `blend_plain (n, 52)` | the same of the face as it is |
| `blend_known (n,)` | whether they mean something |
| `occlusion (n,)` | as a WIDER label file flags it: 0 bare, 1 in part, 2 covered (`masks`: masked); -1 unknown |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smile_edge.measures.expression import FLIP_LEARNT, LEARNT
from train.data.samples import FaceSample
from train.errors import DataError

__all__ = ["EXPRESSION", "FLIP_EXPRESSION", "TeacherLabels", "read_teacher_labels"]

EXPRESSION = LEARNT
"""ARKit's coefficients that MediaPipe gives, in its order; all but `tongueOut`."""
FLIP_EXPRESSION = np.array(FLIP_LEARNT)
"""Which coefficient of the mirrored face each one is."""


@dataclass(frozen=True, slots=True, eq=False)
class TeacherLabels:
    """Labelled faces of one pack."""

    samples: list[FaceSample]
    """`targets (75, 3)`: the 70 points, then people's five points; px of the image, weight."""
    expression: np.ndarray
    """`(n, 51)` 0..1, in the order of `EXPRESSION`; NaN where it is unknown."""
    expression_plain: np.ndarray
    """`(n, 51)`: the same of the face as it is, not of its mirror image as well."""
    occlusion: np.ndarray
    """`(n,)` flag."""
    valid: np.ndarray
    """`(n,)` bool: some point has a label."""

    def usable(self) -> list[FaceSample]:
        """The samples of which some point has a label."""
        return [sample for sample, valid in zip(self.samples, self.valid, strict=True) if valid]


def read_teacher_labels(folder: Path, packs: Sequence[Path]) -> list[TeacherLabels]:
    """The labels of each pack that `folder` has a file for.

    Raises:
        DataError: it has none, or a file is not as the head of this module says.
    """
    files = [(pack, path) for pack in packs if (path := folder / f"{pack.name}.npz").is_file()]
    if not files:
        names = ", ".join(sorted(pack.name for pack in packs))
        raise DataError(f"--labels {folder} holds no <pack>.npz of a pack in --data ({names})")
    return [_read(path, pack) for pack, path in files]


def _read(path: Path, pack: Path) -> TeacherLabels:
    with np.load(path, allow_pickle=False) as file:
        try:
            targets = np.concatenate([file["label"], file["human_five"]], 1).astype(np.float32)  # (n, 75, 3)
            five, images, groups = file["five"].astype(np.float32), file["images"], file["group"]
            known, occlusion = file["blend_known"], file["occlusion"].astype(np.int64)
            blends = [np.where(known[:, None], file[name], np.nan)[:, 1:] for name in ("blend", "blend_plain")]
        except (KeyError, ValueError) as error:
            raise DataError(f"{path} is no file of teacher labels ({error})") from None
    if targets.shape[1:] != (75, 3) or blends[0].shape[1] != len(EXPRESSION):
        raise DataError(f"{path}: expected label (n, 70, 3), human_five (n, 5, 3) and blend (n, 52)")
    samples = [
        FaceSample(pack.parent / str(image), target, str(group), pack.name, frame)
        for image, target, group, frame in zip(images, targets, groups, five, strict=True)
    ]
    expression, plain = (blend.astype(np.float32) for blend in blends)
    return TeacherLabels(samples, expression, plain, occlusion, np.asarray((targets[:, :70, 2] > 0).any(1)))
