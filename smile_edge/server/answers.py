"""Answers to plain HTTP requests: the page's files, the newest record, figures, health."""

import http
import json
from collections.abc import Callable, Mapping
from importlib import resources
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Response

from smile_edge.server.guard import Guard, Refusal
from smile_edge.server.hub import Hub
from smile_edge.server.metrics import CONTENT_TYPE, metrics_text
from smile_edge.server.status import Meter

__all__ = ["Answers", "answer", "refused"]

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_ALWAYS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer. Nothing is kept, sent on, framed or loaded from elsewhere."""

_JSON = "application/json"
_SILENT_S = 10.0
"""Silence after which a run is no longer healthy."""


class Answers:
    """What each path answers."""

    def __init__(self, hub: Hub, guard: Guard, meter: Meter, refusals: Mapping[str, int]) -> None:
        """Args:
        hub: has the newest records.
        guard: knows the token.
        meter: reads the run.
        refusals: counted for `/metrics`.
        """
        self._hub, self._guard, self._meter, self._refusals = hub, guard, meter, refusals
        self._files = _page_files()
        self._guarded: dict[str, Callable[[Mapping[str, str]], Response]] = {
            "/api/latest": self._latest,
            "/metrics": self._metrics,
        }

    def respond(self, target: str, headers: Headers) -> Response:
        """The answer to a request.

        Args:
            target: path and query.
            headers: whose host and origin have been looked at.
        """
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path in self._guarded:
            refusal = self._guard.unauthorized(headers)
            return refused(refusal) if refusal else self._guarded[parts.path](query)
        if parts.path == "/" and "token" in query:
            return self._exchange(query["token"])
        if parts.path == "/healthz":
            return self._health()
        file = "index.html" if parts.path == "/" else parts.path.removeprefix("/")
        if file not in self._files:
            return refused(Refusal(404, "path", "there is nothing here; the page is at /"))
        kind, content = self._files[file]
        return answer(200, content, kind)

    def _exchange(self, shown: str) -> Response:
        """A cookie for the token, and on to the page without it: no history or screenshot keeps the token."""
        token = self._guard.token
        if token is not None and not token.matches(shown):
            text = "this link is of an earlier start of smile-edge serve, or is not complete; open the one printed last"
            return refused(Refusal(401, "token", text))
        cookie = self._guard.set_cookie()
        more = {} if cookie is None else {"Set-Cookie": cookie}
        return answer(303, b"", "text/plain; charset=utf-8", {"Location": "/", **more})

    def _latest(self, query: Mapping[str, str]) -> Response:
        source = query.get("source")
        if source is not None and source not in self._hub.names:
            return refused(Refusal(404, "path", f"no such source; there are: {', '.join(self._hub.names)}"))
        snapshot = self._hub.latest(source)
        if snapshot is None:
            return refused(Refusal(503, "early", "there is no frame yet"))
        return answer(200, snapshot.record.text.encode() + b"\n", _JSON)

    def _metrics(self, query: Mapping[str, str]) -> Response:
        return answer(200, metrics_text(self._meter(), self._hub, self._refusals).encode(), CONTENT_TYPE)

    def _health(self) -> Response:
        """200 while frames come, and once files have ended; 503 before the first, and when none has come for long."""
        sources = self._meter().sources
        if any(one.state in ("live", "ended") or (one.frames and one.silent_s < _SILENT_S) for one in sources):
            return answer(200, b'{"status":"ok"}\n', _JSON)
        silent = any(source.frames for source in sources)
        return answer(503, json.dumps({"status": "silent" if silent else "starting"}).encode() + b"\n", _JSON)


def answer(status: int, content: bytes, kind: str, more: Mapping[str, str] | None = None) -> Response:
    """An answer with the headers that every one has.

    Args:
        status: of HTTP.
        content: the body.
        kind: its media type.
        more: headers of this answer.
    """
    headers = {**_ALWAYS, "Content-Type": kind, "Content-Length": str(len(content)), **(more or {})}
    return Response(status, http.HTTPStatus(status).phrase, Headers(headers), content)


def refused(refusal: Refusal) -> Response:
    """The answer to a request that is turned away."""
    more = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}, 405: {"Allow": "GET, HEAD"}}
    content = f"{refusal.text}\n".encode()
    return answer(refusal.status, content, "text/plain; charset=utf-8", more.get(refusal.status))


def _page_files() -> dict[str, tuple[str, bytes]]:
    """Media type and content of each file of the page, by name."""
    folder = resources.files("smile_edge") / "server" / "page"
    files = [one for one in folder.iterdir() if one.name.rpartition(".")[2] in _TYPES]
    return {one.name: (_TYPES[one.name.rpartition(".")[2]], one.read_bytes()) for one in files}
