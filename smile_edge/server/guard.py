"""Who may ask: Host, Origin and token of every request.

Any page that a browser shows can open a WebSocket to loopback, and a name of its own that it points to loopback (DNS
rebinding) makes it of one origin with us. So a request must name this server as its host, and a page that sends one
must come from here.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.datastructures import Headers

from smile_edge.server.token import AccessToken

__all__ = ["Guard", "Refusal"]

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is turned away."""

    status: int
    reason: str
    """A word, for `/metrics`."""
    text: str
    """A line, for whoever asked."""


class Guard:
    """The rules of one server.

    Attributes:
        token: what must be shown; None where nothing need be.
        cookie_name: of this port: cookies do not tell ports apart.
    """

    def __init__(
        self, *, port: int, token: AccessToken | None, names: Collection[str] = (), beyond_loopback: bool = False
    ) -> None:
        """Args:
        port: that the server listens on.
        token: what must be shown; None where nothing need be.
        names: hosts that it answers to besides those of loopback.
        beyond_loopback: it answers to any address in numbers, too: only a name can be pointed elsewhere.
        """
        self.token, self.cookie_name = token, f"smile_edge_{port}"
        self._names = _LOOPBACK_NAMES | {name.lower() for name in names}
        self._beyond_loopback = beyond_loopback

    def refusal(self, headers: Headers) -> Refusal | None:
        """Why a request from this host and origin is turned away; None where it is not."""
        hosts = headers.get_all("Host")
        host = _host_of(hosts[0]) if len(hosts) == 1 else None
        if host is None or not self._answers_to(host):
            text = "this server does not answer to that name; --allow-host NAME adds one"
            return Refusal(421, "host", text)
        origins = headers.get_all("Origin")
        if any(not _same_origin(origin, hosts[0]) for origin in origins):
            return Refusal(403, "origin", "pages of other sites may not use this server")
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not _is_link(headers):
            return Refusal(403, "origin", "pages of other sites may not use this server")
        return None

    def unauthorized(self, headers: Headers) -> Refusal | None:
        """Why a request may not see what the token guards; None where it may."""
        if self.token is None or self._shows_token(headers, self.token):
            return None
        text = "open the link that smile-edge serve printed at its start, or send Authorization: Bearer TOKEN"
        return Refusal(401, "token", text)

    def set_cookie(self) -> str | None:
        """The header that a browser is given for the token; None where there is no token."""
        if self.token is None:
            return None
        return f"{self.cookie_name}={self.token.cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"

    def _answers_to(self, host: str) -> bool:
        return host in self._names or (self._beyond_loopback and _is_address(host))

    def _shows_token(self, headers: Headers, token: AccessToken) -> bool:
        for value in headers.get_all("Authorization"):
            scheme, _, shown = value.partition(" ")
            if scheme.lower() == "bearer" and token.matches(shown.strip()):
                return True
        pairs = (pair.partition("=") for value in headers.get_all("Cookie") for pair in value.split(";"))
        return any(name.strip() == self.cookie_name and token.matches_cookie(shown.strip()) for name, _, shown in pairs)


def _host_of(value: str) -> str | None:
    """The name or address in a Host header, without its port; None where it is malformed."""
    try:
        parts = urlsplit(f"//{value}")
        whole = parts.netloc == value and not parts.username and parts.port != 0
        return parts.hostname if whole and "@" not in value else None
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _same_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin came from the host that it asks; both name the port in the same way."""
    scheme, separator, place = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and place.lower() == host.lower()


def _is_link(headers: Headers) -> bool:
    """Whether a browser asks because somebody followed a link."""
    return headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
