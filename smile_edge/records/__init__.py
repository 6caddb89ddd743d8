"""What flows through smile-edge: frames in, detections and faces inside, one result record out."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.records.face import Face
    from smile_edge.records.frame import Detection, Frame
    from smile_edge.records.frame_result import SCHEMA, FrameResult
    from smile_edge.records.reader import read_records
    from smile_edge.records.schema import record_schema

__all__ = [
    "SCHEMA",
    "Detection",
    "Face",
    "Frame",
    "FrameResult",
    "read_records",
    "record_schema",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Detection": "smile_edge.records.frame",
        "Face": "smile_edge.records.face",
        "Frame": "smile_edge.records.frame",
        "FrameResult": "smile_edge.records.frame_result",
        "SCHEMA": "smile_edge.records.frame_result",
        "read_records": "smile_edge.records.reader",
        "record_schema": "smile_edge.records.schema",
    },
)
