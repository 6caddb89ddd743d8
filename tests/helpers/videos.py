"""Videos that are made for a test, and what can be read of one."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import VideoSink

__all__ = ["SOUND_HZ", "decoded", "grey", "kept_times", "sound_packets", "write_grey", "write_with_sound"]

SOUND_HZ = 48_000


def grey(index: int, time_s: float, *, width: int = 64, height: int = 48) -> tuple[Frame, FrameResult]:
    """A grey frame, a little lighter than the one before, and its empty result."""
    image = np.full((height, width, 3), index * 4 % 256, np.uint8)
    return Frame(image, index, time_s, "test"), FrameResult("test", index, time_s, width, height)


def write_grey(path: Path, times_s: Iterable[float], fps: float = 30.0, *, sound_from: Path | None = None) -> Path:
    """A video of grey frames at these times."""
    with VideoSink(path, fps, sound_from=sound_from) as sink:
        for index, time_s in enumerate(times_s):
            sink.write(*grey(index, time_s))
    return path


def decoded(path: Path) -> list[av.VideoFrame]:
    """The frames that a decoder gives before its first error."""
    frames: list[av.VideoFrame] = []
    try:
        with av.open(str(path)) as container:
            frames.extend(container.decode(video=0))
    except (av.FFmpegError, IndexError):
        pass
    return frames


def kept_times(path: Path) -> list[float]:
    """When the frames are shown, seconds."""
    return [float(frame.time) for frame in decoded(path)]


def write_with_sound(
    path: Path,
    codec: str,
    *,
    form: str | None = None,
    frames: int = 30,
    start_s: float = 0.0,
    sound_s: float = 2.0,
    video_codec: str = "mpeg4",
) -> Path:
    """Grey frames, 30 a second, with a tone."""
    with av.open(str(path), "w", format=form) as output:
        video = output.add_stream(video_codec, rate=30)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream(codec, rate=SOUND_HZ)
        sound.codec_context.layout = "stereo"
        for index in range(frames):
            picture = av.VideoFrame.from_ndarray(grey(index, 0.0)[0].image, format="bgr24")
            picture.pts, picture.time_base = index + round(start_s * 30), Fraction(1, 30)
            output.mux(video.encode(picture))
        for block in _tone(sound, start_s, sound_s):
            output.mux(sound.encode(block))
        for stream in (video, sound):
            output.mux(stream.encode(None))
    return path


def _tone(stream: av.AudioStream, start_s: float, seconds: float) -> Iterable[av.AudioFrame]:
    wave = (np.sin(2 * np.pi * 440 * np.arange(int(seconds * SOUND_HZ)) / SOUND_HZ) * 8000).astype(np.int16)
    whole = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
    whole.sample_rate = SOUND_HZ
    queue, done = av.AudioFifo(), round(start_s * SOUND_HZ)
    resampler = av.AudioResampler(stream.codec_context.format.name, "stereo", SOUND_HZ)
    for part in resampler.resample(whole):
        part.pts = None
        queue.write(part)
    while (block := queue.read(stream.codec_context.frame_size or 1024)) is not None:
        block.pts, block.time_base = done, Fraction(1, SOUND_HZ)
        done += block.samples
        yield block


def sound_packets(path: Path) -> Sequence[tuple[float, bytes]]:
    """The sound of a file: when each packet begins, seconds, and its bytes."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        return [(float(packet.pts * packet.time_base), bytes(packet)) for packet in packets]
