"""Where results go: JSON lines, CSV, annotated video and images, a window, the network, a virtual camera."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.sinks.background import BackgroundSink
    from smile_edge.sinks.base import Sink
    from smile_edge.sinks.crop_folder import CropFolderSink
    from smile_edge.sinks.csv import COLUMNS, CsvSink
    from smile_edge.sinks.image_folder import ImageFolderSink
    from smile_edge.sinks.jsonl import JsonlSink
    from smile_edge.sinks.network.openseeface import OpenSeeFaceSink
    from smile_edge.sinks.network.osc import OscSink
    from smile_edge.sinks.network.udp import UdpSink
    from smile_edge.sinks.network.virtual_camera import VirtualCameraSink
    from smile_edge.sinks.network.vmc import VmcSink
    from smile_edge.sinks.video import VideoSink
    from smile_edge.sinks.window import WindowSink

__all__ = [
    "COLUMNS",
    "BackgroundSink",
    "CropFolderSink",
    "CsvSink",
    "ImageFolderSink",
    "JsonlSink",
    "OpenSeeFaceSink",
    "OscSink",
    "Sink",
    "UdpSink",
    "VideoSink",
    "VirtualCameraSink",
    "VmcSink",
    "WindowSink",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BackgroundSink": "smile_edge.sinks.background",
        "COLUMNS": "smile_edge.sinks.csv",
        "CropFolderSink": "smile_edge.sinks.crop_folder",
        "CsvSink": "smile_edge.sinks.csv",
        "ImageFolderSink": "smile_edge.sinks.image_folder",
        "JsonlSink": "smile_edge.sinks.jsonl",
        "OpenSeeFaceSink": "smile_edge.sinks.network.openseeface",
        "OscSink": "smile_edge.sinks.network.osc",
        "Sink": "smile_edge.sinks.base",
        "UdpSink": "smile_edge.sinks.network.udp",
        "VideoSink": "smile_edge.sinks.video",
        "VirtualCameraSink": "smile_edge.sinks.network.virtual_camera",
        "VmcSink": "smile_edge.sinks.network.vmc",
        "WindowSink": "smile_edge.sinks.window",
    },
)
