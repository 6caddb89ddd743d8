"""The running server: what it answers, whom it refuses, what it sends."""

import contextlib
import json
import logging
import socket
import struct
import threading

import pytest
from served import WAIT_S, Served, made, serving_hub
from websockets.exceptions import ConnectionClosed, InvalidStatus

from smile_edge.errors import SourceError
from smile_edge.server.status import SourceStatus


def view_parts(message: bytes | str) -> tuple[dict, bytes]:
    assert isinstance(message, bytes)
    (length,) = struct.unpack(">I", message[:4])
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def next_frame(viewer) -> tuple[dict, bytes]:
    for _ in range(20):  # a status comes every second
        if isinstance(message := viewer.recv(WAIT_S), bytes):
            return view_parts(message)
    raise AssertionError("no frame came")


def end_of(connection) -> tuple[int, str]:
    """Code and reason of the goodbye, whatever comes before it."""
    try:
        for _ in range(1000):
            connection.recv(WAIT_S)
    except ConnectionClosed as error:
        return (error.rcvd.code, error.rcvd.reason) if error.rcvd is not None else (1006, "")
    raise AssertionError("it never ended")


def test_before_the_first_frame_there_is_no_record_and_no_health() -> None:
    with serving_hub() as served:
        served.status[0] = SourceStatus("demo", "starting")
        assert served.get("/api/latest").status == 503
        assert served.get("/healthz").status == 503


def test_the_newest_record_is_that_of_the_outputs() -> None:
    with serving_hub("left", "right") as served:
        served.hub.publish(*made(4, "left"))
        served.hub.publish(*made(5, "right"))
        assert served.get("/api/latest").json == made(5, "right")[1].to_dict()
        assert served.get("/api/latest?source=left").json == made(4, "left")[1].to_dict()
        assert served.get("/api/latest?source=nobody").status == 404


def test_health_follows_the_run() -> None:
    with serving_hub() as served:
        for status, code in (
            (SourceStatus("demo", "live", frames=5), 200),
            (SourceStatus("demo", "silent", frames=5, silent_s=60), 503),
            (SourceStatus("demo", "ended", frames=5, silent_s=60), 200),
        ):
            served.status[0] = status
            assert served.get("/healthz").status == code


@pytest.mark.parametrize("target", ["//[", "//]/ws", "//[x]/?token=secret", "/ws?source=%ff"])
def test_a_target_that_is_no_path_is_refused(target: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving_hub() as served:
        assert served.get(target).status in (400, 404)
        assert 'reason="path"} 1' in served.get("/metrics").body.decode()
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_who_asks_a_thousand_times_and_leaves_writes_no_line(caplog: pytest.LogCaptureFixture) -> None:
    ping = b"\x89\x81\0\0\0\0x"
    asked = b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    asked += b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nHost: "
    with serving_hub() as served:
        with socket.create_connection(("127.0.0.1", served.port), WAIT_S) as client:
            client.sendall(asked + served.host.encode() + b"\r\n\r\n")
            client.recv(1)
            client.sendall(ping * 50_000)
        assert served.get("/metrics").status == 200
    assert caplog.text == ""


def test_the_page_and_its_files_are_there_with_a_strict_policy() -> None:
    with serving_hub() as served:
        page = served.get("/")
        assert page.status == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert served.get("/app.js").headers["Content-Type"] == "text/javascript; charset=utf-8"
        for answer in (page, served.get("/metrics"), served.get("/nothing")):
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/nothing", "/../pyproject.toml", "/%2e%2e/hub.py", "/hub.py", "//", "/api", "/?x", "/?"]
)
def test_nothing_but_the_page_lies_on_the_server(path: str) -> None:
    with serving_hub() as served:
        answer = served.get(path)
        assert answer.status == (200 if path.startswith("/?") else 404)
        assert b"import" not in answer.body


def test_only_reading_is_answered() -> None:
    with serving_hub() as served:
        assert served.get("/healthz", "POST").status == 405
        head = served.get("/healthz", "HEAD")
        assert (head.status, head.body) == (200, b"")


def test_a_program_gets_the_records_in_order() -> None:
    with serving_hub() as served, served.open("/ws") as program:
        wait_for(lambda: len(served.hub.clients) == 1)
        for index in range(30):
            served.hub.publish(*made(index))
        assert [json.loads(program.recv(WAIT_S))["frame"] for _ in range(30)] == list(range(30))


def test_a_viewer_gets_record_picture_and_status() -> None:
    with serving_hub() as served, served.open("/view") as viewer:
        status = json.loads(viewer.recv(WAIT_S))["status"]
        assert status["provider"] == "cpu"
        assert [source["name"] for source in status["sources"]] == ["demo"]
        served.hub.publish(*made(3))
        record, picture = next_frame(viewer)
        assert record["frame"] == 3
        assert picture.startswith(b"\xff\xd8")


def test_without_pictures_a_viewer_gets_none() -> None:
    with serving_hub(picture=False) as served, served.open("/view") as viewer:
        served.hub.publish(*made(3))
        assert next_frame(viewer) == (made(3)[1].to_dict(), b"")


def test_a_viewer_that_does_not_answer_gets_two_frames_and_then_the_newest() -> None:
    with serving_hub(picture=False) as served, served.open("/view") as viewer:
        wait_for(lambda: len(served.hub.clients) == 1)
        for index in range(2):
            served.hub.publish(*made(index))
            assert next_frame(viewer)[0]["frame"] == index
        for index in range(2, 50):
            served.hub.publish(*made(index))
        viewer.ping().wait(WAIT_S)  # answered once all that is before it has been worked off
        viewer.send("shown")
        assert next_frame(viewer)[0]["frame"] == 49


def test_more_answers_than_pictures_open_no_flood() -> None:
    with serving_hub(picture=False) as served, served.open("/view") as viewer:
        wait_for(lambda: len(served.hub.clients) == 1)
        for _ in range(20):
            viewer.send("shown")
        viewer.ping().wait(WAIT_S)
        for index in range(2):
            served.hub.publish(*made(index))
            assert next_frame(viewer)[0]["frame"] == index
        for index in range(2, 6):
            served.hub.publish(*made(index))
            viewer.ping().wait(WAIT_S)  # answered once all that is before it has been worked off
        assert served.hub.skipped >= 3


def test_a_client_that_says_too_much_is_cut_off() -> None:
    with serving_hub() as served, served.open("/view") as viewer:
        viewer.send("x" * 5000)
        assert end_of(viewer)[0] == 1009


def test_clients_that_never_read_delay_nobody() -> None:
    with serving_hub() as served, served.open("/ws") as program:
        stuck = [raw_websocket(served, path) for path in ("/ws", "/view") * 5]
        wait_for(lambda: len(served.hub.clients) == 11)
        for index in range(300):
            served.hub.publish(*made(index))
            assert json.loads(program.recv(WAIT_S))["frame"] == index
        for one in stuck:
            one.close()


def test_requests_that_are_not_for_us_are_refused() -> None:
    with serving_hub() as served:
        assert served.handshake(Host="evil.example") == 421
        assert served.handshake("/view", Host=f"evil.example:{served.port}") == 421
        assert served.handshake(Host=served.host, Origin="http://evil.example") == 403
        assert served.handshake("/view", Host=served.host, Origin="null") == 403
        assert served.get("/api/latest", Host="evil.example").status == 421
        assert served.get("/api/latest", Host=served.host, Origin="http://evil.example").status == 403
        assert served.handshake(Host=served.host, Origin=f"http://{served.host}") == 101
        metrics = served.get("/metrics").body.decode()
        assert 'smile_edge_requests_refused_total{reason="host"} 3' in metrics
        assert 'smile_edge_requests_refused_total{reason="origin"} 3' in metrics


GUARDED = ("/ws", "/view")


def test_the_token_guards_pictures_records_and_figures() -> None:
    with serving_hub(token="secret") as served:
        served.hub.publish(*made(0))
        for path in ("/api/latest", "/metrics"):
            assert served.get(path).status == 401
            assert served.get(path, Authorization="Bearer wrong").status == 401
            assert served.get(f"{path}?token=secret").status == 401
            assert served.get(path, **served.bearer()).status == 200
        for path in GUARDED:
            assert served.handshake(path) == 401
            assert served.handshake(path, Authorization="Bearer wrong") == 401
            assert served.handshake(path, **served.bearer()) == 101
        assert served.get("/").status == 200
        assert served.get("/healthz").status == 200


def test_a_link_is_exchanged_for_a_cookie() -> None:
    with serving_hub(token="secret") as served:
        answer = served.get("/?token=secret")
        cookie = answer.headers["Set-Cookie"]
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert "secret" not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        shown = cookie.partition(";")[0]
        assert served.get("/metrics", Cookie=shown).status == 200
        assert served.handshake("/view", Cookie=shown) == 101
        wrong = served.get("/?token=wrong")
        assert wrong.status == 401
        assert "Set-Cookie" not in wrong.headers


def test_logs_never_have_the_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "smile_edge"), serving_hub(token="secret-token") as served:
        cookie = served.get("/?token=secret-token").headers["Set-Cookie"].partition(";")[0]
        served.get("/metrics", Cookie=cookie)
        served.get("/api/latest?token=secret-token", Host="evil.example")
        with served.open("/ws", additional_headers=served.bearer()):
            pass
    assert "refused /api/latest" in caplog.text
    assert "GET /metrics" in caplog.text
    assert "secret-token" not in caplog.text
    assert cookie.partition("=")[2] not in caplog.text


def test_no_more_clients_than_are_served() -> None:
    with serving_hub(max_clients=2) as served, served.open("/ws"), served.open("/view"):
        wait_for(lambda: len(served.hub.clients) == 2)
        with pytest.raises(InvalidStatus) as raised:
            served.open("/ws")
        assert raised.value.response.status_code == 503


def test_a_client_that_leaves_makes_room() -> None:
    with serving_hub(max_clients=1) as served:
        with served.open("/ws"):
            pass
        wait_for(lambda: not served.hub.clients)
        with served.open("/view"):
            wait_for(lambda: len(served.hub.clients) == 1)


def test_clients_that_come_at_once_do_not_slip_past_the_limit() -> None:
    with serving_hub(max_clients=3) as served:
        opened = [raw_websocket(served, "/ws", wait=False) for _ in range(20)]
        for one in opened:
            one.recv(12)
        most = len(served.hub.clients)
        assert most <= 3
        for one in opened:
            one.close()


def test_an_unknown_source_is_refused() -> None:
    with serving_hub("left", "right") as served:
        assert served.handshake("/ws?source=nobody") == 404
        assert served.handshake("/ws?source=right") == 101


def test_at_the_end_clients_hear_why_and_the_thread_is_gone() -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(SourceError), serving_hub() as served:
            viewer = stack.enter_context(served.open("/view"))
            stuck = stack.enter_context(raw_websocket(served, "/view"))
            wait_for(lambda: len(served.hub.clients) == 2)
            raise SourceError("camera:0 was lost; check its cable")
        assert end_of(viewer) == (1001, "camera:0 was lost; check its cable")
        assert stuck.fileno() >= 0
    assert not [thread for thread in threading.enumerate() if thread.name == "serve the page"]


def test_who_connects_and_says_nothing_or_nonsense_stops_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with serving_hub() as served:
        silent = socket.create_connection(("127.0.0.1", served.port))
        for nonsense in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", served.port), timeout=WAIT_S) as one:
                one.sendall(nonsense)
                one.shutdown(socket.SHUT_WR)
                while one.recv(4096):
                    pass
        assert served.get("/healthz").status == 200
        silent.close()
    assert "Traceback" not in capfd.readouterr().err


def test_who_opens_hundreds_of_connections_takes_no_more_than_are_allowed() -> None:
    with contextlib.ExitStack() as stack, serving_hub(max_clients=4) as served, served.open("/ws") as program:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", served.port))) for _ in range(200)]
        cut_off = 0
        for one in idle:
            one.settimeout(0.001)
            try:
                cut_off += one.recv(1) == b""
            except ConnectionError:
                cut_off += 1
            except TimeoutError:
                pass
        assert cut_off >= 200 - 68
        for one in idle:
            one.close()
        wait_for(lambda: len(served.hub.clients) == 1)
        served.hub.publish(*made(0))
        assert json.loads(program.recv(WAIT_S))["frame"] == 0


def raw_websocket(served: Served, path: str, *, wait: bool = True) -> socket.socket:
    """A WebSocket of which nothing more is read."""
    one = socket.create_connection(("127.0.0.1", served.port), timeout=WAIT_S)
    one.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {served.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    if wait:
        assert one.recv(12) == b"HTTP/1.1 101"
    return one


def wait_for(true) -> None:
    """Until something holds that another thread brings about."""
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.01)):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came true")
