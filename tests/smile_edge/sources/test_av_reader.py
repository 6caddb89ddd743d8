"""Containers as they are opened and read, good and bad."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from made_videos import grey, levels, spoil, write_video

from smile_edge.errors import SourceError
from smile_edge.sources.av_reader import AvReader
from smile_edge.types import Image


def test_frames_come_with_their_times_and_are_counted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", start_s=2)
    with closing(AvReader(str(path), "clip")) as reader:
        frames = list(reader.frames())
    assert levels([image for image, _ in frames]) == list(range(12))
    assert [time_s for _, time_s in frames] == pytest.approx([index / 25 for index in range(12)], abs=1e-3)
    assert (reader.count, reader.damaged, reader.failure, reader.short) == (12, 0, None, False)
    assert (reader.fps, reader.length, reader.sized) == (25.0, 12, True)


@pytest.mark.parametrize(
    ("stamps_s", "times_s"),
    [
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.04, 0.08, 0.12]),
        ([None, None, None, None], [0.0, 0.04, 0.08, 0.12]),
        ([7.0, 7.5, 3.0, 9.0], [0.0, 0.5, 0.54, 2.0]),
        ([None, 7.0, float("nan"), 8.0], [0.0, 0.04, 0.08, 1.0]),
    ],
)
def test_stamps_that_are_of_no_use_give_way_to_the_frame_rate(
    tmp_path: Path, stamps_s: list[float | None], times_s: list[float]
) -> None:
    def decoded() -> Generator[tuple[Image, float | None]]:
        yield from ((grey(index), stamp_s) for index, stamp_s in enumerate(stamps_s))

    with closing(AvReader(str(write_video(tmp_path / "clip.mkv")), "clip")) as reader:
        reader._decoded.close()
        reader._first, reader._decoded = None, decoded()
        assert [time_s for _, time_s in reader.frames()] == pytest.approx(times_s)


def test_a_video_with_frames_of_too_many_pixels_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "clip.mkv")
    monkeypatch.setenv("SMILE_EDGE_MAX_PIXELS", str(64 * 48 - 1))
    with pytest.raises(SourceError, match="clip: 64 x 48 px are"):
        AvReader(str(path), "clip")


def test_a_video_of_which_nothing_can_be_decoded_is_one_line(tmp_path: Path) -> None:
    path = spoil(write_video(tmp_path / "clip.avi", 3, codec="mjpeg", pix_fmt="yuvj420p"), [0, 1, 2])
    with pytest.raises(SourceError, match="nothing in it can be decoded") as caught:
        AvReader(str(path), "clip")
    assert "\n" not in str(caught.value)


def test_a_stream_that_the_header_does_not_name_is_no_error(tmp_path: Path) -> None:
    """The last tags of an FLV become sound, which its header has not promised."""
    path = write_video(tmp_path / "clip.flv", 200, codec="flv", codec_options={"g": "1"})
    data, position, number = bytearray(path.read_bytes()), 13, 0
    data[4] = 1  # only a picture
    while position < len(data):
        if data[position] == 9 and (number := number + 1) > 190:
            data[position] = 8
        position += 15 + int.from_bytes(data[position + 1 : position + 4])
    path.write_bytes(data)
    with closing(AvReader(str(path), "clip")) as reader:
        assert len(list(reader.frames())) == 190
