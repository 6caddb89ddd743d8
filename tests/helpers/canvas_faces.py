"""Labelled faces on a training canvas."""

import numpy as np

from train.data.instances import Instances

__all__ = ["SIDE", "faces_at"]

SIDE = 96


def faces_at(*boxes: list[float]) -> Instances:
    count = len(boxes)
    none = np.full((count, 5, 2), np.nan, np.float32)
    return Instances(np.array(boxes, np.float32), none, np.zeros(count), np.zeros(count), np.zeros(count, bool))
