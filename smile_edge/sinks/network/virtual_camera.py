"""The drawn picture as a camera that other programs can open."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from smile_edge.errors import SinkError, one_line
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces
from smile_edge.imaging.fit import fitted
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.sinks.network.extras import load_extra

if TYPE_CHECKING:
    from pyvirtualcam import Camera

__all__ = ["VirtualCameraSink"]

_CURE = "`smile-edge doctor` says what it lacks; where another program uses it, close that"


class VirtualCameraSink(Sink):
    """Every frame with its overlay, through pyvirtualcam: v4l2loopback on Linux, OBS on Windows and macOS.

    The first frame sets the size; later ones of another size are fitted in with black bars.

    Example:
        >>> with VirtualCameraSink() as sink:
        ...     for frame in camera:
        ...         sink.write(frame, pipeline.process(frame))
    """

    kind = "virtual camera"

    def __init__(self, device: str = "", fps: float = 30.0, *, draw: Collection[str] = DEFAULT_DRAWN) -> None:
        """See that pyvirtualcam is there; the camera opens with the first frame, which sets the size.

        Args:
            device: which camera, such as `/dev/video10`; empty takes the first that is free.
            fps: what the camera says of its rate.
            draw: what is drawn of a face, some of `imaging.draw.DRAWN`.

        Raises:
            SinkError: pyvirtualcam is not installed.
        """
        load_extra("pyvirtualcam", "pyvirtualcam", self.kind)
        self.name = f"{self.kind} {device}".rstrip()
        self._device, self._fps, self._draw = device, fps, draw
        self._camera: Camera | None = None
        self._size = (0, 0)

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Show this frame; one with an error (no picture) is left out.

        Raises:
            SinkError: there is no virtual camera, another program writes to it, or it is gone.
        """
        if result.error is not None or not frame.image.size:
            return
        image = draw_faces(frame.image, result.faces, self._draw)
        try:
            if self._camera is None:
                self._camera = self._open(image.shape[1], image.shape[0])
            self._camera.send(fitted(image, self._size))
        except (OSError, RuntimeError, ValueError) as error:  # pyvirtualcam's, which share no class of their own
            raise SinkError(f"cannot show the {self.name}: {one_line(error).rstrip('.')}; {_CURE}") from None

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _open(self, width: int, height: int) -> "Camera":
        """The camera; its colours are those of pairs of pixels, so an odd line more is black."""
        from pyvirtualcam import Camera, PixelFormat

        self._size = (width + width % 2, height + height % 2)
        device = {"device": self._device} if self._device else {}
        return Camera(*self._size, self._fps, fmt=PixelFormat.BGR, **device)
