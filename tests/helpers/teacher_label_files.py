"""Teacher labels of generated packs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49
from train.data.formats.dense import read_dense
from train.data.formats.kind import PackKind, kind_of
from train.data.formats.mtfl import read_mtfl


def write_teacher_labels(folder: Path, packs: Sequence[Path]) -> Path:
    """A file for each of the packs that has points: those that are drawn, and an expression by chance."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for pack in packs:
        if kind_of(pack) not in (PackKind.DENSE, PackKind.MTFL):
            continue
        dense = kind_of(pack) is PackKind.DENSE
        samples = read_dense(pack) if dense else read_mtfl(pack)
        label, five = np.zeros((len(samples), 70, 3)), np.stack([sample.five() for sample in samples])
        if dense:
            label[:, list(TOPOLOGY_49.indices)] = [sample.targets[:49] for sample in samples]
        else:
            matrix = TOPOLOGY_49.readout_matrix(FIVE_POINTS)
            label[:, list(TOPOLOGY_49.indices), :2] = np.linalg.pinv(matrix) @ five
            label[:, list(TOPOLOGY_49.indices), 2] = 0.5
        human = np.concatenate([five, np.full((len(five), 5, 1), 0.0 if dense else 1.0)], -1)
        blend = rng.uniform(0, 1, (len(samples), 52))
        np.savez(
            folder / f"{pack.name}.npz",
            images=[sample.image.relative_to(pack.parent).as_posix() for sample in samples],
            group=[sample.group for sample in samples],
            five=five,
            label=label,
            human_five=human,
            blend=blend,
            blend_plain=blend,
            blend_known=np.arange(len(samples)) % 4 > 0,
            occlusion=np.full(len(samples), -1),
        )
    return folder
