"""Aligned crops of faces in a folder."""

import contextlib
import os
from pathlib import Path, PurePath

import cv2

from smile_edge.errors import SinkError, UsageError
from smile_edge.imaging.aligned_crops import aligned_crop, check_crop
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.sinks.base import Sink, make_folder
from smile_edge.sinks.image_folder import pictured
from smile_edge.types import Image
from smile_edge.validation import check_paths

__all__ = ["CropFolderSink", "crop_name"]

_NAME_BYTES = 255
"""Of a file's name, on most file systems."""


class CropFolderSink(Sink):
    """One PNG a face, named by its record: see `crop_name`.

    Each file is written under another name and then renamed, so that none is ever there in part.

    Example:
        >>> with CropFolderSink("crops", size=224, template="ffhq") as sink:
        ...     sink.write(frame, pipeline.process(frame))
    """

    def __init__(
        self, directory: str | Path, size: int = 112, template: str = "arcface", *, overwrite: bool = True
    ) -> None:
        """Makes the folder.

        Args:
            directory: made where it does not exist.
            size, template: see `Face.crop`.
            overwrite: replace crops that are there, and remove those of faces that are no longer found.

        Raises:
            UsageError: there is no such crop.
            SinkError: the folder cannot be written.
        """
        check_paths(directory=directory)
        check_crop(size, template)
        self.directory, self.size, self.template, self.overwrite = Path(directory), size, template, overwrite
        self.name = str(directory)
        make_folder(self.directory)

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Writes the crops of a frame; one with an error has none, nor has a face without points.

        A picture that was too large to be kept is read once more.

        Raises:
            SinkError: a file cannot be written, or is there already and `overwrite` is not set.
        """
        if result.error is not None:
            return
        if result.faces:
            with pictured(frame) as whole:
                if whole is not None:
                    for face in result.faces:
                        self._write(whole.image, result, face)
        if self.overwrite:
            self._remove_from(result)

    def close(self) -> None:
        """Nothing is held open."""

    def _write(self, image: Image, result: FrameResult, face: Face) -> None:
        try:
            crop = aligned_crop(image, face, self.size, self.template)
        except UsageError:
            return
        target = self.directory / crop_name(result.source, result.frame, face.id)
        data = cv2.imencode(".png", crop)[1].tobytes()
        try:
            if not self.overwrite and target.exists():
                raise SinkError(f"{target} exists: name another folder, or replace it with --overwrite")
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(target, data, target.with_name(f".{result.frame}-{face.id}.new"))
        except OSError as error:
            raise SinkError(
                f"cannot write {target}: {error.strerror}; free some space or name another folder"
            ) from None

    def _remove_from(self, result: FrameResult) -> None:
        """The crops of an earlier run that found more faces here."""
        rank = len(result.faces)
        try:
            while (stale := self.directory / crop_name(result.source, result.frame, rank)).exists():
                stale.unlink()
                rank += 1
        except OSError as error:
            raise SinkError(f"cannot remove {stale}: {error.strerror}; name another folder") from None


def _replace(target: Path, data: bytes, new: Path) -> None:
    """Writes a file by way of another, of which nothing is left where the disk is full."""
    try:
        new.write_bytes(data)
        os.replace(new, target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def crop_name(source: str, frame: int, face: int) -> Path:
    """Where the crop of a face lies below the folder, by three values of its record: none is that of another face.

    The path of the image without its root, `..` as `__`, and to its name `-FRAME-ID.png`; a name that is too long loses
    its end.

    Args:
        source: of the record: the image's path; that of a file of records by `smile_edge.records.names.unescaped_name`.
        frame: of the record: the image's number.
        face: the face's `id`.

    Example:
        >>> crop_name("/data/photos/a.jpg", 12, 0)
        PosixPath('data/photos/a.jpg-12-0.png')
    """
    path = PurePath(source)
    *folders, name = ["__" if part == ".." else part for part in path.relative_to(path.anchor).parts] or ["frame"]
    ending = f"-{frame}-{face}.png"
    while len(os.fsencode(name)) + len(ending) > _NAME_BYTES:
        name = name[:-1]
    return Path(*folders, name + ending)
