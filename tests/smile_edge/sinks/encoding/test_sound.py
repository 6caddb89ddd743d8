"""Sound, copied beside the pictures."""

import re
from pathlib import Path

import av
import pytest
from videos import decoded, sound_packets, write_grey, write_with_sound

SECOND = [index / 30 for index in range(30)]

SOURCES = {
    "aac": ("aac", "clip.mp4", None),
    "aac of a transport stream": ("aac", "clip.ts", "mpegts"),
    "mp3": ("libmp3lame", "clip.mp4", None),
    "ac3": ("ac3", "clip.mkv", None),
    "opus": ("libopus", "clip.mkv", None),
}


def source(folder: Path, name: str, **options: float) -> Path:
    codec, file, form = SOURCES[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no encoder {codec}")
    return write_with_sound(folder / file, codec, form=form, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        *((name, ending) for name in SOURCES for ending in (".mp4", ".mkv")),
        *((name, ".mov") for name in SOURCES if name != "opus"),
        ("opus", ".webm"),
        ("mp3", ".avi"),
        ("ac3", ".avi"),
    ],
)
@pytest.mark.parametrize("start_s", [0.0, 100.0])
def test_sound_is_copied_up_to_the_end_of_the_video(tmp_path: Path, name: str, ending: str, start_s: float) -> None:
    clip = source(tmp_path, name, start_s=start_s, sound_s=2.0)
    path = write_grey(tmp_path / f"out{ending}", SECOND, sound_from=clip)
    kept = sound_packets(path)
    assert kept[0][0] == pytest.approx(0.0, abs=0.04)
    assert kept[-1][0] == pytest.approx(1.0, abs=0.05)
    assert len(decoded(path)) == 30
    with av.open(str(path)) as container:
        heard = sum(block.to_ndarray().astype(float).std() > 0.02 for block in container.decode(audio=0))
    assert heard >= len(kept) - 3
    if name != "aac of a transport stream":  # whose packets lose their heads
        assert {data for _, data in kept} <= {data for _, data in sound_packets(clip)}


def test_sound_that_ends_early_does_not_hold_the_pictures_back(tmp_path: Path) -> None:
    clip = source(tmp_path, "aac", frames=90, sound_s=0.5)
    path = write_grey(tmp_path / "out.mp4", [index / 30 for index in range(90)], sound_from=clip)
    assert len(decoded(path)) == 90
    assert sound_packets(path)[-1][0] < 0.6


@pytest.mark.parametrize(
    ("name", "ending", "why"),
    [
        ("aac", ".webm", "it can take opus, vorbis, and the sound of .*clip.mp4 is aac"),
        ("opus", ".mov", "it can take aac, mp3, ac3, eac3, and the sound of .*clip.mkv is opus"),
        ("aac", ".gif", "its kind of file has none, and the sound of .*clip.mp4 is aac"),
    ],
)
def test_sound_that_cannot_be_copied_is_one_line(
    tmp_path: Path, name: str, ending: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_grey(tmp_path / f"out{ending}", SECOND, sound_from=source(tmp_path, name))
    assert len(decoded(path)) == 30
    assert not sound_packets(path)
    (record,) = caplog.records
    assert re.fullmatch(f".*out{ending} has no sound: {why}", record.getMessage())


def test_a_source_without_sound_is_not_talked_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = write_grey(tmp_path / "clip.mp4", SECOND)
    assert len(decoded(write_grey(tmp_path / "out.mp4", SECOND, sound_from=clip))) == 30
    assert not caplog.records


def test_a_source_that_cannot_be_read_again_costs_the_sound_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_grey(tmp_path / "out.mp4", SECOND, sound_from=tmp_path / "gone.mp4")
    assert len(decoded(path)) == 30
    assert "out.mp4 has no sound" in caplog.text


def test_damaged_sound_costs_no_picture(tmp_path: Path) -> None:
    clip = source(tmp_path, "aac of a transport stream")
    data = bytearray(clip.read_bytes())
    for place in range(2_000, len(data), 1_111):
        data[place : place + 40] = bytes(40)
    clip.write_bytes(data)
    for ending in (".mp4", ".mkv"):
        path = write_grey(tmp_path / f"out{ending}", SECOND, sound_from=clip)
        assert len(decoded(path)) == 30
