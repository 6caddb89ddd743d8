"""Hosts, origins and tokens that are let through, and those that are not."""

import pytest
from websockets.datastructures import Headers

from smile_edge.server.guard import Guard
from smile_edge.server.token import AccessToken

HERE = "localhost:8420"


def reason(guard: Guard, *headers: tuple[str, str]) -> str | None:
    refusal = guard.refusal(Headers(headers))
    return None if refusal is None else refusal.reason


def local(**options: object) -> Guard:
    return Guard(port=8420, token=None, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost:8420", "LOCALHOST", "127.0.0.1:8420", "[::1]:8420", "localhost:9000"])
def test_loopback_names_are_answered_on_any_port_that_is_forwarded(host: str) -> None:
    assert reason(local(), ("Host", host)) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8420", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5:8420", "",
     "evil@localhost", "localhost@evil.example", "localhost:x", "localhost/evil", "[::1", "localhost evil"],
)  # fmt: skip
def test_other_hosts_are_refused_on_loopback(host: str) -> None:
    assert reason(local(), ("Host", host)) == "host"


def test_a_request_names_one_host() -> None:
    assert reason(local()) == "host"
    assert reason(local(), ("Host", HERE), ("Host", HERE)) == "host"


def test_beyond_loopback_addresses_are_answered_but_not_names() -> None:
    guard = local(beyond_loopback=True, names=["cam.example"])
    assert reason(guard, ("Host", "192.168.1.5:8420")) is None
    assert reason(guard, ("Host", "[2001:db8::5]:8420")) is None
    assert reason(guard, ("Host", "Cam.Example")) is None
    assert reason(guard, ("Host", "evil.example:8420")) == "host"


@pytest.mark.parametrize("origin", ["http://localhost:8420", "https://localhost:8420", "http://LOCALHOST:8420"])
def test_our_own_page_is_let_through(origin: str) -> None:
    assert reason(local(), ("Host", HERE), ("Origin", origin)) is None


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost", "http://localhost:3000", "http://127.0.0.1:8420",
     "file://localhost:8420", "http://localhost:8420.evil.example", "http://localhost:8420/x", "localhost:8420"],
)  # fmt: skip
def test_pages_of_others_are_refused(origin: str) -> None:
    assert reason(local(), ("Host", HERE), ("Origin", origin)) == "origin"


def test_a_second_origin_does_not_hide_behind_the_first() -> None:
    origins = (("Origin", "http://localhost:8420"), ("Origin", "http://evil.example"))
    assert reason(local(), ("Host", HERE), *origins) == "origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_loads_is_refused_but_a_link_is_followed(site: str) -> None:
    image = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"))
    frame = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"))
    link = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    assert reason(local(), ("Host", HERE), *image) == "origin"
    assert reason(local(), ("Host", HERE), *frame) == "origin"
    assert reason(local(), ("Host", HERE), *link) is None


def test_the_token_opens_by_header_or_cookie() -> None:
    token = AccessToken("secret")
    guard = Guard(port=8420, token=token)
    for header in (
        ("Authorization", "Bearer secret"),
        ("authorization", "bearer  secret"),
        ("Cookie", f"theme=dark; smile_edge_8420={token.cookie}; x"),
    ):
        assert guard.unauthorized(Headers([header])) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("Authorization", "Bearer wrong"), ("Authorization", "Basic secret"), ("Authorization", "secret"),
     ("Cookie", "smile_edge_8420=secret"), ("Cookie", "smile_edge_8420="), ("X-Token", "secret")],
)  # fmt: skip
def test_anything_else_does_not_open(name: str, value: str) -> None:
    refusal = Guard(port=8420, token=AccessToken("secret")).unauthorized(Headers([(name, value)]))
    assert refusal is not None
    assert refusal.status == 401
    assert "secret" not in refusal.text


def test_a_cookie_of_another_port_does_not_open() -> None:
    token = AccessToken("secret")
    assert Guard(port=8420, token=token).unauthorized(Headers([("Cookie", f"smile_edge_9000={token.cookie}")]))


def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    cookie = Guard(port=8420, token=AccessToken("secret")).set_cookie() or ""
    assert cookie.startswith("smile_edge_8420=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert local().set_cookie() is None
