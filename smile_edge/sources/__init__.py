"""Where frames come from: cameras, streams, video files, images and the built-in demo."""

from smile_edge.listing import list_images
from smile_edge.sources.base import Source
from smile_edge.sources.camera import CameraSource
from smile_edge.sources.demo import DemoSource
from smile_edge.sources.folder import ImagesSource
from smile_edge.sources.images import read_image
from smile_edge.sources.latest import LatestFrames
from smile_edge.sources.rounds import Rounds
from smile_edge.sources.spec import open_source
from smile_edge.sources.stream import StreamSource
from smile_edge.sources.video import VideoFileSource

__all__ = [
    "CameraSource",
    "DemoSource",
    "ImagesSource",
    "LatestFrames",
    "Rounds",
    "Source",
    "StreamSource",
    "VideoFileSource",
    "list_images",
    "open_source",
    "read_image",
]
