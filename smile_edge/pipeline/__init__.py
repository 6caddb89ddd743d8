"""From images to faces: detector, landmarker, tracker and smoother in their order."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.pipeline.face_pipeline import FacePipeline
    from smile_edge.pipeline.models import Models
    from smile_edge.pipeline.multi_stream import StreamGroup
    from smile_edge.pipeline.scheduler import StageObserver

__all__ = [
    "FacePipeline",
    "Models",
    "StageObserver",
    "StreamGroup",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "FacePipeline": "smile_edge.pipeline.face_pipeline",
        "Models": "smile_edge.pipeline.models",
        "StageObserver": "smile_edge.pipeline.scheduler",
        "StreamGroup": "smile_edge.pipeline.multi_stream",
    },
)
