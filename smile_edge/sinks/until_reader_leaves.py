"""An output whose reader may leave, or was never there: it ends by itself, and the others go on."""

from smile_edge.errors import SinkError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink

__all__ = ["NeverOpened", "UntilReaderLeaves"]


class UntilReaderLeaves(Sink):
    """Writes to another sink until the reader of its pipe is gone (`| head -1`), and nothing from then on.

    Attributes:
        closed: the reader is gone.

    Example:
        >>> with UntilReaderLeaves(JsonlSink("-")) as sink:
        ...     for frame in source:
        ...         sink.write(frame, pipeline.process(frame))
    """

    def __init__(self, sink: Sink) -> None:
        """Args:
        sink: from now on this one's to write to and to close.
        """
        self._sink, self.name, self.needs_image = sink, sink.name, sink.needs_image

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append this frame; see the other sink for the errors."""
        if self.closed:
            return
        try:
            self._sink.write(frame, result)
        except BrokenPipeError:
            self.closed = True

    def finish(self) -> None:
        """Complete the other sink."""
        if not self.closed:
            self._sink.finish()

    def close(self) -> None:
        """Close the other sink."""
        try:
            self._sink.close()
        except BrokenPipeError:
            self.closed = True


class NeverOpened(Sink):
    """Stands for an output that could not be opened, so that the others are written first; then it says why."""

    needs_image, closed = False, True

    def __init__(self, name: str, error: SinkError) -> None:
        """Args:
        name: the output's.
        error: why, raised when this is closed.
        """
        self.name = name
        self._error: SinkError | None = error

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Nothing can be written."""

    def close(self) -> None:
        """Say why, once.

        Raises:
            SinkError: always, but for a second call.
        """
        error, self._error = self._error, None
        if error is not None:
            raise error
