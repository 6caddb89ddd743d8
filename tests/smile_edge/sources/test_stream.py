"""Network streams and files behind HTTP: ends, damage, passwords, options."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from fake_capture import no_capture_threads
from loopback import serving
from made_videos import cut, levels, write_video

from smile_edge.errors import SourceError
from smile_edge.sources import StreamSource, open_source
from smile_edge.sources.stream import stream_options, without_password


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path) as address:
        yield address


def with_password(address: str, path: str) -> str:
    return f"{address}/{path}".replace("://", "://user:secret@")


def test_a_stream_is_live_and_timed_by_its_arrival(server: str) -> None:
    with open_source(f"{server}/ok") as stream:
        frames = list(islice(stream, 5))
    assert isinstance(stream, StreamSource)
    assert (stream.live, stream.length, stream.notes()) == (True, None, ())
    times_s = [frame.time_s for frame in frames]
    assert times_s[0] >= 0
    assert times_s == sorted(set(times_s))
    assert all(frame.captured_s is not None for frame in frames)
    assert no_capture_threads()


def test_a_stream_that_ends_is_an_error_and_its_password_stays_secret(server: str) -> None:
    with (
        pytest.raises(SourceError, match="ended after 19 frames") as caught,
        open_source(with_password(server, "drop"), reconnect_s=0) as stream,
    ):
        list(stream)
    assert stream.name == f"{server}/drop"
    assert "secret" not in str(caught.value)


def test_a_bad_part_is_a_lost_frame(server: str) -> None:
    with open_source(f"{server}/garbage") as stream:
        list(islice(stream, 30))
        words = stream.notes()[0].split()
    assert int(words[0]) >= 3
    assert words[1:] == ["damaged", "packets"]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_video_file_behind_http_gives_every_frame_at_its_time(
    server: str, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    times_s = [0, 0.04, 0.08, 0.5, 0.9, 1.0, 1.04, 2.0, 2.5, 2.6, 2.7, 4.0]
    write_video(tmp_path / name, times_s=times_s, start_s=3, sound_s=9)
    with open_source(f"{server}/{name}?token=x") as stream:
        frames = list(stream)
    assert not stream.live
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1e-3)
    assert levels([frame.image for frame in frames]) == list(range(12))
    assert caplog.text == ""


@pytest.mark.parametrize("ended", [True, False])
def test_a_playlist_is_live_until_it_names_its_end(server: str, tmp_path: Path, ended: bool) -> None:
    write_video(tmp_path / "part.ts", 100)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", "part.ts"]
    (tmp_path / "list.m3u8").write_text("\n".join([*lines, *["#EXT-X-ENDLIST"] * ended]) + "\n")
    with open_source(f"{server}/list.m3u8") as stream:
        assert stream.live is not ended
        if ended:
            assert len(list(stream)) == 100


@contextmanager
def answering_without_a_length(content: bytes) -> Iterator[str]:
    """A server whose answer ends where the connection does, which HTTP allows."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n" + content)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/clip.mp4"
        finally:
            server.shutdown()


@pytest.mark.parametrize(("share", "said"), [(1.0, False), (0.8, True)])
def test_a_file_of_no_stated_length_is_cut_only_where_it_is(
    tmp_path: Path, share: float, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "clip.mp4", 25, codec="mpeg4", movflags="faststart")
    with answering_without_a_length(cut(path, share).read_bytes()) as address, open_source(address) as stream:
        assert (len(list(stream)) < 25) is said
    assert ("ended early" in caplog.text) is said


def test_a_cut_file_behind_http_says_so(server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cut(write_video(tmp_path / "clip.mkv", 40, codec="mjpeg", pix_fmt="yuvj420p"))
    with open_source(f"{server}/clip.mkv") as stream:
        frames = list(stream)
    assert f"ended early, {len(frames)} of about 40 frames" in caplog.text


@pytest.mark.parametrize(("path", "words"), [("missing", "404"), ("locked", "401"), ("page.html", "no video")])
def test_an_address_without_a_video_says_what_came_without_the_password(
    server: str, tmp_path: Path, path: str, words: str
) -> None:
    (tmp_path / "page.html").write_text("<html>login</html>" * 20)
    with pytest.raises(SourceError, match=words) as caught:
        open_source(with_password(server, path))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_address_that_does_not_answer_says_so_without_the_password(scheme: str) -> None:
    with pytest.raises(SourceError, match=r"no video from this address \(the connection was refused\)") as caught:
        StreamSource(f"{scheme}://user:secret@127.0.0.1:9/live")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://user:p@ss@host:554/live?x=1", "rtsp://host:554/live?x=1"),
        ("http://host/a.mp4", "http://host/a.mp4"),
        ("http://host/a@2x.mp4", "http://host/a@2x.mp4"),
        *((f"rtsp://user:p{sign}ss@host/live", "rtsp://host/live") for sign in "/?#[]"),
        ("http://host/a?user=me&pwd=s3&Password=s3&x=1", "http://host/a?user=***&pwd=***&Password=***&x=1"),
        ("http://host/a?x=1;token=s3#t", "http://host/a?x=1;token=***#t"),
        ("http://me:s3@host/a?api_key=s3&access-token=s3", "http://host/a?api_key=***&access-token=***"),
        ("http://host/a?X-Amz-Signature=s3&keys=2&tokens=3", "http://host/a?X-Amz-Signature=***&keys=2&tokens=3"),
        ("http://host/token=1/a", "http://host/token=1/a"),
    ],
)
def test_names_leave_user_password_and_secrets_of_the_query_out(url: str, name: str) -> None:
    assert without_password(url) == name


def test_low_latency_options_are_set_for_rtsp_only_and_the_users_own_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", raising=False)
    assert stream_options("rtsp://host/live") == {
        "rtsp_transport": "tcp",
        "fpsprobesize": "0",
        "flags": "low_delay",
    }
    assert stream_options("http://host/video") == {}
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;udp|stimeout;5000")
    assert stream_options("rtsp://host/live") == {"rtsp_transport": "udp", "stimeout": "5000"}
