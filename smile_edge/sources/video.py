"""Video files, GIF and APNG: every frame, timed by the container."""

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.errors import SourceError
from smile_edge.imaging.file_structure import HEAD_BYTES, FileStructure, canvas_px, check_pixels, file_structure
from smile_edge.records import Frame
from smile_edge.sources.base import Source
from smile_edge.validation import check_paths

if TYPE_CHECKING:
    from smile_edge.sources.av_reader import AvReader

__all__ = ["VideoFileSource", "check_head", "damage_notes", "frames_of"]

log = logging.getLogger(__name__)

_PLAYLIST_SUFFIXES = (".m3u8", ".m3u", ".sdp", ".ffconcat", ".mpd")
_HLS_SUFFIXES = (".m3u8", ".m3u")
_LIST_OPTIONS = {"live_start_index": "0", "m3u8_hold_counters": "5"}
"""Of FFmpeg, for a list that names no end, as a recording has that was killed: all of it is read, and it has ended when
it was found unchanged so often. Else the first parts would be left out, and more be waited for without an end."""

_DEMUXERS = {"gif": "gif", "png": "apng"}
"""Named outright, since a `%` in an image's name would be read as the pattern of a sequence."""

_MOST_LIST_BYTES = 1 << 20
"""Of a list: days of parts."""

_TEXT_BYTES = bytes(range(0x20, 0x7F)) + b"\t\n\v\f\r\x1b"
"""What text is made of; dark pictures that are not compressed are ASCII as well, but not without other bytes."""


class VideoFileSource(Source):
    """Every frame of a video file, turned upright as the file says, deinterlaced where it is interlaced.

    Packets that cannot be decoded are passed over and counted in `notes`; of a file that was cut the readable part is
    given, and a warning logged.

        with VideoFileSource("clip.mp4") as video:
            print([frame.time_s for frame in video], video.notes())
    """

    def __init__(self, path: str | Path, *, mirror: bool = False) -> None:
        """Open the file and decode its first frame.

        Raises:
            SourceError: the file is missing, unreadable, empty, not a video, or has frames of too many pixels.
        """
        check_paths(path=path)
        path = Path(path)
        self._structure = _check_file(path)
        self._lacking = _lacking_parts(path) if path.suffix.lower() in _HLS_SUFFIXES else ()
        from smile_edge.sources.av_reader import AvReader

        try:
            self._reader = AvReader(
                str(path.absolute()),
                str(path),
                demuxer=_DEMUXERS.get(self._structure.kind),
                options=_list_options(path),
            )
        except SourceError as error:
            if self._structure.whole is not False:
                raise
            raise SourceError(f"{error}; the file is cut short, copy it again from its origin") from None
        self._reader.length = self._structure.pictures or self._reader.length
        super().__init__(str(path), fps=self._reader.fps, length=self._reader.length, mirror=mirror)

    def notes(self) -> tuple[str, ...]:
        """`3 damaged packets` and `1 of 8 parts missing`, where there were any."""
        return (*damage_notes(self._reader.damaged), *self._lacking)

    def _frames(self) -> Generator[Frame]:
        # A damaged block makes FFmpeg leave out the rest of a Matroska cluster without a word: its duration tells.
        whole = None if self._structure.whole and self._structure.kind == "matroska" else self._structure.whole
        return frames_of(self._reader, self.name, whole=whole)

    def _release(self) -> None:
        self._reader.close()


def frames_of(
    reader: "AvReader", name: str, *, whole: bool | None = None, stopped: Callable[[], bool] = bool
) -> Generator[Frame]:
    """The frames of a file; at the end a warning is logged where it came too early.

    Args:
        reader: not read yet.
        name: of the source.
        whole: whether the file has all bytes that it should have; None where its duration must tell.
        stopped: whether it was us who ended it.

    Yields:
        Each frame, with its presentation time.
    """
    with closing(reader.frames()) as frames:
        for index, (image, time_s) in enumerate(frames):
            yield Frame(image, index, time_s, name)
    if stopped():
        return
    # What has all its bytes may name any duration or count: those are estimates of whoever wrote it.
    early = reader.short and (whole is None or reader.damaged > 0)
    # A server that ends an answer of no stated length by closing the connection has not cut it.
    failed = reader.failure is not None and not (reader.complete and reader.count >= (reader.length or 0))
    if whole is False or failed or early:
        of = f" of about {reader.length}" if reader.length and reader.length > reader.count else ""
        why = reader.failure or ("the file is cut short" if whole is False else "it is cut short or damaged")
        log.warning("%s ended early, %d%s frames; %s", name, reader.count, of, why)


def damage_notes(packets: int) -> tuple[str, ...]:
    """What a summary says of packets that could not be decoded."""
    return (f"{packets} damaged packet{'s' if packets > 1 else ''}",) if packets else ()


def _list_options(path: Path) -> dict[str, str]:
    return dict(_LIST_OPTIONS) if path.suffix.lower() in _HLS_SUFFIXES else {}


def _lacking_parts(path: Path) -> tuple[str, ...]:
    """A note of the files that a list names and that are not there: FFmpeg passes over them without a word."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_LIST_BYTES).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines()]
        named = lines if text.startswith("#EXTM3U") else []
        parts = [line for line in named if line and not line.startswith("#") and "://" not in line]
        lacking = sum(not (path.parent / part).exists() for part in parts)
    except (OSError, ValueError):
        return ()  # a name that no file can have
    return (f"{lacking} of {len(parts)} parts missing",) if lacking else ()


def check_head(name: str, head: bytes, *, playlist: bool = False) -> None:
    """Holds that what begins like this may be a video, of a size that can be decoded.

    Args:
        name: for the errors.
        head: the first 4096 bytes.
        playlist: text may name videos.

    Raises:
        SourceError: it is text, or a picture with too many pixels.
    """
    # FFmpeg would play a text file as terminal art.
    if not playlist and not head.translate(None, _TEXT_BYTES):
        raise SourceError(f"{name}: a text file, not a video; expected mp4, mkv, avi, webm, mov or alike")
    check_pixels(name, *(canvas_px(head[:HEAD_BYTES]) or (0, 0)))


def _check_file(path: Path) -> FileStructure:
    if not path.is_file():
        raise SourceError(f"{path}: no such file; expected a video file, check the path")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        if not head:
            raise SourceError(f"{path}: the file is empty (0 bytes); expected a video, copy it again from its origin")
        check_head(str(path), head, playlist=path.suffix.lower() in _PLAYLIST_SUFFIXES)
        structure = file_structure(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected a readable video file") from None
    if structure.kind == "iso" and not structure.indexed:
        raise SourceError(
            f"{path}: its index (the moov box) is missing, so that nothing can be decoded: the recording was not"
            " finished, or the copy was cut; copy it again from its origin"
        )
    return structure
