"""JSON lines: one record a frame."""

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.text import TextSink

__all__ = ["JsonlSink"]


class JsonlSink(TextSink):
    """One line of JSON a frame, in the schema of `FrameResult.to_dict`, flushed line by line."""

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append the record of this frame; see `TextSink` for the errors."""
        self._write_text(result.to_json() + "\n")
