"""Where results go: JSON lines, CSV, annotated video, annotated images and a window."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.sinks.background import BackgroundSink
    from smile_edge.sinks.base import Sink
    from smile_edge.sinks.csv import COLUMNS, CsvSink
    from smile_edge.sinks.image_folder import ImageFolderSink
    from smile_edge.sinks.jsonl import JsonlSink
    from smile_edge.sinks.video import VideoSink
    from smile_edge.sinks.window import WindowSink

__all__ = [
    "COLUMNS",
    "BackgroundSink",
    "CsvSink",
    "ImageFolderSink",
    "JsonlSink",
    "Sink",
    "VideoSink",
    "WindowSink",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BackgroundSink": "smile_edge.sinks.background",
        "COLUMNS": "smile_edge.sinks.csv",
        "CsvSink": "smile_edge.sinks.csv",
        "ImageFolderSink": "smile_edge.sinks.image_folder",
        "JsonlSink": "smile_edge.sinks.jsonl",
        "Sink": "smile_edge.sinks.base",
        "VideoSink": "smile_edge.sinks.video",
        "WindowSink": "smile_edge.sinks.window",
    },
)
