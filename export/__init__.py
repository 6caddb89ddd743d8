"""Keras to ONNX: convert, clean, compare, describe. Run as `python -m export`."""

from export.errors import ExportError, GraphError, ParityError, SignatureError, WeightsError

__all__ = ["ExportError", "GraphError", "ParityError", "SignatureError", "WeightsError"]
