"""Addresses of clusters, and those that nobody answers at."""

import socket
import threading
import types
from collections.abc import Iterator

import pytest

from smile_edge.batch.ray_data import cluster as module
from smile_edge.batch.ray_data.cluster import Cluster, _check_answers, check_address
from smile_edge.errors import UsageError, WorkerError


@pytest.mark.parametrize("address", ["local", "auto", "head:6379", "192.0.2.7:1", "[::1]:65535"])
def test_addresses_of_a_cluster(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address", ["", "head", "ray://head:10001", "head:0", "head:65536", "head:x", ":6379", "a b:1", "::1:6379", "h:1\n"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="HOST:PORT"):
        check_address(address)


@pytest.fixture
def answered() -> Iterator[tuple[str, list[bytes]]]:
    """A server that says what the list holds to whoever comes."""
    answer: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(100)
                connection.sendall(answer[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", answer
        thread.join(5)


def test_who_greets_as_ray_does_is_taken_for_one(answered: tuple[str, list[bytes]]) -> None:
    address, answer = answered
    answer.append(bytes([0, 0, 18, 4, 0, 0, 0, 0, 0]) + bytes(18))
    _check_answers(address)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\0"])
def test_who_says_something_else_is_none(answered: tuple[str, list[bytes]], said: bytes) -> None:
    address, answer = answered
    answer.append(said)
    with pytest.raises(WorkerError, match="no Ray answers"):
        _check_answers(address)


def test_where_nobody_listens_a_line_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(WorkerError, match=f"no Ray answers at 127.0.0.1:{port}"):
        _check_answers(f"127.0.0.1:{port}")


def test_one_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(WorkerError, match="timed out"):
        _check_answers(f"127.0.0.1:{server.getsockname()[1]}")


def test_a_ray_that_cannot_be_started_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**options: object) -> None:
        assert options["include_dashboard"] is False
        raise RuntimeError("no room\nat all")

    ray = types.SimpleNamespace(init=refused, shutdown=lambda: None)
    monkeypatch.setattr(module, "ray_library", lambda: ray)
    with pytest.raises(WorkerError, match="cannot be started here: no room at all"), Cluster(cpus=2):
        pass
