"""The five points of a face where people mark them, read from all of its points.

People who mark five points mark other places than those who mark 68: the tip of the nose lower and further along the
turn of the head, the eyes nearer to the pupils. A linear readout in the face's own frame, learnt on MTFL's labels.
"""

import numpy as np

from smile_edge.measures.constants import constants
from smile_edge.topology import FIVE_FLIP, POINTS, TOPOLOGY_49, TOPOLOGY_70
from smile_edge.types import FloatArray

__all__ = ["labelled_five"]


def labelled_five(points: FloatArray, *, mirrored: bool = False) -> FloatArray:
    """The five points `(5, 2)` px, in the order of `topology.FIVE_POINTS`.

    Where one of the 70 points is not known, as with a model of fewer, they are the means that `TOPOLOGY_70` names.

    Args:
        points: `(70, 2)` px; left and right are the subject's.
        mirrored: they lie in a mirrored frame.
    """
    plain = TOPOLOGY_70.five_points(points)
    if len(points) != POINTS or not np.isfinite(points).all():
        return plain
    if mirrored:
        turned: FloatArray = labelled_five(points[list(TOPOLOGY_70.flip)])[list(FIVE_FLIP)]
        return turned
    x, y = plain[:, 0].astype(np.float64), plain[:, 1].astype(np.float64)
    centre = complex(x[0] + x[1] + x[3] + x[4], y[0] + y[1] + y[3] + y[4]) / 4
    down_x, down_y = (x[3] + x[4] - x[0] - x[1]) / 2, (y[3] + y[4] - y[0] - y[1]) / 2
    axis = complex(x[1] - x[0] + down_y, y[1] - y[0] - down_x) / 2  # along the eyes; its length is the unit
    if abs(axis) < 1e-6:
        return plain
    own = (TOPOLOGY_49.pick(points).astype(np.float64) @ [1, 1j] - centre) / axis
    read = np.stack([own.real, own.imag], -1).ravel() @ constants("five_weights") + constants("five_bias")
    found = (read.reshape(-1, 2) @ [1, 1j]) * axis + centre
    return np.stack([found.real, found.imag], -1).astype(np.float32)
