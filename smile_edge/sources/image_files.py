"""An image, a folder or a pattern as a source: each picture is a frame."""

import logging
from collections.abc import Generator

from smile_edge.errors import ImageError, SourceError
from smile_edge.imaging.decode import read_still
from smile_edge.imaging.image_files import find_images
from smile_edge.records import Frame
from smile_edge.sources.base import Source

__all__ = ["ImagesSource"]

log = logging.getLogger(__name__)


class ImagesSource(Source):
    """Pictures in natural order; one second apart unless told otherwise, so that smoothing does not mix unrelated ones.

    `Frame.source` is each picture's path. A broken picture among several is logged and left out (its index stays
    unused); where nothing can be read at all, that is an error. What a folder holds and is not read is logged.
    """

    def __init__(self, spec: str, *, mirror: bool = False, fps: float = 1.0) -> None:
        """List the pictures, and read a single one.

        Args:
            spec: an image, a folder or a pattern.
            mirror: flip every picture as a mirror does.
            fps: pictures per second.

        Raises:
            SourceError: there is none.
            ImageError: the only one cannot be read.
        """
        found = find_images([spec])
        self.paths = found.images
        self._step_s = 1 / fps
        super().__init__(spec, fps=fps, length=len(self.paths), mirror=mirror)
        if (note := found.note()) is not None:
            log.warning("%s: %s", spec, note)
        if len(self.paths) == 1:
            read_still(self.paths[0])  # fails now rather than after the models were loaded

    def _frames(self) -> Generator[Frame]:
        broken = 0
        for index, path in enumerate(self.paths):
            try:
                still = read_still(path)
            except ImageError as error:
                broken += 1
                log.warning("left out: %s", error)
                continue
            frame = Frame(still.image, index, index * self._step_s, str(path), warning=still.warning)
            del still  # the next one is decoded into memory that this one may have had
            yield frame
            del frame
        if broken == len(self.paths):
            raise SourceError(f"{self.name}: none of its {broken} images can be read; expected JPEG, PNG, WebP, ...")
