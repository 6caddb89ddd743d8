"""Readers of the native formats of the data packs; one module a format."""

from train.datasets.dense import read_dense
from train.datasets.mtfl import read_mtfl
from train.datasets.points_csv import POINT_NAMES, read_points_csv
from train.datasets.samples import TARGETS, FaceSample, SceneSample, held_out, held_out_mask
from train.datasets.teacher import read_teacher
from train.datasets.wider import read_wider

__all__ = [
    "POINT_NAMES",
    "TARGETS",
    "FaceSample",
    "SceneSample",
    "held_out",
    "held_out_mask",
    "read_dense",
    "read_mtfl",
    "read_points_csv",
    "read_teacher",
    "read_wider",
]
