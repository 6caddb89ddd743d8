"""The token that opens a server: made, compared, kept out of logs."""

import hashlib
import hmac
import logging
import os
import re
import secrets

from smile_edge.errors import UsageError

__all__ = ["VARIABLE", "AccessToken", "Masked"]

VARIABLE = "SMILE_EDGE_TOKEN"
"""Environment variable that the token is taken from."""

_BYTES = 24
"""Of a token that is made: 32 characters in a link."""

_ALLOWED = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""What may stand in `Authorization: Bearer` (RFC 6750)."""


class AccessToken:
    """The secret that clients must show.

    A browser keeps a value that follows from it, not the token itself: who reads a phone's cookies cannot make a link.
    """

    def __init__(self, value: str) -> None:
        """Args:
        value: letters, digits and `._~+/=-`.

        Raises:
            UsageError: it has something else.
        """
        if not _ALLOWED.fullmatch(value):
            raise UsageError(f"{VARIABLE} must be letters, digits and ._~+/=- only, as in `openssl rand -hex 16`")
        self.value = value
        self.cookie = hmac.new(value.encode(), b"smile-edge cookie", hashlib.sha256).hexdigest()

    @classmethod
    def from_environment(cls) -> "AccessToken | None":
        """The token that the environment names; None where it names none.

        Raises:
            UsageError: it cannot be used.
        """
        value = os.environ.get(VARIABLE, "").strip()
        return cls(value) if value else None

    @classmethod
    def make(cls) -> "AccessToken":
        """A token that nobody can guess."""
        return cls(secrets.token_urlsafe(_BYTES))

    def matches(self, shown: str) -> bool:
        """Whether somebody has shown the token; takes as long for a wrong one."""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.value.encode())

    def matches_cookie(self, shown: str) -> bool:
        """Whether a browser has shown the value that it was given for the token."""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.cookie.encode())

    def mask(self, text: str) -> str:
        """The text with `***` wherever the token or its cookie stands."""
        return text.replace(self.value, "***").replace(self.cookie, "***")

    def __repr__(self) -> str:
        return "AccessToken(***)"


class Masked(logging.Filter):
    """Masks a token in every message of a logger."""

    def __init__(self, token: AccessToken | None) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        if self._token is not None:
            record.msg, record.args = self._token.mask(record.getMessage()), ()
            if record.exc_info and not record.exc_text:
                record.exc_text = self._token.mask(logging.Formatter().formatException(record.exc_info))
        return True
