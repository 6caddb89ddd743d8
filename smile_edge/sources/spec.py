"""From what the user typed to a source."""

import glob
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from smile_edge.errors import SourceError, UsageError
from smile_edge.imaging.file_structure import HEAD_BYTES, FileStructure, canvas_px, check_pixels, file_structure
from smile_edge.imaging.image_files import is_image_file
from smile_edge.sources.animated_webp import AnimatedWebpSource
from smile_edge.sources.base import Source
from smile_edge.sources.camera import CameraSource
from smile_edge.sources.demo import DemoSource
from smile_edge.sources.image_files import ImagesSource
from smile_edge.sources.pipe import PipeSource, is_pipe
from smile_edge.sources.recovery.live_frames import check_reconnect_s
from smile_edge.sources.stream import SCHEMES, StreamSource
from smile_edge.sources.video import VideoFileSource
from smile_edge.validation import check_flags, is_real, shown

__all__ = ["open_source"]

_MOST_CAMERAS = 10**9
_EXPECTED = (
    "expected a camera number, /dev/videoN, an rtsp:// or http:// address, a file, folder or pattern, - or 'demo'"
)

_ANIMATION_BYTES = 20.5
"""Memory that FFmpeg takes at its peak for each pixel of a GIF or APNG (measured at 49 million pixels)."""


def open_source(
    spec: str | int | os.PathLike[str], *, mirror: bool = False, fps: float = 1.0, reconnect_s: float = 30.0
) -> Source:
    """The source that `spec` stands for, open and checked.

    Args:
        spec: `0`, `camera:0` or a path below `/dev`, with `?width=1280&height=720&fps=30&format=MJPG` to ask for a
            mode; an `rtsp://` or `http(s)://` address; a video file, an animation (GIF, APNG, WebP), a FIFO, or `-` for
            a video on standard input; an image, a folder of images or a glob pattern; or `demo`, with `?frames=150` to
            end it and `?live=1` to pace it as a camera.
        mirror: flip every picture left to right, as a mirror does.
        fps: pictures per second of a folder or pattern.
        reconnect_s: seconds within which a camera or network stream that is lost must be back; 0 gives it up at once.

    Raises:
        SourceError: it does not exist or cannot be opened.
        UsageError: an option behind `?` is unknown or no number, `fps` is no rate, or `reconnect_s` no such time.
    """
    spec = _text(spec)
    check_flags(mirror=mirror)
    if not (is_real(fps) and 0 < fps <= 1000):
        raise UsageError(f"fps must be above 0 and at most 1000. Received: {shown(fps)}")
    check_reconnect_s(reconnect_s)
    base, _, query = spec.partition("?")
    number = base.removeprefix("camera:")
    if base == "demo":
        options = _options(spec, query, ("frames", "live"))
        return DemoSource(options.get("frames"), paced=bool(options.get("live")), mirror=mirror)
    if number.isascii() and number.isdigit():
        return _open_camera(int(number), spec, query, mirror, reconnect_s)
    if base.startswith("camera:"):
        raise SourceError(f"no such camera: {spec!r}; expected a number as in camera:0")
    if is_pipe(spec):
        return PipeSource(spec, mirror=mirror)
    if base.startswith("/dev/"):
        return _open_camera(base, spec, query, mirror, reconnect_s)
    if "://" in spec:
        return _open_address(spec, mirror, reconnect_s)
    try:
        return _open_path(spec, mirror, fps)
    except OSError as error:
        raise SourceError(f"{spec}: cannot be read ({error.strerror}); {_EXPECTED}") from None


def _text(spec: Any) -> str:
    """What was typed; a path, and the number of a camera, stand for their text."""
    numbered = isinstance(spec, int) and not isinstance(spec, bool) and abs(spec) < _MOST_CAMERAS
    text = str(spec) if numbered or isinstance(spec, (str, os.PathLike)) else "\0"
    if "\0" in text:
        raise UsageError(f"no source: {shown(spec)}; {_EXPECTED}")
    return text


def _open_path(spec: str, mirror: bool, fps: float) -> Source:
    path = Path(spec)
    if path.is_file():
        return _open_file(path, mirror)
    if (spec and path.is_dir()) or glob.has_magic(spec):
        return ImagesSource(spec, mirror=mirror, fps=fps)
    raise SourceError(f"no such source: {spec!r} does not exist; {_EXPECTED}")


def _open_file(path: Path, mirror: bool) -> Source:
    with path.open("rb") as file:
        width, height = canvas_px(file.read(HEAD_BYTES)) or (0, 0)
    check_pixels(str(path), width, height)
    structure = file_structure(path) if width else FileStructure()
    if (structure.pictures or 1) > 1:
        if structure.kind == "webp":
            return AnimatedWebpSource(path, mirror=mirror)
        check_pixels(str(path), width, height, _ANIMATION_BYTES, "an animation")
        return VideoFileSource(path, mirror=mirror)
    return ImagesSource(str(path), mirror=mirror) if is_image_file(path) else VideoFileSource(path, mirror=mirror)


def _open_camera(device: int | str, spec: str, query: str, mirror: bool, reconnect_s: float) -> Source:
    formats = [value for key, value in parse_qsl(query, keep_blank_values=True) if key == "format"]
    for value in formats:
        if not (len(value) == 4 and value.isascii() and value.isalnum()):
            raise UsageError(f"format must be a code of four letters such as MJPG. Received: {value!r} in {spec!r}")
    numbers = "&".join(part for part in query.split("&") if not part.startswith("format="))
    mode = _options(spec, numbers, ("width", "height", "fps", "format"))
    width, height, fps = (mode.get(key) for key in ("width", "height", "fps"))
    kind = formats[-1].upper() if formats else None
    return CameraSource(
        device, width=width, height=height, fps=fps, format=kind, mirror=mirror, reconnect_s=reconnect_s
    )


def _open_address(url: str, mirror: bool, reconnect_s: float) -> Source:
    scheme = url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        raise SourceError(f"{scheme}:// addresses cannot be read; expected one of {', '.join(SCHEMES)}")
    return StreamSource(url, mirror=mirror, reconnect_s=reconnect_s)


def _options(spec: str, query: str, known: Collection[str]) -> dict[str, int]:
    options: dict[str, int] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            raise UsageError(f"unknown option {key!r} in {spec!r}; expected {' or '.join(known)}")
        smallest = 0 if key == "live" else 1
        if not (value.isascii() and value.isdigit() and int(value) >= smallest):
            raise UsageError(f"{key} must be a whole number of at least {smallest}. Received: {value!r} in {spec!r}")
        options[key] = int(value)
    return options
