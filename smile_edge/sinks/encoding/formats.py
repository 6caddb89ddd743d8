"""Kinds of annotated videos by their ending: which encoder, which options, which sound."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CONTAINERS", "HYBRID_SINCE", "KEY_FRAME_S", "PRESET", "Container", "Encoder"]

KEY_FRAME_S = 0.5
"""Seconds between two key frames, and so the length of a fragment or cluster: most of what a killed process loses. Half
of the one second that may be lost; shorter ones cost size."""

PRESET = "veryfast"
"""Speed of libx264: the smallest files of the presets that take less than a quarter of a core at 720p and 30 frames/s
(6.9 ms a frame and 11 kB; superfast 5.6 ms and 16 kB, ultrafast 3.3 ms and 18 kB)."""

_CRF = "23"
"""Constant quality of libx264, its own default."""

_QP2LAMBDA = 118
"""FFmpeg's `global_quality` of quantizer 1 (FF_QP2LAMBDA)."""

HYBRID_SINCE = (62, 12)
"""libavformat of FFmpeg 8.1. Earlier ones know `hybrid_fragmented` too, but with sound they index the first fragment
only, and they spoil a file whose end does not fit on the disk."""

_WAIT_US = 100_000
"""Longest that the muxer holds pictures back to wait for sound, or the reverse, in microseconds; its own default is ten
seconds, all of which a killed process would lose."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A video encoder and how it is set up."""

    name: str
    """FFmpeg's."""
    codec: str
    """What it makes, as people call it."""
    options: Mapping[str, str] = field(default_factory=dict)
    pixel_format: str = "yuv420p"
    ticks_per_s: int | None = 90_000
    """Resolution of the times of frames; None where they lie on a grid of the nominal rate."""
    even: bool = True
    """Sides must be whole pairs of pixels."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file."""

    format: str
    """FFmpeg's name of it."""
    encoders: tuple[Encoder, ...]
    """The first that this build of FFmpeg has is taken."""
    sound: tuple[str, ...] = ()
    """Codecs of sound that can be copied into it."""
    options: tuple[Mapping[str, str], ...] = ({},)
    """Options of the muxer; the first set that this FFmpeg knows is taken."""
    sound_options: Mapping[str, str] = field(default_factory=dict)
    """With sound, each of these in `options` is replaced."""


_H264 = Encoder(
    "libx264",
    "H.264",
    {"preset": PRESET, "tune": "zerolatency", "crf": _CRF, "forced-idr": "1", "sc_threshold": "0"},
)
# MPEG-4 has 16 bits for the resolution of its times.
_MPEG4 = Encoder("mpeg4", "MPEG-4", {"flags": "+qscale", "global_quality": str(4 * _QP2LAMBDA)}, ticks_per_s=60_000)
_REAL_TIME = {"deadline": "realtime", "lag-in-frames": "0"}
# At 720p VP9 takes 12 ms a frame and 17 kB, VP8 9 ms and 22 kB.
_VP9 = Encoder("libvpx-vp9", "VP9", {**_REAL_TIME, "cpu-used": "8", "crf": "32", "b": "0"})
_VP8 = Encoder("libvpx", "VP8", {**_REAL_TIME, "cpu-used": "12", "crf": "20", "b": "10000000"})
_MJPEG = Encoder(
    "mjpeg",
    "motion JPEG",
    {"flags": "+qscale", "global_quality": str(3 * _QP2LAMBDA)},
    pixel_format="yuvj420p",
    ticks_per_s=None,
)
_GIF = Encoder("gif", "GIF", pixel_format="pal8", ticks_per_s=100, even=False)

_FLUSHED = {"flush_packets": "1", "max_interleave_delta": str(_WAIT_US)}
_CLUSTERS = ({**_FLUSHED, "cluster_time_limit": str(round(KEY_FRAME_S * 1000))},)
# Fragments are complete by themselves; `hybrid` makes an ordinary indexed file of them when it is closed.
_FRAGMENTS = tuple({**_FLUSHED, "movflags": f"frag_keyframe+empty_moov{more}"} for more in ("+hybrid_fragmented", ""))
# The head of the file describes some kinds of sound by their first packet, so it has to wait for that.
_LATE_HEAD = {"empty_moov": "delay_moov"}
_MP4_SOUND = ("aac", "mp3", "ac3", "eac3", "opus")
_MKV_SOUND = (*_MP4_SOUND, "vorbis", "flac")

CONTAINERS = {
    ".mp4": Container("mp4", (_H264, _MPEG4), _MP4_SOUND, _FRAGMENTS, _LATE_HEAD),
    ".m4v": Container("mp4", (_H264, _MPEG4), _MP4_SOUND, _FRAGMENTS, _LATE_HEAD),
    ".mov": Container("mov", (_H264, _MPEG4), ("aac", "mp3", "ac3", "eac3"), _FRAGMENTS, _LATE_HEAD),
    ".mkv": Container("matroska", (_H264, _MPEG4), _MKV_SOUND, _CLUSTERS),
    ".webm": Container("webm", (_VP9, _VP8), ("opus", "vorbis"), _CLUSTERS),
    ".avi": Container("avi", (_MJPEG,), ("mp3", "ac3"), (_FLUSHED,)),
    ".gif": Container("gif", (_GIF,), (), (_FLUSHED,)),
}
"""By the ending of the file in small letters."""
