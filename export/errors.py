"""Every way an export can fail, each with its own class.

SmileEdgeError
└── ExportError             base
    ├── WeightsError        the Keras file cannot be loaded, or is not a model of the task
    ├── GraphError          the converted graph holds operations that should have been cleaned away
    ├── SignatureError      names or shapes of the exported model are not those of the task
    └── ParityError         the exported model computes something else than the Keras model
"""

from smile_edge.errors import SmileEdgeError

__all__ = ["ExportError", "GraphError", "ParityError", "SignatureError", "WeightsError"]


class ExportError(SmileEdgeError):
    """Base of every failed export."""


class WeightsError(ExportError):
    """The Keras file cannot be loaded, or it is not a model of the task."""


class GraphError(ExportError):
    """The converted graph holds operations that should have been cleaned away."""


class SignatureError(ExportError):
    """Names or shapes of the exported model are not those of the task."""


class ParityError(ExportError):
    """The exported model computes something else than the Keras model."""
