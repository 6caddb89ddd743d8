"""What Ray itself prints, kept from the user: its outcome is told in one line."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout

__all__ = ["quiet_ray"]


@contextmanager
def quiet_ray() -> Iterator[None]:
    """Nothing comes from Ray's native code on standard error, or from its threads on standard output, to which the
    command itself writes nothing, and no warning; what is said through `sys.stderr` comes."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        null = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(redirect_stdout(null))
        own = stack.enter_context(open(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1))
        if _is_standard_error(sys.stderr):
            stack.enter_context(redirect_stderr(own))
        stack.callback(os.dup2, own.fileno(), 2)
        os.dup2(null.fileno(), 2)
        yield


def _is_standard_error(stream: object) -> bool:
    try:
        return getattr(stream, "fileno", lambda: -1)() == 2
    except (OSError, ValueError):  # it is kept in memory, or closed
        return False
