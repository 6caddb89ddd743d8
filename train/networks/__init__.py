"""The networks, one a file; their modules register their layers with Keras."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from train.networks.blocks import SpatialExpectation, Upsample2x
    from train.networks.dense_landmarker import build_dense_landmarker
    from train.networks.detector import build_detector
    from train.networks.landmarker import build_landmarker

__all__ = ["SpatialExpectation", "Upsample2x", "build_dense_landmarker", "build_detector", "build_landmarker"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "SpatialExpectation": "train.networks.blocks",
        "Upsample2x": "train.networks.blocks",
        "build_dense_landmarker": "train.networks.dense_landmarker",
        "build_detector": "train.networks.detector",
        "build_landmarker": "train.networks.landmarker",
    },
)
