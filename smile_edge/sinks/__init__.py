"""Where results go: JSON lines, CSV, annotated video, annotated images and a window."""

from smile_edge.sinks.background import BackgroundSink
from smile_edge.sinks.base import Sink
from smile_edge.sinks.csv import COLUMNS, CsvSink
from smile_edge.sinks.folder import ImageFolderSink
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
