"""The output of a run that viewers watch: it stands beside files and windows, and takes no time of theirs."""

from dataclasses import replace

import numpy as np

from smile_edge.records import Frame, FrameResult
from smile_edge.server.hub import Hub
from smile_edge.sinks.base import Sink
from smile_edge.types import Image

__all__ = ["PageSink"]

_NO_PICTURE: Image = np.empty((0, 0, 3), np.uint8)


class PageSink(Sink):
    """Hands frames to a hub; `write` never waits."""

    name = "the page"

    def __init__(self, hub: Hub) -> None:
        """Args:
        hub: who watches.
        """
        self._hub = hub
        self.needs_image = hub.has_pictures

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Shows a frame to whoever watches."""
        self._hub.publish(frame if self.needs_image else replace(frame, image=_NO_PICTURE), result)

    def close(self) -> None:
        """Nothing is held open: the server is closed by whoever opened it."""
