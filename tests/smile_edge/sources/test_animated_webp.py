"""Animated WebP."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_videos import cut, grey, levels

from smile_edge.errors import SourceError
from smile_edge.sources import AnimatedWebpSource, ImagesSource, open_source
from smile_edge.types import Image


def write_webp(path: Path, frames: int = 12, times_ms: int = 40) -> Path:
    images: list[Image] = []
    for index in range(frames):
        alpha = np.full((48, 64), 255, np.uint8)
        alpha[:, :8] = 0
        images.append(np.dstack([grey(index), alpha]))
    animation = cv2.Animation()
    animation.frames = images
    animation.durations = np.full(frames, times_ms, np.int32)
    assert cv2.imwriteanimation(str(path), animation)
    return path


@pytest.mark.parametrize("name", ["a.webp", "100%d 顔.webp", "clip.mp4"])
def test_every_frame_comes_at_its_time_before_black(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sources.animated_webp._CHUNK_FRAMES", 5)
    path = write_webp(tmp_path / "made.webp").rename(tmp_path / name)
    with open_source(str(path)) as source:
        frames = list(source)
    assert isinstance(source, AnimatedWebpSource)
    assert (source.live, source.length, source.fps) == (False, 12, 25.0)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(12)])
    assert levels([frame.image[:, 8:] for frame in frames]) == list(range(12))
    assert max(int(frame.image[:, :8].max()) for frame in frames) == 0


def test_a_cut_animation_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it is cut short"):
        open_source(str(cut(write_webp(tmp_path / "a.webp"))))


def test_a_webp_that_stands_still_is_an_image(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.webp"), grey(3))
    with open_source(str(tmp_path / "a.webp")) as source:
        assert isinstance(source, ImagesSource)


def test_a_canvas_that_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write_webp(tmp_path / "a.webp")
    data = bytearray(path.read_bytes())
    data[24:30] = (16382).to_bytes(3, "little") * 2
    path.write_bytes(data)
    with pytest.raises(SourceError, match="16383 x 16383 px are 268 million pixels"):
        open_source(str(path))
