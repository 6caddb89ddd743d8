"""Videos that tests write: of any container, codec, pixel format and timing, whole or damaged."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from smile_edge.types import Image

__all__ = ["cut", "grey", "levels", "spoil", "write_cover_art", "write_video"]

TICKS = 90_000


def grey(index: int, width: int = 64, height: int = 48) -> Image:
    """Frame `index` is grey with level `16 * index + 16`, up to fourteen of them."""
    return np.full((height, width, 3), 16 * (index % 14) + 16, np.uint8)


def levels(images: Sequence[Image]) -> list[int]:
    """Which of the frames of `grey` these are."""
    return [round((float(image.mean()) - 16) / 16) for image in images]


def write_video(
    path: Path,
    frames: int = 12,
    fps: int = 25,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
    picture: Callable[[int, int, int], Image] = grey,
    times_s: Sequence[float] | None = None,
    start_s: float = 0.0,
    sound_s: float = 0.0,
    rotation: int | None = None,
    codec_options: dict[str, str] | None = None,
    **container_options: str,
) -> Path:
    """A video whose frame `i` is `picture(i, width, height)`, with times of its own where `times_s` says so."""
    with av.open(str(path), "w", options=container_options) as container:
        stream = container.add_stream(codec, rate=fps, options=codec_options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if times_s is not None:
            stream.codec_context.time_base = Fraction(1, TICKS)
        if rotation is not None:
            stream.set_display_rotation(rotation)
        sound = container.add_stream("mp2" if path.suffix == ".ts" else "aac", rate=48_000) if sound_s else None
        for index in range(frames):
            image = av.VideoFrame.from_ndarray(picture(index, *size), "bgr24")
            time_s = start_s + (index / fps if times_s is None else times_s[index])
            image.time_base = Fraction(1, TICKS)
            image.pts = round(time_s * TICKS)
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
        if sound is not None:
            for index in range(int(sound_s * 48_000) // 1024):
                silence = av.AudioFrame(format="s16", layout="stereo", samples=1024)
                for plane in silence.planes:
                    plane.update(bytes(plane.buffer_size))
                silence.sample_rate, silence.pts = 48_000, index * 1024
                silence.time_base = Fraction(1, 48_000)
                for packet in av.AudioResampler("fltp" if path.suffix != ".ts" else "s16", "stereo", 48_000).resample(
                    silence
                ):
                    container.mux(sound.encode(packet))
            container.mux(sound.encode(None))
    return path


def write_cover_art(path: Path) -> Path:
    """Sound with a picture attached to it."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=48_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(grey(3), "bgr24").reformat(format="yuvj420p")))
        container.mux(cover.encode(None))
        for index in range(20):
            silence = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            silence.sample_rate, silence.pts, silence.time_base = 48_000, index * 1024, Fraction(1, 48_000)
            container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    return path


def cut(path: Path, share: float = 0.6) -> Path:
    """The file without its end."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def spoil(path: Path, packets: Sequence[int]) -> Path:
    """The file with the contents of these packets of its video overwritten."""
    with av.open(str(path)) as container:
        found = [(one.pos or 0, bytes(one)) for one in container.demux(video=0) if one.size]
    data = bytearray(path.read_bytes())
    places = [(data.index(content, position), len(content)) for position, content in found]  # behind a block's header
    for number in packets:
        position, size = places[number]
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    return path
