"""Addresses as users write them."""

import socket
from typing import Any

import pytest

from smile_edge.errors import SinkError, UsageError
from smile_edge.sinks.network.address import open_socket, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9000", ("127.0.0.1", 9000)),
        ("robot.local:1", ("robot.local", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("[fe80::1%eth0]:9", ("fe80::1%eth0", 9)),
    ],
)
def test_host_and_port_are_read(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text, "--udp") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "localhost", "localhost:", ":9000", "localhost:0", "localhost:65536", "localhost:-1", "localhost:http"),
        *("::1:9000", "[::1]", "[]:9000", "local host:9000", "localhost:9000 ", "udp://localhost:9000", "a:1:2"),
        *(None, 9000, b"localhost:9000", ("localhost", 9000)),
        *("localhost:99999999999999999999", "localhost:\u0661", "localhost:+1", "localhost:1\n"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: Any) -> None:
    with pytest.raises(UsageError, match=r"^--udp takes HOST:PORT .* Received: ") as caught:
        parse_address(text, "--udp")

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 80, "a\0b", "\udcff", "."])
def test_a_host_that_does_not_resolve_is_named(host: str) -> None:
    with pytest.raises(SinkError, match="is not known"):
        open_socket(f"{host}:9000", "udp")


def test_a_name_with_several_addresses_gives_the_ipv4_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", 9000, 0, 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 9000)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with open_socket("localhost:9000", "udp") as opened:
        assert opened.getpeername() == ("127.0.0.1", 9000)


def test_a_network_that_cannot_be_reached_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    with pytest.raises(SinkError, match="Network is unreachable"):
        open_socket("127.0.0.1:9000", "udp")
