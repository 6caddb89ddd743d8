"""Keras to ONNX: convert, clean, compare, describe: `python -m export`."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from export.errors import ExportError, GraphError, ParityError, SignatureError, WeightsError

__all__ = ["ExportError", "GraphError", "ParityError", "SignatureError", "WeightsError"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ExportError": "export.errors",
        "GraphError": "export.errors",
        "ParityError": "export.errors",
        "SignatureError": "export.errors",
        "WeightsError": "export.errors",
    },
)
