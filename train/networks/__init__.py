"""The networks, one a file; importing this package registers their custom layers with Keras."""

from train.networks.blocks import SpatialExpectation, Upsample2x
from train.networks.detector import build_detector
from train.networks.landmarker import build_landmarker

__all__ = ["SpatialExpectation", "Upsample2x", "build_detector", "build_landmarker"]
