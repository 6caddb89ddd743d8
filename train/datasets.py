"""Moved: the readers are in `train.data.formats`, the samples in `train.data.samples`."""

from smile_edge.lazy import moved_names

__getattr__ = moved_names(
    __name__,
    {
        "read_dense": "train.data.formats.dense",
        "read_mtfl": "train.data.formats.mtfl",
        "POINT_NAMES": "train.data.formats.points_csv",
        "read_points_csv": "train.data.formats.points_csv",
        "TARGETS": "train.data.samples",
        "FaceSample": "train.data.samples",
        "SceneSample": "train.data.samples",
        "held_out": "train.data.samples",
        "held_out_mask": "train.data.samples",
        "read_teacher": "train.data.formats.teacher",
        "read_wider": "train.data.formats.wider",
    },
)
