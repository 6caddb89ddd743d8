"""RTSP cameras that are lost, with GStreamer's server."""

import threading
import time
from contextlib import closing
from itertools import islice

import pytest
from rtsp_camera import RtspCamera, python_with_gstreamer

from smile_edge.errors import SourceError
from smile_edge.sources import StreamSource

pytestmark = pytest.mark.skipif(
    python_with_gstreamer() is None,
    reason="needs GStreamer's RTSP server: apt install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good",
)


def test_a_camera_that_restarts_is_back_within_two_seconds_with_its_new_size() -> None:
    ready_s: list[float] = []

    with RtspCamera() as camera, StreamSource(camera.url, reconnect_s=20) as stream:

        def restart() -> None:
            camera.start(320, 240)
            ready_s.append(time.monotonic())

        with closing(stream._recovering.frames()) as frames:
            before = list(islice(frames, 5))
            camera.stop()
            threading.Timer(1.0, restart).start()
            back = next(frame for frame in frames if frame.gap_s is not None)
            after = list(islice(frames, 25))
    assert before[0].image.shape == (120, 160, 3)
    assert back.image.shape == (240, 320, 3)
    assert back.captured_s is not None
    assert back.captured_s - ready_s[0] < 2.0
    assert back.time_s - before[-1].time_s > 0.9
    assert {frame.gap_s for frame in after} == {None}
    assert stream.notes()[-1].startswith("reconnected 1 time, ")


def test_a_camera_that_stays_off_refuses() -> None:
    with RtspCamera() as camera, StreamSource(camera.url, reconnect_s=0.3) as stream:
        frames = stream._recovering.frames()
        next(frames)
        camera.stop()
        with pytest.raises(SourceError, match=r"not back within 0\.3 s: .*the connection was refused"):
            list(frames)


def test_a_path_that_is_not_there_is_named() -> None:
    with RtspCamera() as camera, pytest.raises(SourceError, match="404"):
        StreamSource(camera.url + "/none")
