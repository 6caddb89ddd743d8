"""`serve`: what reaches a program, where the page is, when it ends, and what is refused in one line."""

import contextlib
import json
import re
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cli_runs import error_line, run_cli
from gates import WAIT_S
from listed_sources import a_lost_camera
from served import started
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from smile_edge.server.token import VARIABLE


def get(address: str) -> bytes:
    with urllib.request.urlopen(f"http://{address}", timeout=WAIT_S) as response:
        content: bytes = response.read()
        return content


def wait_for_health(address: str) -> None:
    """Until a frame has come."""
    for _ in range(int(WAIT_S / 0.05)):
        try:
            get(f"{address}healthz")
            return
        except urllib.error.HTTPError as error:
            error.close()
        threading.Event().wait(0.05)
    raise AssertionError("no frame came")


def viewer_messages(viewer: ClientConnection) -> Iterator[str | bytes]:
    """What comes until it ends; a connection's own iterator hides how that was."""
    for _ in range(1000):
        yield viewer.recv(WAIT_S)


@pytest.mark.usefixtures("_shipped_models")
def test_a_program_gets_what_the_file_of_records_gets(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    got = []
    with started("--source", "demo", "--frames", 120, "--jsonl", out) as (process, address):
        with connect(f"ws://{address}ws", open_timeout=WAIT_S) as program:
            try:
                while True:
                    got.append(program.recv(WAIT_S))
            except ConnectionClosed:
                pass
        assert process.wait(WAIT_S) == 0
    written = out.read_text("utf-8").splitlines()
    assert len(written) == 120
    assert len(got) >= 90
    assert got == written[-len(got) :]


def picture_and_record(message: bytes) -> tuple[Any, dict[str, Any]]:
    """What a viewer gets of a frame: the decoded picture, and the record."""
    length = int.from_bytes(message[:4], "big")
    picture = cv2.imdecode(np.frombuffer(message[4 + length :], np.uint8), cv2.IMREAD_COLOR)
    return picture, json.loads(message[4 : 4 + length])


def spread_of_the_face(message: bytes) -> float:
    """Standard deviation, in grey levels, of the pixels between the eyes and the mouth of the only face."""
    picture, record = picture_and_record(message)
    [face] = record["faces"]
    points = np.array([face["left_eye"], face["right_eye"], face["mouth"]])
    (left, top), (right, bottom) = points.min(0).astype(int), points.max(0).astype(int)
    return float(picture[top : bottom + 1, left : right + 1].std(axis=(0, 1)).max())


def pictures_shown(*options: object) -> list[bytes]:
    """A few of the frames that a viewer gets of the live demo."""
    with (
        started("--source", "demo?live=1", *options) as (_, address),
        connect(f"ws://{address}view", open_timeout=WAIT_S) as viewer,
    ):
        found: list[bytes] = []
        for message in islice(viewer_messages(viewer), 100):
            if isinstance(message, bytes):
                found.append(message)
                viewer.send("shown")
            if len(found) == 5:
                break
    return [message for message in found if picture_and_record(message)[1]["faces"]]


@pytest.mark.usefixtures("_shipped_models")
def test_no_viewer_gets_a_face_that_is_hidden() -> None:
    hidden = pictures_shown("--hide", "fill")
    assert hidden
    assert max(map(spread_of_the_face, hidden)) < 4


@pytest.mark.usefixtures("_shipped_models")
def test_a_face_is_seen_where_nothing_is_hidden() -> None:
    shown = pictures_shown("--smooth", "0.8")
    assert shown
    assert min(map(spread_of_the_face, shown)) > 20


@pytest.mark.usefixtures("_shipped_models")
def test_files_that_have_ended_stay_on_the_page_until_ctrl_c(pictures: Path) -> None:
    with started("--source", pictures, "--fps", 30) as (process, address):
        assert process.stderr is not None
        while "until Ctrl-C" not in process.stderr.readline():
            pass
        assert json.loads(get(f"{address}api/latest"))["frame"] == 2
        assert json.loads(get(f"{address}healthz")) == {"status": "ok"}
        with connect(f"ws://{address}view", open_timeout=WAIT_S) as viewer:
            messages = [viewer.recv(WAIT_S) for _ in range(2)]
            assert any(isinstance(message, bytes) for message in messages)
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed, match="stopped"):
                list(viewer_messages(viewer))
        assert process.wait(WAIT_S) == 0


@pytest.mark.usefixtures("_shipped_models")
def test_sigterm_ends_a_live_run_with_viewers_that_do_not_read_and_a_complete_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with started("--source", "demo?live=1", "--jsonl", out) as (process, address):
        place = address.rstrip("/").rpartition(":")
        with contextlib.ExitStack() as stack:
            for _ in range(5):
                one = stack.enter_context(socket.create_connection((place[0], int(place[2])), timeout=WAIT_S))
                upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                one.sendall(f"GET /view HTTP/1.1\r\nHost: {place[0]}\r\n{upgrade}{key}\r\n".encode())
                assert one.recv(12) == b"HTTP/1.1 101"
            wait_for_health(address)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0
    assert [json.loads(line)["source"] for line in out.read_text("utf-8").splitlines()][-1:] == ["demo"]


@pytest.mark.usefixtures("world")
def test_on_loopback_the_link_has_no_token(clip: Path) -> None:
    result = run_cli("serve", "--source", clip, "--port", 0, "--frames", 2)
    assert result.exit_code == 0
    assert re.search(r"^open http://127\.0\.0\.1:\d+/$", result.stderr, re.MULTILINE)
    assert "2 frames" in result.stderr


@pytest.mark.usefixtures("world")
def test_beyond_loopback_the_link_has_a_token_of_this_start(clip: Path) -> None:
    runs = [run_cli("serve", "--source", clip, "--port", 0, "--host", "0.0.0.0", "--frames", 1) for _ in range(2)]
    tokens = [re.findall(r"\?token=(\S{32,})", run.stderr) for run in runs]
    assert [len(found) for found in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_token_of_the_environment_is_taken(clip: Path, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a-token-of-mine")
    result = run_cli("serve", "--source", clip, "--port", 0, "--host", host, "--frames", 1)
    assert result.stderr.count("a-token-of-mine") == 1
    assert "?token=a-token-of-mine" in result.stderr


@pytest.mark.usefixtures("world")
def test_a_source_that_is_lost_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.sources.open_source", lambda spec, **options: a_lost_camera(after=3))
    result = run_cli("serve", "--source", "0", "--port", 0)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "smile-edge: error: cable pulled"


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} is in use" in error_line(run_cli("serve", "--source", "demo", "--port", port))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "no-such-host.invalid"), "cannot be resolved"),
        (("--host", "192.0.2.7"), "is not this machine"),
        (("--port", 65536), "from 0 to 65535"),
        (("--max-clients", 0), "--max-clients must be at least 1"),
        (("--jsonl", "/no/such/folder/out.jsonl"), "/no/such/folder"),
    ],
)
@pytest.mark.usefixtures("world")
def test_what_cannot_be_is_one_line(arguments: tuple[object, ...], said: str) -> None:
    assert said in error_line(run_cli("serve", "--source", "demo", "--frames", 1, *arguments))


def test_a_token_that_cannot_be_sent_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "not a token")
    line = error_line(run_cli("serve", "--source", "demo", "--port", 0))
    assert VARIABLE in line
    assert "not a token" not in line


def test_a_missing_extra_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    line = error_line(run_cli("serve", "--source", "demo"))
    assert "pip install 'websockets>=17'" in line
    assert "pip install 'smile-edge[live]'" in line


def test_an_old_extra_is_one_line_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "13.1")
    assert "13.1 is installed: pip install" in error_line(run_cli("serve", "--source", "demo"))


@pytest.mark.usefixtures("world")
def test_a_run_that_fails_leaves_its_port_free(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for _ in range(2):
        assert "does not exist" in error_line(run_cli("serve", "--source", tmp_path / "none.mp4", "--port", port))
