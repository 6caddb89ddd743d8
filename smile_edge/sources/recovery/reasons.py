"""Why a video could not be opened, or not be read on, in the words of a user. Loads PyAV."""

import errno
import socket
from urllib.parse import urlsplit

from av.error import ExitError, HTTPError, InvalidDataError, ProtocolNotFoundError

__all__ = ["open_reason", "plain_reason", "read_reason", "seconds_text"]

_SLACK = 0.95
"""Share of a time limit from which on an error counts as that limit's, whatever FFmpeg calls it."""


def open_reason(error: BaseException, url: str, waited_s: float, limit_s: float) -> str:
    """Why an address gave no video.

    Args:
        error: what PyAV raised.
        url: only its scheme and host are looked at, and neither is repeated.
        waited_s: how long it took.
        limit_s: how long it might have taken.
    """
    if isinstance(error, ConnectionRefusedError | HTTPError):
        return plain_reason(error)
    if isinstance(error, ExitError | TimeoutError) or waited_s > _SLACK * limit_s:
        return f"no answer in {seconds_text(waited_s)}"
    if isinstance(error, EOFError | ConnectionResetError):
        return "the connection was closed without an answer"
    if isinstance(error, ProtocolNotFoundError):
        return "this FFmpeg cannot read such addresses"
    if isinstance(error, InvalidDataError):
        return "what answers is no RTSP server" if url.lower().startswith("rtsp") else "what came is not a video"
    if _is_eio(error):
        return "what came is not a video, or was cut off" if _known(url) else "its host is not known"
    return plain_reason(error)


def read_reason(error: BaseException, waited_s: float) -> str:
    """Why an address gives no more, `waited_s` seconds after its last picture."""
    if isinstance(error, ExitError | TimeoutError):
        return f"no picture for {seconds_text(waited_s)}"
    if _is_eio(error) or isinstance(error, EOFError | ConnectionResetError):
        return "the connection was closed"
    return plain_reason(error)


def plain_reason(error: BaseException) -> str:
    """What happened, without the address, which may hold a password."""
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, InvalidDataError):
        return "no format that FFmpeg knows, or damaged"
    if isinstance(error, MemoryError):
        return "too little memory"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return words if isinstance(error, HTTPError) else words[:1].lower() + words[1:]


def seconds_text(seconds: float) -> str:
    """Whole seconds; tenths below one."""
    return f"{round(seconds) or round(seconds, 1):g} s"


def _is_eio(error: BaseException) -> bool:
    """FFmpeg's word for much: a host that is not known, a stream of unknown length that ends."""
    return getattr(error, "errno", None) == errno.EIO


def _known(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
        return host is None or bool(socket.getaddrinfo(host, None))
    except (socket.gaierror, ValueError, UnicodeError):
        return False
