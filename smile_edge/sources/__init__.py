"""Where frames come from: cameras, streams, video files, images and the built-in demo."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.imaging.decode import read_image
    from smile_edge.imaging.image_files import list_images
    from smile_edge.sources.animated_webp import AnimatedWebpSource
    from smile_edge.sources.base import Source
    from smile_edge.sources.camera import CameraSource
    from smile_edge.sources.demo import DemoSource
    from smile_edge.sources.image_files import ImagesSource
    from smile_edge.sources.latest import LatestFrames
    from smile_edge.sources.mux import SourceMux
    from smile_edge.sources.mux import SourceMux as Rounds
    from smile_edge.sources.pipe import PipeSource
    from smile_edge.sources.spec import open_source
    from smile_edge.sources.stream import StreamSource
    from smile_edge.sources.video import VideoFileSource

__all__ = [
    "AnimatedWebpSource",
    "CameraSource",
    "DemoSource",
    "ImagesSource",
    "LatestFrames",
    "PipeSource",
    "Rounds",
    "Source",
    "SourceMux",
    "StreamSource",
    "VideoFileSource",
    "list_images",
    "open_source",
    "read_image",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AnimatedWebpSource": "smile_edge.sources.animated_webp",
        "CameraSource": "smile_edge.sources.camera",
        "DemoSource": "smile_edge.sources.demo",
        "ImagesSource": "smile_edge.sources.image_files",
        "LatestFrames": "smile_edge.sources.latest",
        "PipeSource": "smile_edge.sources.pipe",
        "SourceMux": "smile_edge.sources.mux",
        "Rounds": "smile_edge.sources.mux:SourceMux",
        "Source": "smile_edge.sources.base",
        "StreamSource": "smile_edge.sources.stream",
        "VideoFileSource": "smile_edge.sources.video",
        "list_images": "smile_edge.imaging.image_files",
        "open_source": "smile_edge.sources.spec",
        "read_image": "smile_edge.imaging.decode",
    },
)
