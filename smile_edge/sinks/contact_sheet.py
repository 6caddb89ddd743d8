"""One PNG with evenly spaced annotated frames of a run: a whole clip at a glance."""

import math
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np

from smile_edge.errors import SinkError
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces, draw_status
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink, reserved
from smile_edge.types import Image

__all__ = ["ContactSheet"]


_COUNT, _COLUMNS, _CELL_WIDTH_PX, _CELL_HEIGHT_PX = 12, 4, 400, 800


class ContactSheet(Sink):
    """A sink that keeps a few frames of a stream of unknown length and writes them as a grid when it closes."""

    def __init__(self, path: str | Path, *, draw: Collection[str] = DEFAULT_DRAWN) -> None:
        """Sees that the file can be written, so that it fails before any work.

        Raises:
            SinkError: the file cannot be written, or another run writes to it.
        """
        self._path, self.name, self.draw = Path(path), str(path), draw
        try:
            self._claim = reserved(self._path)
        except OSError as error:
            raise SinkError(
                f"cannot write the contact sheet {path}: {error.strerror}; name a file in a folder that exists"
            ) from error
        self._kept: list[Image] = []
        self._stride = 1
        self._seen = 0
        self._closed = False

    def close(self) -> None:
        """Writes the sheet; where no frame came, everything stays as it was.

        Raises:
            BrokenPipeError: it is a named pipe, and its reader is gone.
            SinkError: it cannot be written.
        """
        if self._closed:
            return
        self._closed = True
        if not self._kept:
            if self._claim is not None:
                self._claim.give_back()
            return
        encoded = cv2.imencode(".png", self.grid())[1].tobytes()
        try:
            self._path.write_bytes(encoded)
        except BrokenPipeError:
            self.closed = True
            raise
        except OSError as error:
            raise SinkError(
                f"cannot write the contact sheet {self._path}: {error.strerror}; free some space or name another file"
            ) from None
        finally:
            if self._claim is not None:
                self._claim.release()

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Keeps every `stride`-th frame; when twice too many are kept, every other goes and the stride doubles."""
        if self._seen % self._stride == 0:
            if len(self._kept) == 2 * _COUNT:
                self._kept = self._kept[::2]
                self._stride *= 2
            if self._seen % self._stride == 0:
                self._kept.append(_cell(frame, result, self.draw))
        self._seen += 1

    def grid(self) -> Image:
        """The sheet: up to 12 cells, four in a row."""
        count = min(_COUNT, len(self._kept))
        cells = [self._kept[index] for index in np.linspace(0, len(self._kept) - 1, count).round().astype(int)]
        columns = min(_COLUMNS, count)
        height = max(cell.shape[0] for cell in cells)
        sheet = np.zeros((math.ceil(count / columns) * height, columns * _CELL_WIDTH_PX, 3), np.uint8)
        for index, cell in enumerate(cells):
            top, left = index // columns * height, index % columns * _CELL_WIDTH_PX
            sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
        return sheet


def _cell(frame: Frame, result: FrameResult, draw: Collection[str]) -> Image:
    """The annotated frame as large as a cell lets it be, with its time."""
    image = draw_faces(frame.image, result.faces, draw)
    scale = min(_CELL_WIDTH_PX / image.shape[1], _CELL_HEIGHT_PX / image.shape[0])
    size = max(round(scale * image.shape[1]), 1), max(round(scale * image.shape[0]), 1)
    cell = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    label = f"{result.frame}" if result.time_s is None else f"{result.frame}  {result.time_s:.2f} s"
    return draw_status(cell, label)
