"""Key points in the format of COCO, for labelling tools and trainers."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.sinks.coco.file import write_coco
    from smile_edge.sinks.coco.sink import CocoSink

__all__ = ["CocoSink", "write_coco"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CocoSink": "smile_edge.sinks.coco.sink",
        "write_coco": "smile_edge.sinks.coco.file",
    },
)
