"""Face landmarks (brows, eyes, nose, mouth) of every face in a frame, at any head orientation.

    from smile_edge import FacePipeline

    result = FacePipeline().process(image)  # a BGR array
    for face in result.faces:
        print(face.points, face.pose, face.smile)  # (70, 2) px, degrees, 0..1

Names are loaded on first use, so that `import smile_edge` costs nothing.
"""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.errors import SmileEdgeError
    from smile_edge.pipeline import FacePipeline
    from smile_edge.records import Detection, Face, Frame, FrameResult
    from smile_edge.sources import open_source
    from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

__all__ = [
    "TOPOLOGY_49",
    "TOPOLOGY_70",
    "Detection",
    "Face",
    "FacePipeline",
    "Frame",
    "FrameResult",
    "SmileEdgeError",
    "__version__",
    "open_source",
]

__version__ = "0.2.0"

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "TOPOLOGY_49": "smile_edge.topology",
        "TOPOLOGY_70": "smile_edge.topology",
        "Detection": "smile_edge.records",
        "Face": "smile_edge.records",
        "FacePipeline": "smile_edge.pipeline.face_pipeline",
        "Frame": "smile_edge.records",
        "FrameResult": "smile_edge.records",
        "SmileEdgeError": "smile_edge.errors",
        "open_source": "smile_edge.sources.spec",
    },
)
