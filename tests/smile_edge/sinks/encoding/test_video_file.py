"""What lies on the disk: closed, cut off, and on a full one."""

import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

import av
import pytest
from videos import decoded, grey, kept_times, write_grey

from smile_edge.errors import SinkError
from smile_edge.sinks import VideoSink
from smile_edge.sinks.encoding.formats import CONTAINERS, HYBRID_SINCE

TIMES_S = [index / 30 for index in range(60)]

_LIMITED = """
import resource, sys
import numpy as np
from smile_edge.errors import SinkError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import VideoSink
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
noise = np.random.default_rng(0)
try:
    with VideoSink(sys.argv[1]) as sink:
        for index in range(60):
            image = noise.integers(0, 255, (96, 128, 3), np.uint8)
            sink.write(Frame(image, index, index / 30), FrameResult("test", index, index / 30, 128, 96))
except SinkError as error:
    print(index, error)
    sys.exit(2)
"""


def write_limited(path: Path, most_bytes: int) -> tuple[int, str]:
    """Sixty frames of noise into a file that may not grow beyond a size: the exit code and what was said."""
    command = [sys.executable, "-c", _LIMITED, str(path), str(most_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.mark.skipif(av.library_versions["libavformat"] < HYBRID_SINCE, reason="FFmpeg before 8.1 leaves the fragments")
@pytest.mark.parametrize("ending", [".mp4", ".mov"])
def test_a_closed_mp4_is_an_ordinary_indexed_file(tmp_path: Path, ending: str) -> None:
    path = write_grey(tmp_path / f"out{ending}", TIMES_S)
    boxes = path.read_bytes()
    assert b"moof" not in boxes[: boxes.index(b"mdat")]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.frames == 60
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0)
        assert container.duration == 2_000_000
        container.seek(1_400_000)
        assert float(next(container.decode(video=0)).time) == pytest.approx(1.0)


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm"])
def test_a_key_frame_comes_every_half_second(tmp_path: Path, ending: str) -> None:
    frames = decoded(write_grey(tmp_path / f"out{ending}", TIMES_S))
    keys_s = [float(frame.time) for frame in frames if frame.key_frame]
    assert keys_s == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=1e-3)


@pytest.mark.parametrize("ending", CONTAINERS)
def test_a_file_that_is_being_written_can_be_read_up_to_the_last_second(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    with VideoSink(path) as sink:
        for index in range(95):
            sink.write(*grey(index, index / 30))
        killed = Path(shutil.copy(path, tmp_path / f"killed{ending}"))
    assert kept_times(killed)[-1] >= 94 / 30 - 1
    assert len(kept_times(path)) == 95


def test_an_ffmpeg_whose_hybrid_files_are_unsound_writes_fragments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(av.library_versions, "libavformat", (62, 3, 100))
    path = write_grey(tmp_path / "out.mp4", TIMES_S)
    assert b"moof" in path.read_bytes()
    assert kept_times(path) == pytest.approx(TIMES_S, abs=1e-4)


def test_an_ffmpeg_without_hybrid_files_writes_fragments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = CONTAINERS[".mp4"]
    unknown, known = ({**kind.options[0], "movflags": "no_such_flag"}, kind.options[1])
    monkeypatch.setitem(CONTAINERS, ".mp4", type(kind)(kind.format, kind.encoders, (), (unknown, known)))
    path = write_grey(tmp_path / "out.mp4", TIMES_S)
    assert b"moof" in path.read_bytes()
    assert kept_times(path) == pytest.approx(TIMES_S, abs=1e-4)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of a file")
@pytest.mark.parametrize("ending", CONTAINERS)
def test_a_full_disk_is_one_line_and_what_was_written_stays_readable(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    code, said = write_limited(path, 150_000)
    assert code == 2
    assert said.count("\n") == 1
    assert f"cannot write {path}: File too large; free some space" in said
    written = int(said.split()[0])
    assert written - 16 <= len(decoded(path)) <= written + 1
    assert decoded(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of a file")
@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_a_disk_that_is_full_for_the_end_only_is_told_too(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    assert write_limited(path, 1_000_000_000)[0] == 0
    code, said = write_limited(path, path.stat().st_size - 1)
    assert (code, said.count("\n")) == (2, 1)
    assert len(decoded(path)) == 60


def test_a_video_that_failed_takes_no_more_frames_and_closes_quietly(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "out.mkv")
    sink.write(*grey(0, 0.0))

    def full(data: bytes) -> int:
        raise OSError(28, "No space left on device")

    sink._file._file._file.write = full  # type: ignore[union-attr]
    more = (grey(index, index / 30) for index in range(1, 60))
    with pytest.raises(SinkError, match="No space left on device; free some space"):
        deque((sink.write(*one) for one in more), maxlen=0)
    sink.close()
    sink.close()
