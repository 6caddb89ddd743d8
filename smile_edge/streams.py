"""Moved: `StreamGroup` is in `smile_edge.pipeline`."""

from smile_edge.lazy import moved_names

__getattr__ = moved_names(
    __name__,
    {
        "StreamGroup": "smile_edge.pipeline.multi_stream",
    },
)
