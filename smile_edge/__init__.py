"""Face landmarks (brows, eyes, nose, mouth) of every face in a frame, at any head orientation.

    from smile_edge import FacePipeline

    result = FacePipeline().process(image)  # a BGR array
    for face in result.faces:
        print(face.points, face.sigma)  # (49, 2) px, (49,) px

Names are loaded on first use, so that `import smile_edge` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smile_edge.errors import SmileEdgeError
    from smile_edge.pipeline import FacePipeline
    from smile_edge.records import Detection, Face, Frame, FrameResult
    from smile_edge.sources import open_source
    from smile_edge.topology import TOPOLOGY_49

__all__ = [
    "TOPOLOGY_49",
    "Detection",
    "Face",
    "FacePipeline",
    "Frame",
    "FrameResult",
    "SmileEdgeError",
    "__version__",
    "open_source",
]

__version__ = "0.1.0"

_HOMES = {
    "TOPOLOGY_49": "topology",
    "Detection": "records",
    "Face": "records",
    "FacePipeline": "pipeline",
    "Frame": "records",
    "FrameResult": "records",
    "SmileEdgeError": "errors",
    "open_source": "sources",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"smile_edge.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'smile_edge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
