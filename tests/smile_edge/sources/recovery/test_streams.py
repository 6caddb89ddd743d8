"""Streams that fail and come back, over a real connection."""

import socket
import sys
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
from camera_server import HEAD, CameraServer, jpeg, part, parts
from fake_capture import no_capture_threads
from loopback import serving
from made_videos import levels, write_video

from smile_edge.errors import SourceError, UsageError
from smile_edge.records import Frame
from smile_edge.sources import StreamSource, open_source

WAIT_S = 10.0
"""More than anything here takes on a slow machine."""


def each_frame(source: StreamSource) -> Generator[Frame]:
    """Every frame, as the capture thread sees them: none is dropped for a newer one."""
    return source._recovering.frames()


def frames_of(source: StreamSource, count: int) -> list[Frame]:
    with closing(each_frame(source)) as frames:
        return list(islice(frames, count))


NOISE = np.random.default_rng(7).integers(0, 256, 3000, np.uint8).tobytes()
BAD_PARTS = {
    "noise": part(NOISE),
    "noise of no length": b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + NOISE + b"\r\n",
    "empty": part(b""),
    "empty of no length": b"--frame\r\nContent-Type: image/jpeg\r\n\r\n\r\n",
    "text": part(b"the camera is busy", kind="text/plain"),
    "no type": b"--frame\r\n\r\n" + jpeg(3) + b"\r\n",
    "a line without a colon": b"--frame\r\nbusy\r\n\r\n" + jpeg(3) + b"\r\n",
}


@pytest.mark.parametrize("bad", BAD_PARTS.values(), ids=BAD_PARTS.keys())
def test_a_bad_part_is_one_lost_frame_and_nothing_else(bad: bytes) -> None:
    def script(number: int) -> Iterable[bytes | float]:
        return [HEAD, *parts(0, 5), bad, *parts(5, 9), bad, *parts(9, 11), bad, *parts(11, 20), 60.0]

    with CameraServer(script) as camera, StreamSource(camera.url) as stream:
        frames = frames_of(stream, 11)
    assert levels([frame.image for frame in frames]) == list(range(1, 12))
    assert {frame.gap_s for frame in frames} == {None}
    assert stream.notes() == ("3 damaged packets",)
    assert camera.connections == 1


def test_a_line_that_is_cut_is_taken_up_again_and_nothing_else_is_lost() -> None:
    scripts = [[HEAD, *parts(0, 6)], [HEAD, *parts(6, 9)], [HEAD, *parts(9, 14), 60.0]]

    with CameraServer(lambda number: scripts[number]) as camera, StreamSource(camera.url, reconnect_s=WAIT_S) as stream:
        frames = frames_of(stream, 12)
    assert levels([frame.image for frame in frames]) == list(range(1, 13))
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.gap_s is not None for frame in frames] == [index in (5, 8) for index in range(12)]
    for before, after in ((4, 5), (7, 8)):
        assert frames[after].time_s - frames[before].time_s == pytest.approx(frames[after].gap_s)
    assert stream.notes() == ("reconnected 2 times, 1 s lost",)


def test_a_stream_that_stands_still_counts_as_lost() -> None:
    scripts = [[HEAD, *parts(0, 3), 60.0], [HEAD, *parts(3, 6), 60.0]]

    with (
        CameraServer(lambda number: scripts[number]) as camera,
        StreamSource(camera.url, reconnect_s=WAIT_S, stall_s=0.5) as stream,
    ):
        frames = frames_of(stream, 5)
    assert levels([frame.image for frame in frames]) == [1, 2, 3, 4, 5]
    assert frames[2].gap_s is not None
    assert frames[2].gap_s >= 0.5


def test_a_stream_of_nothing_but_bad_parts_counts_as_standing_still() -> None:
    def bad() -> Iterable[bytes | float]:
        yield from (HEAD, *parts(0, 3))
        while True:
            yield from (part(NOISE), 0.02)

    def script(number: int) -> Iterable[bytes | float]:
        return bad() if number == 0 else [HEAD, *parts(3, 6), 60.0]

    with CameraServer(script) as camera, StreamSource(camera.url, reconnect_s=WAIT_S, stall_s=0.5) as stream:
        frames = frames_of(stream, 4)
    assert levels([frame.image for frame in frames]) == [1, 2, 3, 4]


@pytest.mark.parametrize("cut", [True, False], ids=["after a loss", "in the middle"])
def test_another_frame_size_is_taken_on(cut: bool) -> None:
    small, large = [*parts(0, 4)], [*parts(4, 8, (128, 96))]
    scripts = [[HEAD, *small], [HEAD, *large, 60.0]] if cut else [[HEAD, *small, *large, 60.0]]

    with CameraServer(lambda number: scripts[number]) as camera, StreamSource(camera.url, reconnect_s=WAIT_S) as stream:
        frames = frames_of(stream, 6)
    assert levels([frame.image for frame in frames]) == [1, 2, 3, 4, 5, 6]
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 3 + [(96, 128, 3)] * 3


def test_a_camera_that_was_away_is_back_within_two_seconds_of_its_return() -> None:
    def script(number: int) -> Iterable[bytes | float]:
        return chain([HEAD], parts(0, 10_000))

    with CameraServer(script) as camera, StreamSource(camera.url, reconnect_s=WAIT_S) as stream:
        frames = each_frame(stream)
        next(frames)
        camera.stop()
        returned_s: list[float] = []
        threading.Timer(1.0, lambda: (returned_s.append(time.monotonic()), camera.start())).start()
        back = next(frame for frame in frames if frame.gap_s is not None)
        frames.close()
    assert back.captured_s is not None
    assert back.captured_s - returned_s[0] < 2.0
    assert back.gap_s is not None
    assert back.gap_s > 0.9


def answer(line: bytes, body: bytes = b"") -> bytes:
    return b"HTTP/1.0 " + line + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


FAILURES: dict[str, tuple[list[bytes | float], str]] = {
    "unauthorised": ([answer(b"401 Unauthorized")], "401"),
    "not there": ([answer(b"404 Not Found")], "404"),
    "busy": ([answer(b"503 Service Unavailable")], "5XX"),
    "a page": ([answer(b"200 OK", b"<html>log in</html>" * 99)], "not a video"),
    "nothing": ([], "closed without an answer"),
    "no part": ([HEAD], "not a video, or was cut off"),
    "silence": ([60.0], "no answer in 1 s"),
    "a picture": ([answer(b"200 OK", jpeg(3))], "a file and no stream"),
}


@pytest.mark.parametrize(("second", "words"), FAILURES.values(), ids=FAILURES.keys())
def test_a_loss_that_lasts_says_what_happened_last(second: list[bytes | float], words: str) -> None:
    def script(number: int) -> Iterable[bytes | float]:
        return second if number else [HEAD, *parts(0, 5)]

    with CameraServer(script) as camera, StreamSource(camera.url, reconnect_s=0.2) as stream:
        frames = each_frame(stream)
        with pytest.raises(SourceError, match="ended after 4 frames") as caught:
            list(frames)
    said = str(caught.value)
    assert said.startswith(
        f"{camera.url} ended after 4 frames (the connection was closed) and was not back within 0.2 s"
    )
    assert words in said.partition("0.2 s:")[2]
    assert "\n" not in said
    assert camera.connections > 1


def test_a_camera_that_is_off_for_too_long_refuses() -> None:
    script = [HEAD, *parts(0, 5), 60.0]
    with CameraServer(lambda _: script) as camera, StreamSource(camera.url, reconnect_s=0.2) as stream:
        frames = each_frame(stream)
        list(islice(frames, 4))
        camera.stop()
        with pytest.raises(SourceError, match=r"not back within 0\.2 s: .*the connection was refused"):
            next(frames)


def test_without_time_to_come_back_a_loss_is_final_and_named_at_once() -> None:
    with (
        CameraServer(lambda number: [HEAD, *parts(0, 5)]) as camera,
        StreamSource(camera.url) as stream,
        pytest.raises(SourceError) as caught,
    ):
        list(each_frame(stream))
    assert camera.connections == 1
    assert str(caught.value) == (
        f"{camera.url} ended after 4 frames (the connection was closed); check the network, then start again"
    )


def test_closing_a_source_that_is_away_does_not_wait_for_its_return() -> None:
    with CameraServer(lambda number: [HEAD, *parts(0, 5), 60.0]) as camera:
        stream = open_source(camera.url, reconnect_s=1000)
        next(stream)
        camera.stop()
        start_s = time.monotonic()
        stream.close()
    assert time.monotonic() - start_s < WAIT_S
    assert no_capture_threads()


def test_a_connection_that_gives_no_picture_does_not_end_the_loss() -> None:
    first = [HEAD, *parts(0, 3)]
    scripts = [first, [HEAD, part(NOISE)], [HEAD], [HEAD, *parts(3, 6), 60.0]]

    with CameraServer(lambda number: scripts[number]) as camera, StreamSource(camera.url, reconnect_s=WAIT_S) as stream:
        frames = frames_of(stream, 4)
    assert [frame.gap_s is not None for frame in frames] == [False, False, True, False]
    assert stream.notes()[-1] == "reconnected 1 time, 1 s lost"


def test_a_try_that_has_little_time_left_makes_no_impatient_connection() -> None:
    """The last one has a second for an answer; its pictures may come more slowly."""

    def script(number: int) -> Iterable[bytes | float]:
        return [HEAD, *parts(3, 9), 1.5, *parts(9, 12), 60.0] if number else [HEAD, *parts(0, 3)]

    with CameraServer(script) as camera, StreamSource(camera.url, reconnect_s=0.5) as stream:
        frames = frames_of(stream, 10)
    assert levels([frame.image for frame in frames]) == list(range(1, 11))
    assert camera.connections == 2


def test_a_list_that_says_that_it_is_complete_has_ended(tmp_path: Path) -> None:
    write_video(tmp_path / "part.ts", 25)
    path = tmp_path / "list.m3u8"
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", "part.ts"]
    path.write_text("\n".join(lines) + "\n")
    with serving(tmp_path) as address, open_source(f"{address}/list.m3u8", reconnect_s=60) as stream:
        assert stream.live
        path.write_text("\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n")
        assert list(stream)
    assert stream.notes() == ()


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/statm, which only Linux has")
def test_memory_stays_flat_over_many_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sources.recovery.live_frames._FIRST_PAUSE_S", 0.001)
    size, after = (640, 480), []

    with (
        CameraServer(lambda number: [HEAD, *parts(0, 3, size, 0.0)]) as camera,
        StreamSource(camera.url, reconnect_s=WAIT_S) as stream,
        closing(each_frame(stream)) as frames,
    ):
        while len(after) < 100:
            if next(frames).gap_s is not None:
                after.append(resident_bytes())
    assert after[-1] - after[20] < 20 * 640 * 480 * 1.5  # one frame kept of each would be four times as much


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e9])
def test_a_time_that_is_none_is_a_usage_error(seconds: float) -> None:
    with pytest.raises(UsageError, match="reconnect must be 0 to"):
        open_source("demo", reconnect_s=seconds)


def test_a_host_that_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceError, match="its host is not known"):
        open_source("http://nosuch.invalid/live")
