"""Videos through standard input and FIFOs."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from fake_capture import no_capture_threads
from made_videos import levels, write_video

from smile_edge.errors import SourceError
from smile_edge.sources import PipeSource, SourceMux, open_source
from smile_edge.types import Image

READ = (
    "import sys; from smile_edge.sources import open_source; from smile_edge.errors import SourceError\n"
    "try:\n with open_source('-') as s: print(s.name, [round(f.time_s, 2) for f in s])\n"
    "except SourceError as error: print(error)"
)
TIMES = [round(index / 25, 2) for index in range(12)]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")


def noise(index: int, width: int, height: int) -> Image:
    return np.random.default_rng(index).integers(0, 255, (height, width, 3), np.uint8)


def read_stdin(data: bytes) -> str:
    return subprocess.run([sys.executable, "-c", READ], input=data, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("clip.mkv", {}),
        ("clip.ts", {}),
        ("clip.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("front.mp4", {"movflags": "faststart"}),
    ],
)
def test_standard_input_gives_every_frame_at_its_time(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    assert read_stdin(write_video(tmp_path / name, **options).read_bytes()) == f"stdin {TIMES}\n"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "stdin: nothing came"),
        (b"hello\n" * 100, "stdin: a text file"),
        (bytes(range(256)) * 40, "stdin: no video that can be read from a pipe"),
    ],
)
def test_what_is_no_video_is_one_line(content: bytes, words: str) -> None:
    said = read_stdin(content)
    assert said.startswith(words)
    assert said.count("\n") == 1


def test_an_mp4_whose_index_comes_last_says_what_is_expected(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", codec="mjpeg", pix_fmt="yuvj420p", size=(320, 240), picture=noise)
    assert path.stat().st_size > 65_536
    assert "expected mkv, webm, ts, or an mp4 with its index in front" in read_stdin(path.read_bytes())


def test_a_redirected_file_can_be_any_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", codec="mjpeg", pix_fmt="yuvj420p", size=(320, 240), picture=noise)
    with path.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", READ], stdin=file, capture_output=True, check=True)
    assert done.stdout.decode() == f"stdin {TIMES}\n"


def test_a_fifo_is_opened_once_and_read_to_its_end(tmp_path: Path) -> None:
    data, fifo = write_video(tmp_path / "clip.mkv").read_bytes(), tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(data,), daemon=True)
    writer.start()
    with open_source(str(fifo)) as source:
        frames = list(source)
    writer.join()
    assert isinstance(source, PipeSource)
    assert (source.name, source.live, source.notes()) == (str(fifo), False, ())
    assert levels([frame.image for frame in frames]) == list(range(12))


def test_a_pipe_that_falls_silent_can_be_left(tmp_path: Path) -> None:
    data, fifo = write_video(tmp_path / "clip.mkv", 400, codec="mjpeg", pix_fmt="yuvj420p").read_bytes(), tmp_path / "f"
    os.mkfifo(fifo)
    left = threading.Event()

    def write() -> None:
        with fifo.open("wb", buffering=0) as file:
            file.write(data[: len(data) // 2])
            left.wait(30)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    begin_s = time.monotonic()
    with open_source(str(fifo)) as source, SourceMux([source]) as rounds:
        next(rounds)
    left.set()
    writer.join()
    assert time.monotonic() - begin_s < 5
    assert no_capture_threads()


def test_a_fifo_with_a_large_picture_is_refused_by_its_header(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    head = b"GIF89a" + (32768).to_bytes(2, "little") * 2 + bytes(100)
    writer = threading.Thread(target=fifo.write_bytes, args=(head,), daemon=True)
    writer.start()
    with pytest.raises(SourceError, match="32768 x 32768 px"):
        open_source(str(fifo))
    writer.join()
