"""Where the server listens: a line for what cannot be, links for what can."""

import socket

import pytest

from smile_edge.errors import UsageError
from smile_edge.server.addresses import is_loopback, links, listen


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> list[socket.socket]:
    sockets = listen(request.param, 0)
    yield sockets
    for one in sockets:
        one.close()


@pytest.mark.parametrize("opened", ["127.0.0.1", "localhost"], indirect=True)
def test_loopback_is_told(opened: list[socket.socket]) -> None:
    assert is_loopback(opened)
    assert len({one.getsockname()[1] for one in opened}) == 1


@pytest.mark.parametrize("opened", ["0.0.0.0"], indirect=True)
def test_all_addresses_are_not_loopback_and_their_link_names_one(opened: list[socket.socket]) -> None:
    assert not is_loopback(opened)
    (link,) = links("0.0.0.0", opened, "abc")
    assert link.startswith("http://")
    assert "0.0.0.0" not in link
    assert link.endswith(f":{opened[0].getsockname()[1]}/?token=abc")


@pytest.mark.parametrize("opened", ["127.0.0.1"], indirect=True)
def test_the_link_names_the_host_as_it_was_given(opened: list[socket.socket]) -> None:
    port = opened[0].getsockname()[1]
    assert links("127.0.0.1", opened, None) == [f"http://127.0.0.1:{port}/"]
    assert links("::1", opened, None) == [f"http://[::1]:{port}/"]


@pytest.mark.parametrize("opened", ["127.0.0.1"], indirect=True)
def test_a_port_in_use_is_told(opened: list[socket.socket]) -> None:
    with pytest.raises(UsageError, match="in use by another program"):
        listen("127.0.0.1", opened[0].getsockname()[1])


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", " ", "256.1.1.1", "a" * 300, "a..b", "127.0.0.1:80"])
def test_an_unknown_host_is_told(host: str) -> None:
    with pytest.raises(UsageError, match="cannot be resolved"):
        listen(host, 0)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(UsageError, match="is not this machine"):
        listen("192.0.2.7", 0)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_told(port: int) -> None:
    with pytest.raises(UsageError, match="from 0 to 65535"):
        listen("127.0.0.1", port)


def test_nothing_stays_open_where_it_fails() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError):
            listen("localhost", port)
    for one in listen("localhost", port):
        one.close()
