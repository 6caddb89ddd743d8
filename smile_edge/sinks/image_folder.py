"""Annotated copies of images in a folder."""

import glob
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.errors import ImageError, SinkError
from smile_edge.imaging.decode import read_still
from smile_edge.imaging.draw import DEFAULT_DRAWN, draw_faces
from smile_edge.imaging.image_files import is_image_file
from smile_edge.imaging.memory_turn import memory_turn
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink, make_folder
from smile_edge.validation import check_paths

__all__ = ["ImageFolderSink", "copies_of", "pictured"]

_QUALITY = 92
_MOST_PX = 65_500
"""Pixels a side that OpenCV writes a JPEG of (libjpeg's JPEG_MAX_DIMENSION)."""


class ImageFolderSink(Sink):
    """One annotated JPEG a frame.

    Pictures keep their name, and their sub-folder within the input it was found in; a name that was taken gets `-2`,
    `-3`, ... Frames of a stream are named `SOURCE_000012.jpg`.
    """

    def __init__(
        self,
        directory: str | Path,
        roots: Iterable[str | Path] = (),
        inputs: Iterable[str | Path] = (),
        *,
        draw: Collection[str] = DEFAULT_DRAWN,
        overwrite: bool = True,
    ) -> None:
        """Make the folder and check that it can be written.

        Args:
            directory: made where it does not exist.
            roots: the inputs as the user gave them (files, folders or patterns); names are relative to these.
            inputs: every picture that will be read.
            draw: what is drawn of a face, some of `imaging.draw.DRAWN`.
            overwrite: replace files that hold something.

        Raises:
            SinkError: the folder cannot be written, or holds inputs, which would be overwritten.
        """
        check_paths(directory=directory)
        self.directory, self.draw, self.overwrite = Path(directory), draw, overwrite
        whole = Path(os.path.realpath(self.directory))  # of links in a circle it is the making that says so
        self._inputs = {Path(path).resolve(): path for path in inputs}
        inside = next((path for place, path in self._inputs.items() if place.is_relative_to(whole)), None)
        if inside is not None:
            raise SinkError(f"{directory} holds {inside}, an input that would be overwritten; name another folder")
        self._names = _Names(roots)
        make_folder(self.directory)
        if any(root.resolve() == self.directory.resolve() for root in self._names.roots):
            raise SinkError(f"{directory} holds the input images, which would be overwritten; name another folder")

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Write the annotated copy; a frame with an error (no picture) is left out.

        A picture that was too large to be kept is read once more.

        Raises:
            SinkError: the file cannot be written, or would replace an input, or another without `overwrite`.
        """
        if result.error is not None:
            return
        with pictured(frame) as whole:
            if whole is not None:
                self._write(whole, result)

    def _write(self, frame: Frame, result: FrameResult) -> None:
        target = self.directory / self._names.next(frame.source, frame.index)
        if target.exists() and target.resolve() in {*self._inputs, Path(frame.source).resolve()}:
            raise SinkError(f"{target} is an input, which would be overwritten; name another folder")
        if not self.overwrite and target.exists() and target.stat().st_size:
            raise SinkError(f"{target} exists: name another folder, or replace it with --overwrite")
        encoded = _jpeg(draw_faces(frame.image, result.faces, self.draw))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encoded)
        except OSError as error:
            raise SinkError(
                f"cannot write {target}: {error.strerror}; free some space or name another folder"
            ) from None

    def close(self) -> None:
        """Nothing is held open."""


@contextmanager
def pictured(frame: Frame) -> Iterator[Frame | None]:
    """The frame with its picture, for as long as the context lasts; one that was too large to be kept is read anew.

    Yields:
        None where it cannot be read any more.
    """
    with memory_turn() as turn:
        whole: Frame | None = frame
        if not frame.image.size:
            try:
                whole = replace(frame, image=read_still(frame.source, claim=turn.claim).image)
            except (ImageError, MemoryError):
                whole = None  # it was there a moment ago
        yield whole


def copies_of(directory: Path, roots: Iterable[str | Path], inputs: Iterable[Path]) -> list[Path]:
    """The files that an `ImageFolderSink` writes of these pictures, all of which can be read."""
    names = _Names(roots)
    return [directory / names.next(path, index) for index, path in enumerate(inputs)]


class _Names:
    """Names below the folder, each given once."""

    def __init__(self, roots: Iterable[str | Path]) -> None:
        self.roots = [_folder_of(Path(root)) for root in roots]
        self._taken: set[str] = set()

    def next(self, source: str | Path, index: int) -> Path:
        """For the next frame."""
        return self._unique(self._relative(Path(source), index))

    def _relative(self, source: Path, index: int) -> Path:
        """The wished-for path below the folder."""
        if not is_image_file(source):
            stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in source.stem or "frame")
            return Path(f"{stem}_{index:06d}.jpg")
        for root in self.roots:
            below = source.relative_to(root) if source.is_relative_to(root) else Path("..")
            if ".." not in below.parts:  # `../a.jpg` passes for something below `.`
                return below.with_suffix(".jpg")
        return Path(source.name).with_suffix(".jpg")

    def _unique(self, path: Path) -> Path:
        unique, count = path, 1
        while str(unique).casefold() in self._taken:  # some file systems ignore case
            count += 1
            unique = path.with_name(f"{path.stem}-{count}.jpg")
        self._taken.add(str(unique).casefold())
        return unique


def _jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """The picture as a JPEG, smaller where it has more pixels a side than one may have."""
    scale = min(1.0, _MOST_PX / max(image.shape[:2]))
    if scale < 1:
        size = tuple(max(1, int(extent * scale)) for extent in image.shape[1::-1])
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _folder_of(root: Path) -> Path:
    """The folder that an input's names are relative to."""
    if root.is_dir():
        return root
    fixed = root
    while glob.has_magic(str(fixed)) and fixed != fixed.parent:
        fixed = fixed.parent
    return fixed if fixed != root else root.parent
